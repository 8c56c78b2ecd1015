#!/usr/bin/env bash
# Holds what this machine measures against the budgets.
set -euo pipefail
program=performance-benchmark

usage() {
  cat <<'END'
usage: scripts/performance-benchmark.sh [--quick] [--json] [ADDRESS]

Measures, in one run on this machine, each thing beside what it is compared with, and
prints the budgets: what is allowed, what was measured, and whether it is within. What
nothing here can measure is "not measured", and neither within nor out.

  --quick  leave out what needs a million accounts or a gigabyte of data: five minutes
           instead of fifteen, when what it compiles is there
  --json   one document instead of a table
  ADDRESS  beside that, how long a system on this machine (http://localhost:8080)
           takes for what anybody may read. Other machines are not asked: a burst of
           requests is not a look

It starts systems of its own, talks to this machine alone, and ends by itself.
Status: 0 all that was measured is within, 1 something is out, 64 asked wrongly, 70 a
benchmark did not run.
END
}

# shellcheck source=scripts/probe.bash
. "$(dirname "${BASH_SOURCE[0]}")/probe.bash"

quick=no json=no chosen='' host=''
while [ "$#" -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --quick) quick=yes ;;
    --json) json=yes ;;
    -*) usage >&2; exit 64 ;;
    *)
      if [ -n "$chosen" ] || [ -z "$1" ]; then usage >&2; exit 64; fi
      chosen=$1
      ;;
  esac
  shift
done
if [ -n "$chosen" ]; then
  locate "$chosen"
  loopback || { echo "performance-benchmark: $address is not on this machine" >&2; exit 64; }
fi

out=0 failed=0 said='' probes=''
# row NAME BUDGET MEASURED VERDICT
row() {
  [ "$4" != OUT ] || out=$((out + 1))
  if [ "$json" = yes ]; then
    said+="${said:+, }{\"name\": $(quoted "$1"), \"budget\": $(quoted "$2"), \"measured\": $(quoted "$3"), \"verdict\": $(quoted "$4")}"
  else
    printf '%-12s  %-52s  %-16s  %s\n' "$4" "$1" "$2" "$3"
  fi
}

# held NAME RELATION LIMIT VALUE UNIT is a row of a figure; without a value it was not measured.
held() {
  local verdict=OUT
  if [ "$4" = missing ]; then
    failed=$((failed + 1))
    echo "performance-benchmark: the benchmark does not say: $1" >&2
  fi
  case "$4" in '' | missing) row "$1" "$2 $3 $5" "" "not measured"; return ;; esac
  if awk -v v="$4" -v l="$3" -v r="$2" 'BEGIN { exit !(r == "<=" ? v <= l : v >= l) }'; then verdict=within; fi
  row "$1" "$2 $3 $5" "$(awk -v v="$4" 'BEGIN { printf "%.2f", v }') $5" "$verdict"
}

# bench NAME runs a benchmark of tests/load once and leaves its figures in $scratch/figures.
bench() {
  [ "$json" = yes ] || echo "… $1" >&2
  : >"$scratch/figures"
  if ! (cd "$root" && go test ./tests/load -run '^$' -bench "^$1\$" -benchtime 1x -timeout 20m) >"$scratch/bench" 2>&1; then
    failed=$((failed + 1))
    echo "performance-benchmark: $1 did not run:" >&2
    tail -n 15 "$scratch/bench" >&2
    return
  fi
  # A value stands before its unit.
  awk '/^Benchmark/ { for (i = 3; i < NF; i += 2) print $(i + 1), $i }' "$scratch/bench" >"$scratch/figures"
  # go test is content with a name that nothing has.
  [ -s "$scratch/figures" ] || { failed=$((failed + 1)); echo "performance-benchmark: $1 has said nothing: is it still called so?" >&2; }
}

# figure UNIT prints the figure, "missing" if the benchmark that ran has none of that name, and nothing if none ran.
figure() { awk -v unit="$1" '$1 == unit { value = $2 } END { if (value != "") print value; else if (NR) print "missing" }' "$scratch/figures"; }

# apart RATIO prints by what factor two things differ, whichever is more.
apart() { awk -v ratio="$1" 'BEGIN { print (ratio + 0 && ratio < 1) ? 1 / ratio : ratio }'; }

# weigh EXTENSION PAGE… prints the most, in kB after gzip, that any of the languages loads of it.
weigh() {
  local kind=$1 page language file sum most=0
  shift
  for page in "$@"; do
    for language in "$root"/frontend/dist/login/??/; do
      file=$language$page.html
      [ -f "$file" ] || continue
      if [ "$kind" = html ]; then
        sum=$(gzip -9 -n -c "$file" | wc -c)
      else
        sum=0
        # The same files that the browser is told of: by tags, and ahead of them.
        for path in $(grep -oE "\"/ui/[^\"]+\.$kind\"" "$file" | tr -d '"' | sort -u); do
          sum=$((sum + $(gzip -9 -n -c "$root/frontend/dist/login$path" | wc -c)))
        done
      fi
      [ "$sum" -le "$most" ] || most=$sum
    done
  done
  awk -v bytes="$most" 'BEGIN { printf "%.2f", bytes / 1000 }'
}

# probe PATH asks often, on one connection, and prints what half and what 95 in a hundred took at most, in milliseconds.
probe() {
  local i
  : >"$scratch/urls"
  for ((i = 0; i < 200; i++)); do printf 'url = "%s"\noutput = "/dev/null"\n' "$address$1" >>"$scratch/urls"; done
  curl --silent --max-time 60 --write-out '%{http_code} %{time_total}\n' --config "$scratch/urls" 2>/dev/null |
    sort -k 2 -n | awk '$1 == 200 { t[++n] = $2 * 1000 } $1 != 200 { bad++ }
      END { if (bad || n < 20) exit 1; printf "%.2f %.2f\n", t[int(n / 2)], t[int(n * 95 / 100)] }'
}

[ "$json" = yes ] || echo "Two programs that share a machine slow each other: a figure that is out is worth a second run on a quiet one."

bench BenchmarkColdStart
held "cold start of token, processor time" '<=' 1.8 "$(figure token-x-hello)" 'x hello'
for name in login consent; do held "cold start of $name, processor time" '<=' 2.2 "$(figure $name-x-hello)" 'x hello'; done
for name in token login consent; do held "memory of $name after its start" '<=' 20 "$(figure $name-MiB)" MiB; done
for name in token login consent; do held "initialisation of $name" '<=' 4 "$(figure $name-init-ms)" ms; done

bench BenchmarkAnswersFromCache
for name in forward-auth introspection; do held "$name from the cache" '>=' 10 "$(figure $name-x-hydra)" 'x Hydra'; done

bench BenchmarkSignInProcessor
held "own processor time of a sign-in" '<=' 3 "$(figure own-ms)" ms

bench BenchmarkSignInRate
held "sign-in without the password's hash" '>=' 0.8 "$(figure x-hydra-alone)" 'x Hydra alone'
held "sign-in with argon2id" '>=' 0.85 "$(figure x-hash-each)" 'x one hash each'

bench BenchmarkKnownAndUnknown
for name in sign-in imported recover register; do
  held "answer to an address that has an account: $name" '<=' 1.15 "$(apart "$(figure $name-x-unknown)")" 'x unknown, or its inverse'
done

bench BenchmarkOverload
held "p95 of sign-ins under ten times too many" '<=' 2 "$(figure p95-x-unloaded)" 'x unloaded'
held "p95 of the refusals of the others" '<=' 1 "$(figure refusal-p95-x-unloaded)" 'x a sign-in'
held "refusals that are not 503 with Retry-After" '<=' 0 "$(figure refused-without-retry-after)" 'of them'
held "sign-ins that end behind their hash" '<=' 0 "$(figure admitted-and-lost)" 'of them'
held "answers that a gateway misses meanwhile" '<=' 0 "$(figure gateway-lost)" 'of them'

: >"$scratch/figures"
[ "$quick" = yes ] || bench BenchmarkAdminSearch
held "search among 1,000,000 accounts, the slowest kind" '<=' 1.5 "$(awk '$1 ~ /-x$/ && $2 > most { most = $2 } END { if (most) print most; else if (NR) print "missing" }' "$scratch/figures")" 'x 10,000'

: >"$scratch/figures"
[ "$quick" = yes ] || bench BenchmarkSignInAmongMany
held "sign-in among 1,000,000 accounts" '<=' 1.5 "$(figure p95-x-few)" 'x 10,000'

: >"$scratch/figures"
[ "$quick" = yes ] || bench BenchmarkBaseBackup
held "base backup, compressed and encrypted" '>=' 0.4 "$(figure x-pg_basebackup)" 'x pg_basebackup'
held "memory of a base backup" '<=' 64 "$(figure peak-MiB)" MiB

if [ -f "$root/frontend/dist/login/en/login.html" ]; then
  held "scripts of the sign-in page" '<=' 55 "$(weigh js login)" 'kB gz'
  held "style of the sign-in page" '<=' 3 "$(weigh css login)" 'kB gz'
  held "the sign-in page itself" '<=' 3 "$(weigh html login)" 'kB gz'
  held "scripts of the dashboard's shell" '<=' 100 "$(weigh js admin)" 'kB gz'
  # Which scripts a page of the dashboard adds is known while it is built.
  row "scripts of any page of the dashboard" '<= 130 kB gz' "held by make pages, which fails beyond it" "not measured"
else
  for name in "scripts of the sign-in page" "style of the sign-in page" "the sign-in page itself" "scripts of the dashboard"; do
    row "$name" "" "make pages first" "not measured"
  done
fi

if [ -n "$chosen" ]; then
  for path in /health /.well-known/openid-configuration /.well-known/jwks.json /login; do
    read -r half most < <(probe "$path") || { failed=$((failed + 1)); echo "performance-benchmark: $address$path does not answer as it should" >&2; continue; }
    if [ "$json" = yes ]; then
      probes+="${probes:+, }{\"path\": $(quoted "$path"), \"p50_ms\": $half, \"p95_ms\": $most}"
    else
      printf '%-12s  %-52s  %-16s  %s\n' probe "GET $path, 200 times" '' "p50 $half ms, p95 $most ms"
    fi
  done
fi

if [ "$json" = yes ]; then
  printf '{"budgets": [%s], "probes": [%s], "out": %s, "failed": %s}\n' "$said" "$probes" "$out" "$failed"
elif [ "$out" -gt 0 ]; then
  echo "$out of the budgets are out (OUT above)."
elif [ "$failed" -gt 0 ]; then
  echo "Some of it could not be measured."
else
  echo "All that was measured is within its budget."
fi
[ "$out" -eq 0 ] || exit 1
[ "$failed" -eq 0 ] || exit 70
