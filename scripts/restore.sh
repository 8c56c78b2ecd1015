#!/usr/bin/env bash
# Makes the PostgreSQL server again from its backups, as it was at a moment.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/restore.sh --list
       scripts/restore.sh [--at TIME] [--config DIR] --to DIR
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
are. Here, the settings are those of `make run` (scripts/maintenance.sh), or
BACKUP_URL and BACKUP_IDENTITY in the environment; in a cluster, those of the drill
(components/backup). What to do with it afterwards: knative/OPERATIONS.md.
END
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
namespace='' claim='' size=50Gi moment='' list=no passed=()
[ "$#" -gt 0 ] || { usage >&2; exit 64; }
while [ "$#" -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --namespace) namespace=${2:?--namespace wants a name}; shift ;;
    --claim) claim=${2:?--claim wants a name}; shift ;;
    --size) size=${2:?--size wants a size such as 50Gi}; shift ;;
    --at) moment=${2:?--at wants a moment}; shift ;;
    --list) list=yes ;;
    *) passed+=("$1") ;;
  esac
  shift
done

if [ "$list" = yes ]; then
  [ "${#passed[@]}" -eq 0 ] || { usage >&2; exit 64; }
  if [ -n "$namespace" ]; then exec "$here/backup.sh" --list --namespace "$namespace"; fi
  exec "$here/maintenance.sh" restore --list
fi
if [ -z "$namespace" ]; then
  [ -z "$claim" ] || { usage >&2; exit 64; }
  [ -z "$moment" ] || passed+=(--at "$moment")
  exec "$here/maintenance.sh" restore "${passed[@]}"
fi

if [ -z "$claim" ] || [ "${#passed[@]}" -gt 0 ]; then usage >&2; exit 64; fi
moment=${moment:-latest}
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
"${kubectl[@]}" delete job restore --ignore-not-found
sed "s|CLAIM|$claim|; s|SIZE|$size|; s|TIME|$moment|; s|image: ko://.*|image: $image|" "$here/../knative/recovery/restore.yaml" |
  "${kubectl[@]}" create -f -
exec "$here/run-job.sh" "$namespace" --wait restore
