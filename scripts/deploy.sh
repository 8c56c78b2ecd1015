#!/usr/bin/env bash
# Applies manifests in the order in which nobody waits for what is not there yet.
set -euo pipefail

usage() {
  cat <<'END'
usage: make manifests OVERLAY=… | scripts/deploy.sh

Reads manifests, with the digests of their images, and rolls them out: everything but
the functions first; then it waits for the migrations; then the functions, and it waits
until each is ready. A revision that does not get ready takes no traffic: the one before
it goes on. KUBECTL may name another kubectl.
END
}

[ "$#" -eq 0 ] || { usage; [ "$1" = -h ] || [ "$1" = --help ] || exit 64; exit 0; }
read -ra kubectl <<<"${KUBECTL:-kubectl}"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/all.yaml"

# Settings are read when a pod starts: other settings make another revision.
settings=$(awk 'BEGIN { RS = "\n---\n" } /(^|\n)kind: ConfigMap/' "$folder/all.yaml" | sha256sum | cut -c1-16)
sed -i "s/authway.dev\/settings: .*/authway.dev\/settings: \"$settings\"/" "$folder/all.yaml"

awk -v functions="$folder/functions.yaml" -v rest="$folder/rest.yaml" '
  BEGIN { RS = "(^|\n)---\n" }
  /[^[:space:]]/ {
    file = /(^|\n)apiVersion: serving.knative.dev\/v1\n/ && /(^|\n)kind: Service\n/ ? functions : rest
    print $0 "\n---" > file
  }' "$folder/all.yaml"
namespace=$(sed -n 's/^  namespace: //p' "$folder/functions.yaml" | head -n 1)
[ -n "$namespace" ] || { echo "deploy: the manifests name no namespace: use an overlay" >&2; exit 65; }

# A Job cannot be changed, only made anew.
"${kubectl[@]}" delete job migrate hydra-migrate --namespace "$namespace" --ignore-not-found
"${kubectl[@]}" apply -f "$folder/rest.yaml"
jobs=$(awk 'BEGIN { RS = "\n---\n" } /(^|\n)kind: Job\n/ { match($0, /\n  name: [^\n]+/); print "job/" substr($0, RSTART + 9, RLENGTH - 9) }' "$folder/rest.yaml")
for job in $jobs; do
  "${kubectl[@]}" wait "$job" --namespace "$namespace" --for=condition=complete --timeout=900s
done
"${kubectl[@]}" apply -f "$folder/functions.yaml"
"${kubectl[@]}" wait ksvc --all --namespace "$namespace" --for=condition=Ready --timeout=300s
