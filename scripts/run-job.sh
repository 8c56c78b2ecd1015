#!/usr/bin/env bash
# Runs a Job in a cluster, shows what it says, and waits for its end.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/run-job.sh NAMESPACE JOBSINK [ARGUMENT…]
       scripts/run-job.sh NAMESPACE --wait JOB

Makes a Job from what a JobSink would make for an event, with other arguments if some
are given, and once: what fails is not tried again. With --wait it is a Job that is
there. KUBECTL may name another kubectl.
END
}

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  -*) usage >&2; exit 64 ;;
esac
[ "$#" -ge 2 ] || { usage >&2; exit 64; }
namespace=$1 template=$2
shift 2
read -ra kubectl <<<"${KUBECTL:-kubectl}"
kubectl+=(--namespace "$namespace")

# quoted ARGUMENT… prints a list of JSON.
quoted() {
  local comma='' argument
  for argument in "$@"; do
    argument=${argument//\\/\\\\}
    printf '%s"%s"' "$comma" "${argument//\"/\\\"}"
    comma=', '
  done
}

if [ "$template" = --wait ]; then
  [ "$#" -eq 1 ] || { usage >&2; exit 64; }
  job=$1
else
  job="$template-by-hand-$(date -u +%Y%m%d%H%M%S)"
  spec=$("${kubectl[@]}" get jobsink "$template" -o 'jsonpath={.spec.job.spec}')
  changes='{"op": "add", "path": "/spec/backoffLimit", "value": 0}'
  [ "$#" -eq 0 ] || changes+=", {\"op\": \"add\", \"path\": \"/spec/template/spec/containers/0/args\", \"value\": [$(quoted "$@")]}"
  printf '{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "%s", "namespace": "%s"}, "spec": %s}' "$job" "$namespace" "$spec" |
    "${kubectl[@]}" patch --local -f - --type json -p "[$changes]" -o json |
    "${kubectl[@]}" create -f -
fi

# There is nothing to follow before its container has started. The end of what it says comes a moment before the end that
# Kubernetes knows of.
followed=no
while true; do
  if [ "$followed" = no ] && "${kubectl[@]}" logs "job/$job" --follow --pod-running-timeout=15m 2>/dev/null; then followed=yes; fi
  state=$("${kubectl[@]}" get "job/$job" -o jsonpath='{.status.conditions[?(@.status=="True")].type}')
  case "$state" in *Complete* | *Failed*) break ;; esac
  sleep 2
done
[ "$followed" = yes ] || "${kubectl[@]}" logs "job/$job" || true
case "$state" in *Failed*) echo "run-job: $job has failed" >&2; exit 1 ;; esac
