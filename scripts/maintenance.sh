#!/usr/bin/env bash
# Runs the maintenance program with the settings of `make run`, whether or not that runs.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/maintenance.sh ARGUMENT…

Runs the maintenance program (scripts/maintenance.sh help says what it can do) with
the settings that `make run` has left in maintenance.env of its folder
(AUTHWAY_DATA_DIR, default .authway). Of the environment come first BACKUP_URL and all
else that begins with BACKUP_; the rest counts where there is no such file.
MAINTENANCE may name the program; without it, it is built.
END
}

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  -*) usage >&2; exit 64 ;;
esac
# Without an argument it would serve; another program may want none.
[ "$#" -gt 0 ] || [ -n "${MAINTENANCE:-}" ] || { usage >&2; exit 64; }
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
folder="${AUTHWAY_DATA_DIR:-$root/.authway}"

if [ -z "${MAINTENANCE:-}" ]; then
  MAINTENANCE="$root/.authway/bin/maintenance"
  (cd "$root" && go build -o "$MAINTENANCE" ./functions/maintenance/cmd/maintenance)
fi
if [ -f "$folder/maintenance.env" ]; then
  # Who names a storage means it, although something has been tried out here once.
  chosen=()
  for name in "${!BACKUP_@}"; do chosen+=("$name=${!name}"); done
  set -a
  # shellcheck source=/dev/null
  . "$folder/maintenance.env"
  set +a
  # Another storage is not encrypted for the keys of this one.
  case " ${chosen[*]-} " in *" BACKUP_URL"*) unset BACKUP_URL BACKUP_RECIPIENT BACKUP_IDENTITY ;; esac
  for setting in ${chosen[@]+"${chosen[@]}"}; do
    name=${setting%%=*}
    unset "${name%_FILE}"
    export "${setting?}"
  done
fi
exec "$MAINTENANCE" "$@"
