#!/usr/bin/env bash
# Practises a restore: the newest backup on a server of its own, and a real sign-in there.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/restore-drill.sh [--namespace NAMESPACE]

Restores the newest backup beside what runs, starts Hydra and Authway on it, signs in,
checks a token with the restored keys, and throws everything away but the evidence,
which it leaves with the backups. What runs is not touched.

  --namespace  in this namespace of a cluster, by a Job (components/backup); otherwise
               here, for `make run`, or by BACKUP_URL and BACKUP_IDENTITY in the
               environment. It takes as much disk as the database

DRILL may name the program; without it, it is built.
END
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  --namespace)
    if [ "$#" -ne 2 ] || [ -z "$2" ]; then usage >&2; exit 64; fi
    exec "$here/run-job.sh" "$2" restore-drill
    ;;
  '') ;;
  *) usage >&2; exit 64 ;;
esac
if [ -z "${DRILL:-}" ]; then
  DRILL="$here/../.authway/bin/drill"
  (cd "$here/.." && go build -o "$DRILL" ./functions/standalone/cmd/drill)
fi
MAINTENANCE=$DRILL exec "$here/maintenance.sh"
