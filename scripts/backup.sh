#!/usr/bin/env bash
# Makes a backup now.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/backup.sh [--full | --incremental | --config | --verify | --list] [--namespace NAMESPACE]

Without a choice: what is due of all that is kept, up to this second. What fails does
not keep the rest from being made; the status is that of the first failure.

  --full         the whole server
  --incremental  what has been written since the last time, or the whole server where
                 that cannot be had, as after a restore
  --config       settings, secrets, keys and the cluster's objects
  --verify       read back what is stored
  --list         show what can be restored, and change nothing
  --namespace    in this namespace of a cluster, by a Job (components/backup);
                 otherwise here, for a `make run` that goes (scripts/maintenance.sh)

It does what the schedules do; knative/OPERATIONS.md tells about backups.
END
}

# given OPTION VALUE… ends it all where the value is missing: an empty name of a namespace is not "here".
given() { [ -n "${2:-}" ] || { echo "backup: $1 wants a value" >&2; exit 64; }; }

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
choice='' namespace=''
while [ "$#" -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --full | --incremental | --config | --verify | --list)
      [ -z "$choice" ] || { usage >&2; exit 64; }
      choice=${1#--}
      ;;
    --namespace) given "$@"; namespace=$2; shift ;;
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
  '')
    status=0
    for job in full incremental config; do
      maintenance run "backup.$job" || { failed=$?; [ "$status" -ne 0 ] || status=$failed; }
    done
    exit "$status"
    ;;
  # As often as somebody asks; the job does so once a day.
  verify) maintenance backup verify ;;
  incremental) maintenance run backup.incremental ;;
  *) maintenance run "backup.$choice" --now ;;
esac
