#!/usr/bin/env bash
# Applies manifests in the order in which nobody waits for what is not there yet.
set -euo pipefail

usage() {
  cat <<'END'
usage: make manifests OVERLAY=… | scripts/deploy.sh

Reads manifests, with the digests of their images, and rolls them out: everything but
the functions first; then it waits for the jobs (migrations, the first keys); then the
functions, and it waits until each is ready; the edge is last. A revision that does not
get ready takes no traffic: the one before it goes on. KUBECTL may name another kubectl.
END
}

case "${1:-}" in
  '') ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 64 ;;
esac
read -ra kubectl <<<"${KUBECTL:-kubectl}"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/all.yaml"

# Settings are read when a pod starts: other ones start other pods. Each deployment is a revision of every function, so
# that one step back is the release before.
settings=$(awk 'BEGIN { RS = "(^|\n)---\n" } /(^|\n)kind: ConfigMap\n/' "$folder/all.yaml" | sha256sum | cut -c1-16)
release=$(date -u +%Y%m%dT%H%M%SZ)
sed -i "s/authway.dev\/settings: .*/authway.dev\/settings: \"$settings\"/; s/authway.dev\/release: .*/authway.dev\/release: \"$release\"/" \
  "$folder/all.yaml"

# The door is last: its pages speak to the functions of their own release.
awk -v folder="$folder" '
  BEGIN { RS = "(^|\n)---\n" }
  /[^[:space:]]/ {
    file = "rest"
    if (/(^|\n)apiVersion: serving.knative.dev\/v1\n/ && /(^|\n)kind: Service\n/) file = "functions"
    if (/(^|\n)kind: Deployment\n/ && /\n  name: edge\n/) file = "edge"
    print $0 "\n---" > (folder "/" file ".yaml")
  }' "$folder/all.yaml"
namespace=$(sed -n 's/^  namespace: //p' "$folder/functions.yaml" | head -n 1)
[ -n "$namespace" ] || { echo "deploy: the manifests name no namespace: use an overlay" >&2; exit 65; }
kubectl+=(--namespace "$namespace")

# done_with JOB waits until it is complete; when it has failed, it says why.
done_with() {
  local state deadline=$((SECONDS + 900))
  while [ "$SECONDS" -lt "$deadline" ]; do
    state=$("${kubectl[@]}" get "$1" -o jsonpath='{.status.conditions[?(@.status=="True")].type}')
    case "$state" in
      *Complete*) echo "$1 is done"; return ;;
      *Failed*) break ;;
    esac
    sleep 2
  done
  echo "deploy: $1 did not succeed; the functions stay as they were" >&2
  "${kubectl[@]}" logs "$1" --tail=20 >&2 || true
  return 1
}

jobs=$(awk 'BEGIN { RS = "(^|\n)---\n" } /(^|\n)kind: Job\n/ { match($0, /\n  name: [^\n]+/); print "job/" substr($0, RSTART + 9, RLENGTH - 9) }' "$folder/rest.yaml")
# A Job cannot be changed, only made anew.
for job in $jobs; do "${kubectl[@]}" delete "$job" --ignore-not-found; done
"${kubectl[@]}" apply -f "$folder/rest.yaml"
for job in $jobs; do done_with "$job"; done
"${kubectl[@]}" apply -f "$folder/functions.yaml"
"${kubectl[@]}" wait ksvc --all --for=condition=Ready --timeout=900s
if [ -f "$folder/edge.yaml" ]; then
  "${kubectl[@]}" apply -f "$folder/edge.yaml"
  "${kubectl[@]}" rollout status deployment/edge --timeout=900s
fi
