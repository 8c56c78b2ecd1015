#!/usr/bin/env bash
# Writes what follows from the OpenAPI document of the administration: a Go server for each area, and the dashboard's
# types. With --check it writes nothing and fails when any of them differs.
set -euo pipefail
cd "$(dirname "$0")/../.."

document=functions/admin/openapi.yaml
areas=(me people intake tenants applications system)
into=.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
usage='usage: scripts/openapi/generate.sh [--check]'
case "${1:-}" in
  '') ;;
  -h | --help) echo "$usage"; exit 0 ;;
  --check) into=$scratch/made ;;
  *) echo "$usage" >&2; exit 64 ;;
esac

for area in "${areas[@]}"; do
  mkdir -p "$into/functions/admin/$area"
  cat >"$scratch/settings.yaml" <<EOF
package: $area
output: $into/functions/admin/$area/api.gen.go
generate: {models: true, std-http-server: true, strict-server: true}
output-options: {include-tags: [$area], name-normalizer: ToCamelCaseWithInitialisms}
EOF
  go tool -modfile=scripts/openapi/go.mod oapi-codegen -config "$scratch/settings.yaml" "$document"
done
mkdir -p "$into/frontend/src/admin"
(cd frontend && npx --no-install openapi-typescript "../$document" --output "$scratch/api.gen.ts" >"$scratch/said" 2>&1) ||
  { cat "$scratch/said" >&2; exit 1; }
mv "$scratch/api.gen.ts" "$into/frontend/src/admin/api.gen.ts"

if [[ $into != . ]]; then
  differs=0
  for made in $(cd "$into" && find . -type f); do
    cmp -s "$into/$made" "$made" || { echo "differs from $document: ${made#./} (run make generate)" >&2; differs=1; }
  done
  exit $differs
fi
