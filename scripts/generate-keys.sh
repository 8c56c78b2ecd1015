#!/usr/bin/env bash
# Makes the pair of keys that Authway signs its first tokens with.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/generate-keys.sh [--rsa] [--force] [FOLDER]

Writes jwt_private.pem and jwt_public.pem (mode 0600) into FOLDER (default: keys, at
the top of the repository), and prints the settings JWT_PRIVATE_KEY and
JWT_PUBLIC_KEY, each the base64 of a file, so that

    scripts/generate-keys.sh >> .env

is all there is to do. The files may be mounted as they are instead
(JWT_PRIVATE_KEY_FILE, JWT_PUBLIC_KEY_FILE).

  --rsa    RS256 with 3072 bits, for resource servers that know no ECDSA.
           Without it: ES256, which signs twenty times as fast.
  --force  replace a pair that is there

The pair is Authway's first signing key. Later ones are made, and older ones
removed, by the job keys.rotate: there is no need to come back here. If somebody
else may have seen a private key: maintenance run keys.rotate --compromised KID
END
}

algorithm=es256 force=no folder=
while [ "$#" -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --rsa) algorithm=rs256 ;;
    --force) force=yes ;;
    -*) usage >&2; exit 64 ;;
    *)
      [ -z "$folder" ] || { usage >&2; exit 64; }
      folder="$1"
      ;;
  esac
  shift
done

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
folder="${folder:-$root/keys}"
private="$folder/jwt_private.pem" public="$folder/jwt_public.pem"

if [ "$force" = no ] && { [ -e "$private" ] || [ -e "$public" ]; }; then
  echo "$folder holds a pair already. --force replaces it." >&2
  exit 1
fi

# Nobody else may read a file at any moment of its life.
umask 077
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
made="$(mktemp -d "$folder/.new-XXXXXX")"
trap 'rm -rf "$made"' EXIT

if command -v openssl >/dev/null; then
  case "$algorithm" in
    es256) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve -out "$made/private" ;;
    rs256) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$made/private" ;;
  esac
  openssl pkey -in "$made/private" -pubout -out "$made/public"
elif command -v go >/dev/null; then
  (cd "$root" && go run ./scripts/keypair "$algorithm" "$made/private" "$made/public")
else
  echo "Neither openssl nor go is here: one of them is needed." >&2
  exit 1
fi

mv -f "$made/private" "$private"
mv -f "$made/public" "$public"
echo "wrote $private and $public" >&2

# -A and -w differ between systems; tr does not.
echo "JWT_PRIVATE_KEY=$(base64 <"$private" | tr -d '\n')"
echo "JWT_PUBLIC_KEY=$(base64 <"$public" | tr -d '\n')"
