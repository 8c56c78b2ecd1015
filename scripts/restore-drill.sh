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
               here, for `make run`. It takes as much disk as the database
END
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  --namespace)
    [ "$#" -eq 2 ] || { usage >&2; exit 64; }
    exec "$here/run-job.sh" "$2" restore-drill
    ;;
  '') ;;
  *) usage >&2; exit 64 ;;
esac
drill="$here/../.authway/bin/drill"
(cd "$here/.." && go build -o "$drill" ./functions/standalone/cmd/drill)
MAINTENANCE=$drill exec "$here/maintenance.sh"
