#!/usr/bin/env bash
# Makes the PostgreSQL server again from its backups, as it was at a moment.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/restore.sh --list
       scripts/restore.sh [--at TIME] --to DIR
       scripts/restore.sh --config DIR
       scripts/restore.sh --namespace NAMESPACE --list
       scripts/restore.sh --namespace NAMESPACE [--at TIME] --claim NAME [--size SIZE]

  --list       show the moments that can be restored
  --at         the moment, such as 2026-11-24T15:04:05Z (default: as far as backups go)
  --to         an empty folder, or one that is not there: it becomes the data directory
  --config     an empty folder for the latest copy of the configuration. There are
               secrets in it
  --claim      in a cluster: the PersistentVolumeClaim that is made for it, with the
               data directory pgdata in it
  --size       how large that is (default 50Gi)

Nothing that is there is changed. Other options go to `maintenance restore` as they
are. Here, the settings are BACKUP_URL and BACKUP_IDENTITY in the environment, or else
those of `make run` (scripts/maintenance.sh); in a cluster, those of the drill
(components/backup). What to do with it afterwards: knative/OPERATIONS.md.
END
}

# given OPTION VALUE… ends it all where the value is missing: an empty name of a namespace is not "here".
given() { [ -n "${2:-}" ] || { echo "restore: $1 wants a value" >&2; exit 64; }; }

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
namespace='' claim='' size='' moment='' list=no passed=()
[ "$#" -gt 0 ] || { usage >&2; exit 64; }
while [ "$#" -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --namespace) given "$@"; namespace=$2; shift ;;
    --claim) given "$@"; claim=$2; shift ;;
    --size) given "$@"; size=$2; shift ;;
    --at) given "$@"; moment=$2; shift ;;
    --list) list=yes ;;
    *) passed+=("$1") ;;
  esac
  shift
done

if [ "$list" = yes ]; then
  if [ "${#passed[@]}" -gt 0 ] || [ -n "$moment$claim$size" ]; then usage >&2; exit 64; fi
  if [ -n "$namespace" ]; then exec "$here/backup.sh" --list --namespace "$namespace"; fi
  exec "$here/maintenance.sh" restore --list
fi
if [ -z "$namespace" ]; then
  [ -z "$claim$size" ] || { usage >&2; exit 64; }
  [ -z "$moment" ] || passed+=(--at "$moment")
  exec "$here/maintenance.sh" restore ${passed[@]+"${passed[@]}"}
fi

if [ -z "$claim" ] || [ "${#passed[@]}" -gt 0 ]; then usage >&2; exit 64; fi
moment=${moment:-latest} size=${size:-50Gi}
# They go into a manifest as they are.
for word in "$claim" "$size" "$moment"; do
  [[ "$word" =~ ^[0-9A-Za-z:.+-]+$ ]] || { echo "restore: not a name, a size or a moment: $word" >&2; exit 64; }
done
read -ra kubectl <<<"${KUBECTL:-kubectl}"
kubectl+=(--namespace "$namespace")
if [ -n "$("${kubectl[@]}" get pvc "$claim" --ignore-not-found -o name)" ]; then
  echo "restore: $claim is there already: a restore is into a volume of its own" >&2
  exit 1
fi
# The very program that the drill has tried.
image=$("${kubectl[@]}" get jobsink restore-drill -o 'jsonpath={.spec.job.spec.template.spec.containers[0].image}')
if [ -n "$("${kubectl[@]}" get job restore --ignore-not-found -o 'jsonpath={.status.active}')" ]; then
  echo "restore: one is under way (kubectl logs job/restore --namespace $namespace)" >&2
  exit 75
fi
"${kubectl[@]}" delete job restore --ignore-not-found
sed "s|CLAIM|$claim|; s|SIZE|$size|; s|TIME|$moment|; s|image: ko://.*|image: $image|" "$here/../knative/recovery/restore.yaml" |
  "${kubectl[@]}" create -f -
exec "$here/run-job.sh" "$namespace" --wait restore
