#!/usr/bin/env bash
# Makes a backup now.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/backup.sh [--full | --incremental | --config | --verify | --list] [--namespace NAMESPACE]

Without a choice: what is due of all that is kept, up to this second.

  --full         the whole server, if there is no copy of it since two o'clock (UTC)
  --incremental  what has been written since the last time
  --config       settings, secrets, keys and the cluster's objects, once a day
  --verify       read back what is stored
  --list         show what can be restored, and change nothing
  --namespace    in this namespace of a cluster, by a Job (components/backup);
                 otherwise here, for `make run` (scripts/maintenance.sh)

It does what the schedules do; knative/OPERATIONS.md tells about backups.
END
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
choice='' namespace=''
while [ "$#" -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --full | --incremental | --config | --verify | --list)
      [ -z "$choice" ] || { usage >&2; exit 64; }
      choice=${1#--}
      ;;
    --namespace) namespace=${2:?--namespace wants a name}; shift ;;
    *) usage >&2; exit 64 ;;
  esac
  shift
done

# maintenance ARGUMENT… runs the program here or there.
maintenance() {
  if [ -n "$namespace" ]; then "$here/run-job.sh" "$namespace" backup-full "$@"; else "$here/maintenance.sh" "$@"; fi
}

case "$choice" in
  list) maintenance restore --list ;;
  '') for job in full incremental config; do maintenance run "backup.$job"; done ;;
  *) maintenance run "backup.$choice" ;;
esac
