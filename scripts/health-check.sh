#!/usr/bin/env bash
# Says whether a running system does what people and applications need of it.
set -euo pipefail
program=health-check

usage() {
  cat <<'END'
usage: scripts/health-check.sh [ADDRESS] [--json] [--namespace NAMESPACE]
                               [--metrics ADDRESS] [--function NAME=ADDRESS]…

Looks at the system at ADDRESS (https://auth.example.com; default: AUTHWAY_URL, or the
`make run` that goes, of AUTHWAY_DATA_DIR) from outside: its health, what applications
find and verify tokens with, the pages with their scripts, the token endpoint, its
certificate, and each function. A line for each: ok, warn or fail, a name, and why.

  --json       one document instead of lines
  --namespace  look into this namespace of a cluster as well: functions, pods,
               migrations, Jobs, volumes, schedules. Without an ADDRESS: only there
  --metrics    the metrics of the exporter, or of `make run` (known by itself): what
               Authway's own sweep says of PostgreSQL, Hydra and the mail server
  --function   ask a function itself, such as login=http://login.authway.svc.cluster.local,
               where that can be reached: it says which of its parts do not answer

It changes nothing, sends nothing secret, and asks for each thing 10 seconds at most.
Status: 0 all is ok or worth a look (warn), 1 something fails, 64 it was asked wrongly.
CURL_CA_BUNDLE names the certificates to trust, KUBECTL another kubectl.
END
}

# shellcheck source=scripts/probe.bash
. "$(dirname "${BASH_SOURCE[0]}")/probe.bash"

json=no chosen='' namespace='' metrics='' functions=() address='' here=no scheme='' host=''
while [ "$#" -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --json) json=yes ;;
    --namespace) given "$@"; namespace=$2; shift ;;
    --metrics) given "$@"; metrics=${2%/}; shift ;;
    --function)
      given "$@"
      [[ "$2" =~ ^[a-z]+=https?://.+ ]] || { usage >&2; exit 64; }
      functions+=("$2")
      shift
      ;;
    -*) usage >&2; exit 64 ;;
    *)
      if [ -n "$chosen" ] || [ -z "$1" ]; then usage >&2; exit 64; fi
      chosen=$1
      ;;
  esac
  shift
done
# Who looks into a cluster does not mean what runs here.
if [ -n "$namespace" ] && [ -z "$chosen${AUTHWAY_URL:-}" ]; then
  address=''
elif ! locate "$chosen"; then
  echo "health-check: nothing runs here (make run), and no address was given" >&2
  exit 64
fi

worst=ok said=''
# note STATUS NAME DETAIL is the result of a check.
note() {
  case "$1" in
    fail) worst=fail ;;
    warn) [ "$worst" = fail ] || worst=warn ;;
  esac
  if [ "$json" = yes ]; then
    said+="${said:+, }{\"status\": \"$1\", \"name\": $(quoted "$2"), \"detail\": $(quoted "$3")}"
  else
    printf '%-4s %s %s\n' "$1" "$2" "$(plain "$3")"
  fi
}

# answered NAME WANTED reports an answer with another status than those wanted, a pattern, and then fails.
answered() {
  # shellcheck disable=SC2254 # it is a pattern
  case "$code" in
    $2) return 0 ;;
    000) note fail "$1" "no answer: $failure" ;;
    *) note fail "$1" "status $code" ;;
  esac
  return 1
}

look_at_certificate() {
  command -v openssl >/dev/null || { note warn certificate "not looked at: there is no openssl here"; return; }
  certificate || { note fail certificate "there is none: no TLS at $host"; return; }
  local until
  until=$(openssl x509 -in "$scratch/certificate" -noout -enddate | sed 's/^notAfter=//')
  # What is behind it is looked at all the same.
  if [ -n "$failure" ] || ! holds 0; then loose=(--insecure); fi
  if ! holds 0; then
    note fail certificate "it has expired: $until"
  elif [ -n "$failure" ]; then
    note fail certificate "it is not to be trusted: $failure"
  elif ! holds $((7 * 86400)); then
    note fail certificate "it expires in less than 7 days: $until"
  elif ! holds $((21 * 86400)); then
    note warn certificate "it expires in less than 21 days, and nobody has renewed it: $until"
  else
    note ok certificate "good until $until"
  fi
}

look_at_health() {
  ask "$address/health"
  answered health 200 || return 0
  if [ "$(text_of status <"$scratch/body")" = ok ]; then note ok health "$address"; else note fail health "it answers something else"; fi
}

look_at_discovery() {
  local issuer foreign
  ask "$address/.well-known/openid-configuration"
  answered discovery 200 || return 0
  issuer=$(text_of issuer <"$scratch/body")
  if [ "${issuer%/}" != "$address" ]; then
    note fail discovery "the issuer is ${issuer:-missing}: applications that are told $address refuse its tokens"
    return
  fi
  for name in authorization_endpoint token_endpoint jwks_uri userinfo_endpoint; do
    [ -n "$(text_of "$name" <"$scratch/body")" ] || { note fail discovery "it has no $name"; return; }
  done
  foreign=$(text_of '[a-z_]*(endpoint|uri)' <"$scratch/body" | awk -v at="$address/" 'index($0, at) != 1' | head -n 1)
  if [ -n "$foreign" ]; then
    note fail discovery "it leads elsewhere: $foreign"
  else
    note ok discovery "issuer $issuer"
  fi
}

# look_at_keys NAME PATH
look_at_keys() {
  local keys
  ask "$address$2"
  answered "$1" 200 || return 0
  keys=$(text_of kid <"$scratch/body" | grep -c . || true)
  if [ "$keys" -gt 0 ]; then note ok "$1" "$keys keys"; else note fail "$1" "there is no key: no token can be verified"; fi
}

# look_at_page NAME PATH: it is there, and so are the scripts that it names.
look_at_page() {
  local scripts count=0
  ask --header 'Accept: text/html' "$address$2"
  answered "$1" 200 || return 0
  case "$(header content-type)" in text/html*) ;; *) note fail "$1" "it is no page"; return ;; esac
  scripts=$(tr -d '\r\n' <"$scratch/body" | grep -oE '<script[^>]* src="[^"]+"' | sed -E 's/.* src="([^"]+)"/\1/' || true)
  for path in $scripts; do
    [[ "$path" == /* ]] || { note fail "$1" "its script is elsewhere: $path"; return; }
    ask "$address$path"
    if [ "$code" != 200 ]; then note fail "$1" "its script $path: ${failure:-status $code}"; return; fi
    case "$(header content-type)" in *javascript*) ;; *) note fail "$1" "its script $path is none"; return ;; esac
    count=$((count + 1))
  done
  if [ "$count" -eq 0 ]; then note fail "$1" "it names no script"; else note ok "$1" "with $count scripts"; fi
}

look_at_token_endpoint() {
  ask --request POST --header 'Content-Type: application/x-www-form-urlencoded' --data '' "$address/oauth2/token"
  answered token '4??' || return 0
  case "$(header content-type)" in application/json*) ;; *) note fail token "its refusal is not JSON"; return ;; esac
  local error
  error=$(text_of error <"$scratch/body")
  if [ -n "$error" ]; then note ok token "refuses an empty request: $error"; else note fail token "its refusal is not OAuth's"; fi
}

# look_at_function NAME: asleep or not, it answers through the edge. Maintenance has no door there.
look_at_function() {
  ask "$address/health/$1"
  answered "function.$1" 200 || return 0
  note ok "function.$1" alive
}

# look_at_readiness NAME=ADDRESS
look_at_readiness() {
  local name=${1%%=*} at=${1#*=} missing
  ask "${at%/}/readyz"
  case "$code" in
    000) note fail "ready.$name" "no answer: $failure"; return ;;
    200 | 503) ;;
    *) note fail "ready.$name" "status $code"; return ;;
  esac
  missing=$(text_of missing <"$scratch/body")
  if [ "$code" = 503 ]; then
    note fail "ready.$name" "not ready${missing:+: $missing}"
  elif [ -n "$missing" ]; then
    note warn "ready.$name" "ready, but does not reach $missing"
  else
    note ok "ready.$name" ready
  fi
}

look_at_parts() {
  local up=no found=no name value
  ask "$metrics/metrics"
  if [ "$code" != 200 ]; then note fail metrics "no metrics at $metrics: ${failure:-status $code}"; return; fi
  cp "$scratch/body" "$scratch/metrics"
  while read -r name value; do
    up=yes
    case "$value" in
      1) ;;
      *) note fail database "the exporter cannot read it" ;;
    esac
  done < <(series authway_state_up)
  # The exporter says it in each answer, whatever else it cannot say.
  [ "$up" = yes ] || note fail metrics "no authway_state_up at $metrics: not the exporter's address, or not the exporter"
  while read -r name value; do
    found=yes
    if [ "$value" = 1 ]; then note ok "part.$name" "answered the last sweep"; else note fail "part.$name" "did not answer the last sweep"; fi
  done < <(series authway_part_up)
  [ "$found" = yes ] || note warn parts "no sweep has said anything yet (authway_part_up)"
  while read -r name value; do
    case "$name $value" in
      *' 0') ;;
      'audit.verify '*) note fail "job.$name" "its last run failed: the audit log may have been changed" ;;
      'backup.verify '*) note fail "job.$name" "its last run failed: the backups may not be readable" ;;
      *) note warn "job.$name" "its last run failed" ;;
    esac
  done < <(series authway_job_last_failed)
}

# listed KIND PATH leaves what kubectl finds in $scratch/listed and reports where it cannot. Fields are parted by bars: read
# would take several tabs for one, and a field that is empty for none.
listed() {
  "${kubectl[@]}" get "$1" -o "jsonpath={range .items[*]}$2{\"\\n\"}{end}" >"$scratch/listed" 2>"$scratch/failure" && return
  note fail "$1" "cannot be read: $(head -n 1 "$scratch/failure")"
  return 1
}

ready='{.metadata.name}{"|"}{.status.conditions[?(@.type=="Ready")].status}{"|"}{.status.conditions[?(@.type=="Ready")].message}'

# look_at_ready KIND NAME…: all are ready, and those that are named are there.
look_at_ready() {
  local kind=$1 count=0 bad=0 name status message names=' '
  shift
  listed "$kind" "$ready" || return 0
  while IFS='|' read -r name status message; do
    [ -n "$name" ] || continue
    names+="$name " count=$((count + 1))
    [ "$status" = True ] || { note fail "$kind.$name" "not ready${message:+: $message}"; bad=$((bad + 1)); }
  done <"$scratch/listed"
  for name in "$@"; do
    [[ "$names" == *" $name "* ]] || { note fail "$kind.$name" "is not there"; bad=$((bad + 1)); }
  done
  if [ "$count" -eq 0 ] && [ "$bad" -eq 0 ]; then note warn "$kind" "there is none"; elif [ "$bad" -eq 0 ]; then note ok "$kind" "$count ready"; fi
}

look_at_pods() {
  local name phase state gone born soon bad=0 count=0
  listed pods '{.metadata.name}{"|"}{.status.phase}{"|"}{.status.conditions[?(@.type=="Ready")].status}{"|"}{.metadata.creationTimestamp}{"|"}{.metadata.deletionTimestamp}' || return 0
  # One that starts is not ready yet, and one that has ended need not be. A failed one is its Job's or its Deployment's matter.
  soon=$(date -u -d '2 minutes ago' +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -v -2M +%Y-%m-%dT%H:%M:%SZ)
  while IFS='|' read -r name phase state born gone; do
    if [ -z "$name" ] || [ -n "$gone" ] || [ "$phase" = Succeeded ] || [ "$phase" = Failed ]; then continue; fi
    count=$((count + 1))
    [ "$state" != True ] || continue
    bad=$((bad + 1))
    if [[ "$born" > "$soon" ]]; then note warn "pods.$name" "starts ($phase)"; else note fail "pods.$name" "not ready ($phase)"; fi
  done <"$scratch/listed"
  [ "$bad" -gt 0 ] || note ok pods "$count ready"
}

look_at_jobs() {
  local name complete failed since recent migrated=no bad=0
  listed jobs '{.metadata.name}{"|"}{.status.conditions[?(@.type=="Complete")].status}{"|"}{.status.conditions[?(@.type=="Failed")].status}{"|"}{.status.conditions[?(@.type=="Failed")].lastTransitionTime}' || return 0
  recent=$(ago 1)
  while IFS='|' read -r name complete failed since; do
    if [ "$name" = migrate ]; then
      migrated=yes
      if [ "$complete" = True ]; then note ok migrate complete; else note fail migrate "not complete: the schema may be older than the functions"; fi
    elif [ "$failed" = True ] && [[ "$since" > "$recent" ]]; then
      note fail "jobs.$name" "failed at $since"
      bad=$((bad + 1))
    fi
  done <"$scratch/listed"
  # It is removed a day after its end.
  [ "$migrated" = yes ] || note ok migrate "no Job: none for a day, or never (kubectl get ksvc says whether the functions run)"
  [ "$bad" -gt 0 ] || note ok jobs "none has failed within a day"
}

look_at_volumes() {
  local name phase bad=0 count=0
  listed pvc '{.metadata.name}{"|"}{.status.phase}' || return 0
  while IFS='|' read -r name phase; do
    [ -n "$name" ] || continue
    count=$((count + 1))
    [ "$phase" = Bound ] || { note fail "pvc.$name" "${phase:-unknown}"; bad=$((bad + 1)); }
  done <"$scratch/listed"
  [ "$bad" -gt 0 ] || note ok pvc "$count bound"
}

if [ -n "$address" ]; then
  [ "$scheme" = http ] || look_at_certificate
  look_at_health
  look_at_discovery
  look_at_keys keys.hydra /.well-known/jwks.json
  look_at_keys keys.authway /.well-known/authway/jwks.json
  look_at_page page.login /login
  look_at_page page.account /account/
  look_at_page page.admin /admin/
  look_at_token_endpoint
  for name in login consent token admin; do look_at_function "$name"; done
fi
for pair in ${functions[@]+"${functions[@]}"}; do look_at_readiness "$pair"; done
[ "$here" = no ] || [ -n "$metrics" ] || metrics=$(endpoint ops_url)
[ -z "$metrics" ] || look_at_parts
if [ -n "$namespace" ]; then
  read -ra kubectl <<<"${KUBECTL:-kubectl}"
  kubectl+=(--namespace "$namespace" --request-timeout "${patience}s")
  look_at_ready ksvc login consent token admin maintenance
  look_at_pods
  look_at_jobs
  look_at_volumes
  look_at_ready pingsources
  look_at_ready brokers
  look_at_ready triggers
fi
[ "$json" = no ] || printf '{"address": %s, "namespace": %s, "status": "%s", "checks": [%s]}\n' \
  "$(quoted "$address")" "$(quoted "$namespace")" "$worst" "$said"
[ "$worst" != fail ]
