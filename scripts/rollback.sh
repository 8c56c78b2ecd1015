#!/usr/bin/env bash
# Gives all traffic back to the revision before the present one.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/rollback.sh NAMESPACE [FUNCTION [REVISION]]

Without a function: all of them, one release back. With a revision (kubectl get
revisions): to that one. Takes effect at once, nothing is built,
and the schema stays as it is: each serves the release before it as well. The next
deployment goes on with the latest revision (scripts/rollback.sh NAMESPACE FUNCTION latest
does so at once). KUBECTL may name another kubectl.
END
}

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  -*) usage >&2; exit 64 ;;
esac
if [ "$#" -lt 1 ] || [ "$#" -gt 3 ]; then usage >&2; exit 64; fi
namespace=$1 function=${2:-} revision=${3:-}
read -ra kubectl <<<"${KUBECTL:-kubectl}"
kubectl+=(--namespace "$namespace")

# before FUNCTION prints the youngest ready revision that is older than the youngest one with traffic: in the middle of
# a gradual roll-out that is the one that still has the rest of it.
before() {
  local serving
  serving=$("${kubectl[@]}" get ksvc "$1" -o jsonpath='{range .status.traffic[?(@.percent>0)]}{.revisionName}{" "}{end}')
  "${kubectl[@]}" get revisions -l "serving.knative.dev/service=$1" --sort-by=.metadata.creationTimestamp \
    -o jsonpath='{range .items[*]}{.metadata.name}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' |
    awk -v serving=" $serving" '
      index(serving, " " $1 " ") { target = last }
      $2 == "True" { last = $1 }
      END { print target }'
}

back() {
  local target='{"latestRevision": true, "percent": 100}'
  [ "$2" = latest ] || target="{\"revisionName\": \"$2\", \"percent\": 100}"
  "${kubectl[@]}" patch ksvc "$1" --type merge -p "{\"spec\": {\"traffic\": [$target]}}"
}

if [ -n "$function" ]; then
  [ -n "$revision" ] || revision=$(before "$function")
  [ -n "$revision" ] || { echo "rollback: $function has no revision before the present one" >&2; exit 1; }
  back "$function" "$revision"
  exit
fi
found=no
for function in $("${kubectl[@]}" get ksvc -o jsonpath='{.items[*].metadata.name}'); do
  revision=$(before "$function")
  [ -z "$revision" ] || { back "$function" "$revision"; found=yes; }
done
[ "$found" = yes ] || { echo "rollback: no function has a revision before its present one" >&2; exit 1; }
