#!/usr/bin/env bash
# Installs what `make test` needs beyond Go, Node and make: a real Redis, nginx,
# Chromium, shellcheck, psql, and what watches over an installation. PostgreSQL and Hydra
# are fetched and built by the tests themselves when the machine has none.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/install-test-parts.sh

Installs, as root on Debian, what `make test` needs and the machine has not: Redis,
nginx, Chromium, shellcheck, psql, Prometheus, Alertmanager and the exporters.
Elsewhere it says what is missing.
END
}

case "${1:-}" in
  '') ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 64 ;;
esac

declare -A packages=([redis-server]=redis-server [nginx]=nginx-light [chromium]=chromium [shellcheck]=shellcheck [psql]=postgresql-client)
# promtool comes with Prometheus, and amtool with Alertmanager.
for program in prometheus{,-alertmanager,-postgres-exporter,-redis-exporter}; do packages[$program]=$program; done

missing=()
for program in "${!packages[@]}"; do
  PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || missing+=("${packages[$program]}")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "make test needs: ${missing[*]}" >&2
  echo "Install them with your system's package manager, or run it as root on Debian." >&2
  exit 1
fi

echo "Installing ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
# Packages start their services when they are installed; the tests start their own.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d' EXIT
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-noto-core fonts-noto-cjk >/dev/null
