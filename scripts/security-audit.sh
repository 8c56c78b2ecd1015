#!/usr/bin/env bash
# Looks for what is open, weak or outdated in a running system, in manifests and in what is built in.
set -euo pipefail
program=security-audit

usage() {
  cat <<'END'
usage: scripts/security-audit.sh [ADDRESS] [--json] [--namespace NAMESPACE] [--manifests OVERLAY]
                                 [--vulnerabilities DB] [--offline] [--metrics ADDRESS]
                                 [--account EMAIL] [--plain ADDRESS]

Asks the system at ADDRESS (default: AUTHWAY_URL, or the `make run` that goes) as a
stranger would: headers, TLS, cookies, other origins, paths that have to be closed,
the bound on guessing, whether it tells which accounts exist, its keys. Beside that:
whether what is built in has known flaws. Each finding has an id, a severity, what was
seen, and what to do.

  --json             one document instead of lines
  --namespace        look at what runs in this namespace of a cluster as well: pods,
                     policies, rights, and its Pod Security labels (what used to be
                     PodSecurityPolicy). Without an ADDRESS: only there
  --manifests        look at an overlay of knative/overlays, a folder of kustomize, or a
                     file of manifests. Without an ADDRESS: only there
  --vulnerabilities  the database of known flaws, a URL or a folder (default:
                     https://vuln.go.dev). govulncheck compares it with the source
                     here, in two minutes: there is no `trivy fs` in a pod, whose image
                     is one program and no shell
  --offline          leave databases of flaws out
  --metrics          the metrics of the exporter (known by itself for `make run`): ages of keys
  --account          an account that exists: one wrong password for it is compared with
                     one for an account that does not (for `make run`: the demo's)
  --plain            where plain HTTP answers (default: port 80 of the same host)

It signs in wrongly, 30 times at most, for an account that does not exist, and changes
nothing. Status: 0 nothing of medium severity or higher, 1 something, 64 asked wrongly.
CURL_CA_BUNDLE names the certificates to trust, KUBECTL another kubectl.
END
}

# shellcheck source=scripts/probe.bash
. "$(dirname "${BASH_SOURCE[0]}")/probe.bash"

json=no chosen='' namespace='' manifests='' database='' offline=no metrics='' account='' door='' address='' here=no
while [ "$#" -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --json) json=yes ;;
    --offline) offline=yes ;;
    --namespace) given "$@"; namespace=$2; shift ;;
    --manifests) given "$@"; manifests=$2; shift ;;
    --vulnerabilities) given "$@"; database=$2; shift ;;
    --metrics) given "$@"; metrics=${2%/}; shift ;;
    --account) given "$@"; account=$2; shift ;;
    --plain) given "$@"; door=${2%/}; shift ;;
    -*) usage >&2; exit 64 ;;
    *)
      if [ -n "$chosen" ] || [ -z "$1" ]; then usage >&2; exit 64; fi
      chosen=$1
      ;;
  esac
  shift
done
if [ "$offline" = yes ] && [ -n "$database" ]; then usage >&2; exit 64; fi
if [ -n "$namespace$manifests" ] && [ -z "$chosen${AUTHWAY_URL:-}" ]; then
  address=''
elif ! locate "$chosen"; then
  echo "security-audit: nothing runs here (make run), and no address was given" >&2
  exit 64
fi
if [ -n "$database" ] && [[ "$database" != *://* ]]; then
  [ -d "$database" ] || { echo "security-audit: there is no folder $database" >&2; exit 64; }
  database=file://$(cd "$database" && pwd)
fi
if [ -n "$manifests" ]; then
  case "$manifests" in
    local | staging | production) manifests=$root/knative/overlays/$manifests ;;
  esac
  [ -e "$manifests" ] || { echo "security-audit: there is no $manifests" >&2; exit 64; }
fi

bad=0 said=''
# finding SEVERITY ID WHAT EVIDENCE ADVICE. Severities: info, low, medium, high, critical.
finding() {
  case "$1" in info | low) ;; *) bad=$((bad + 1)) ;; esac
  if [ "$json" = yes ]; then
    said+="${said:+, }{\"id\": $(quoted "$2"), \"severity\": \"$1\", \"what\": $(quoted "$3"), \"evidence\": $(quoted "$4"), \"advice\": $(quoted "$5")}"
  else
    printf '%-8s %s: %s\n' "$1" "$2" "$(plain "$3")"
    [ -z "$4" ] || printf '         seen: %s\n' "$(plain "$4")"
    [ -z "$5" ] || printf '         do:   %s\n' "$(plain "$5")"
  fi
}

# sound ID WHAT is a check that has found nothing.
sound() { [ "$json" = yes ] || printf 'ok       %s: %s\n' "$1" "$2"; checked+="${checked:+, }$(quoted "$1")"; }
checked=''

# reached says whether there was an answer at all.
reached() {
  [ "$code" = 000 ] || return 0
  finding medium reach.failed "what was asked did not answer" "$1: $failure" "look at scripts/health-check.sh first"
  return 1
}

# --- what every answer says to a browser

# look_at_headers NAME KIND ARGUMENT…: KIND is a page or a program's answer.
look_at_headers() {
  local name=$1 kind=$2 before=$bad policy value
  shift 2
  ask "$@"
  reached "$name" || return 0
  if [ "$kind" = page ]; then
    policy=$(header content-security-policy | tr '\n' ';')
    case "$policy" in
      '') finding medium "headers.csp-missing.$name" "there is no Content-Security-Policy" "" "the edge serves pages with guard.Headers; nothing in front may drop it" ;;
      *)
        value=$(tr ';' '\n' <<<"$policy" | sed -nE 's/^ *script-src +//p')
        [ -n "$value" ] || value=$(tr ';' '\n' <<<"$policy" | sed -nE 's/^ *default-src +//p')
        case " $value " in
          *"'unsafe-inline'"* | *"'unsafe-eval'"* | *' * '* | *' http: '* | *' https: '* | *' data: '* | '  ')
            finding high "headers.csp-weak.$name" "the Content-Security-Policy lets injected scripts run" "script-src ${value:-is missing}" "script-src 'self', as the edge says it" ;;
        esac
        [[ "$policy" == *frame-ancestors* ]] ||
          finding medium "headers.framed.$name" "other sites may frame the page" "no frame-ancestors" "frame-ancestors 'none' in the Content-Security-Policy"
        ;;
    esac
    value=$(header referrer-policy)
    case "$value" in
      no-referrer | same-origin | strict-origin | origin | strict-origin-when-cross-origin) ;;
      *) finding low "headers.referrer.$name" "other sites may learn the address of the page, challenge included" "Referrer-Policy ${value:-is missing}" "Referrer-Policy: same-origin" ;;
    esac
    [[ "$(header cross-origin-opener-policy)" == same-origin* ]] ||
      finding low "headers.opener.$name" "a page that opened this one keeps a hold on it" "no Cross-Origin-Opener-Policy" "Cross-Origin-Opener-Policy: same-origin"
    if [ "$scheme" = https ]; then
      value=$(header strict-transport-security | sed -nE 's/.*max-age="?([0-9]+).*/\1/p' | sed -n 1p)
      [ "${value:-0}" -ge 15552000 ] ||
        finding medium "headers.hsts.$name" "browsers may come back by plain HTTP" "Strict-Transport-Security ${value:-is missing}" "max-age=31536000, as functions say it when AUTHWAY_URL is https"
    fi
  elif [[ "$(header cache-control)" != *no-store* ]]; then
    finding medium "headers.cached.$name" "somebody else may be given the answer from a cache" "Cache-Control: $(header cache-control)" "Cache-Control: no-store (RFC 6749, section 5.1)"
  fi
  [[ "$(header x-content-type-options)" == nosniff* ]] ||
    finding medium "headers.sniffed.$name" "browsers may take the answer for another type" "no X-Content-Type-Options" "X-Content-Type-Options: nosniff"
  value=$(header server)
  [[ ! "$value" =~ [0-9] ]] ||
    finding low "headers.version.$name" "it says which version it is" "Server: $value" "server_tokens off, or its like in what stands in front"
  value=$(header x-powered-by)
  [ -z "$value" ] || finding low "headers.powered.$name" "it says what it is made with" "X-Powered-By: $value" "remove it in what stands in front"
  [ "$bad" -gt "$before" ] || sound "headers.$name" "as they should be"
}

# --- TLS

# taken ID VERSION CIPHERS tells whether the server takes that. Where it cannot be asked there is a finding, and $unchecked:
# what openssl here cannot offer, nobody has refused.
taken() {
  if [ -z "$(openssl ciphers -s "-$2" "$3" 2>/dev/null)" ]; then
    failure='openssl here cannot offer it'
  elif handshake "-$2" -cipher "$3" >"$scratch/handshake" 2>&1; then
    return 0
  elif grep -Eq 'handshake has read [0-9]+ bytes and written [1-9]' "$scratch/handshake"; then
    return 1
  else
    failure="nothing was sent: $(grep -i error "$scratch/handshake" | sed -n 1p)"
  fi
  unchecked=yes
  finding low "tls.not-checked.$1" "whether the server takes $1 was not checked" "$failure" "from where openssl has TLS 1.0 and @SECLEVEL (1.1.1 or newer)"
  return 1
}

look_at_tls() {
  local before=$bad unchecked=no why weak missing=''
  command -v openssl >/dev/null || { finding medium tls.not-checked "TLS was not looked at" "there is no openssl here" "install it"; return; }
  certificate || { finding critical tls.none "there is no TLS at an https address" "$host:$port" "end TLS at the edge, or in front of it"; return; }
  if [ -n "$failure" ] || ! holds 0; then
    loose=(--insecure)
    why=$failure
    if ! holds 0; then why="it expired at $(openssl x509 -in "$scratch/certificate" -noout -enddate | sed 's/^notAfter=//')"; fi
    finding high tls.certificate "the certificate is not to be trusted" "$why" "renew it: kubectl get certificate"
  fi
  for version in tls1 tls1_1; do
    if taken "$version" "$version" 'ALL:@SECLEVEL=0'; then
      finding high "tls.old.$version" "a version older than TLS 1.2 is taken" "$(sed -nE 's/^ *Protocol *: *//p; s/^New, ([^,]*),.*/\1/p' "$scratch/handshake" | sed -n 1p)" "ssl_protocols TLSv1.2 TLSv1.3 (RFC 8996)"
    fi
  done
  # No forward secrecy, or nothing secret at all (RFC 9325, section 4.1).
  if taken weak-cipher tls1_2 'kRSA:3DES:RC4:aNULL:eNULL:EXPORT:@SECLEVEL=0'; then
    finding medium tls.weak-cipher "a weak cipher is taken" "$(sed -nE 's/.*Cipher is //p' "$scratch/handshake" | sed -n 1p)" "only ECDHE with AES-GCM or ChaCha20"
  fi
  for weak in kRSA 3DES RC4 aNULL eNULL EXPORT; do
    [ -n "$(openssl ciphers -s -tls1_2 "$weak:@SECLEVEL=0" 2>/dev/null)" ] || missing+="${missing:+ }$weak"
  done
  [ -z "$missing" ] || finding info tls.not-offered "some weak ciphers were not offered" "openssl here has no $missing" ""
  [ "$bad" -gt "$before" ] || [ "$unchecked" = yes ] || sound tls "1.2 or newer, no weak cipher"
  look_at_plain
}

look_at_plain() {
  ask "${door:-http://$host:80}/login"
  if [ "$code" = 000 ]; then sound tls.plain "plain HTTP does not answer"; return; fi
  case "$code $(header location)" in
    30[1278]\ https://*) sound tls.plain "plain HTTP leads to https" ;;
    *) finding high tls.plain "plain HTTP is answered instead of sent on to https" "status $code" "a redirect to https on port 80, and nothing else" ;;
  esac
}

# --- a sign-in as a browser without script does it

jar="$scratch/jar"
# begin goes to the sign-in page as the account's application, hop by hop, and leaves its address in $form. The cookies
# of all answers are in $scratch/cookies.
begin() {
  local next="$address/account/sign-in?page=account" hops=0
  : >"$jar"
  : >"$scratch/cookies"
  while [ "$hops" -lt 6 ]; do
    hops=$((hops + 1))
    ask --cookie "$jar" --cookie-jar "$jar" "$next"
    header set-cookie >>"$scratch/cookies"
    case "$code" in
      200) form=$next; return 0 ;;
      30?)
        next=$(header location)
        [[ "$next" != /* ]] || next=$address$next
        [[ "$next" == "$address"/* ]] || { failure="it leads to another host"; return 1; }
        ;;
      *) failure="status $code ${failure:-}"; return 1 ;;
    esac
  done
  failure='it leads in circles'
  return 1
}

# guess EMAIL PASSWORD
guess() {
  ask --cookie "$jar" --cookie-jar "$jar" --header "Origin: $address" --header 'Accept: text/html' \
    --data-urlencode "email=$1" --data-urlencode "password=$2" "$form"
  header set-cookie >>"$scratch/cookies"
}

# unguessable prints letters and digits that nobody else has.
unguessable() { od -An -N12 -tx1 /dev/urandom | tr -d ' \n'; }

look_at_cookies() {
  local line name before=$bad count=0
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    name=${line%%=*} count=$((count + 1))
    line=$(tr '[:upper:]' '[:lower:]' <<<"${line#*;}")
    [[ "$line" == *httponly* ]] || finding medium "cookies.script.$name" "scripts may read the cookie" "$name without HttpOnly" "HttpOnly"
    [[ "$line" == *samesite=lax* || "$line" == *samesite=strict* ]] ||
      finding medium "cookies.cross-site.$name" "other sites' requests carry the cookie" "$name without SameSite=Lax or Strict" "SameSite=Lax"
    [ "$scheme" = https ] || continue
    [[ "$line" == *secure* ]] || finding high "cookies.insecure.$name" "the cookie goes by plain HTTP as well" "$name without Secure" "set AUTHWAY_URL to the https address"
    case "$name" in
      authway_session | authway_browser)
        finding medium "cookies.prefix.$name" "another host of the domain may set the cookie" "$name without the prefix __Host-" "set AUTHWAY_URL to the https address" ;;
    esac
  done <"$scratch/cookies"
  [ "$count" -gt 0 ] || { finding medium cookies.none "a sign-in sets no cookie: what binds it to its browser?" "" "scripts/health-check.sh"; return; }
  [ "$bad" -gt "$before" ] || sound cookies "$count of a sign-in$([ "$scheme" = https ] || echo "; over http of this machine without Secure and __Host-, which browsers refuse there")"
}

# --- whether guessing is bounded, and what it tells

look_at_guessing() {
  local nobody tries=0
  nobody="audit-$(unguessable)@nobody.invalid"
  while [ "$tries" -lt 30 ]; do
    tries=$((tries + 1))
    guess "$nobody" "$(unguessable)"
    # Only a refusal is a bound. A slow answer is still one to whoever guesses from many connections at once, and a 503
    # says that login fails or has too much to do, whoever asks.
    case "$code" in
      429) sound guessing "bounded: status 429 at guess $tries"; return ;;
      503) finding medium guessing.not-checked "whether guessing is bounded was not checked: login answers 503" "guess $tries" "scripts/health-check.sh, and again when login does answer"; return ;;
      200 | 4??) ;;
      *) finding medium guessing.failed "guesses could not be made" "status $code: $failure" "scripts/health-check.sh"; return ;;
    esac
  done
  finding high guessing.unbounded "no bound on guesses was seen" "none of $tries wrong passwords for one account from one address was refused as one too many" "limits are kept in Redis: is it reached (scripts/health-check.sh)?"
}

# told EMAIL FILE is what a wrong password for it is answered, but for what is another each time.
told() {
  local page
  guess "$1" "$(unguessable)"
  page=$(tr -d '\0' <"$scratch/body")
  {
    echo "$code"
    tr -d '\r' <"$scratch/head" | sed -E '1d; s/:.*//' | tr '[:upper:]' '[:lower:]' | grep -vE '^(set-cookie|date|content-length|transfer-encoding|retry-after)?$' | sort -u
    # References, and the flow that a button of a provider goes on with.
    sed -E 's/[0-9a-f]{32}|[0-9A-Z]{26}/ID/g' <<<"${page//"$1"/EMAIL}"
  } >"$2"
}

look_at_enumeration() {
  local difference
  [ "$here" = no ] || [ -n "$account" ] || account=$(endpoint demo_user)
  if [ -z "$account" ]; then
    finding info enumeration.not-asked "whether it tells which accounts exist was not asked" "no account is known" "--account EMAIL"
    return
  fi
  # Each in a browser of its own, whose first guess it is. Two strangers at first: what differs between them says nothing.
  for of in one other known; do
    begin || { finding medium enumeration.failed "sign-in could not be begun" "$failure" "scripts/health-check.sh"; return; }
    case "$of" in known) told "$account" "$scratch/told.$of" ;; *) told "audit-$(unguessable)@nobody.invalid" "$scratch/told.$of" ;; esac
  done
  if ! cmp -s "$scratch/told.one" "$scratch/told.other"; then
    finding info enumeration.not-asked "whether it tells which accounts exist cannot be told" "two unknown accounts are answered differently" "look at both by hand"
  elif cmp -s "$scratch/told.one" "$scratch/told.known"; then
    sound enumeration "an unknown account and a wrong password get the same answer"
  else
    difference=$(diff "$scratch/told.one" "$scratch/told.known" | sed -n 2p | cut -c1-160 || true)
    finding high enumeration.told "the answer tells whether an account exists" "$difference" "the same status, headers and text for both"
  fi
}

# --- other origins

look_at_origins() {
  local before=$bad origin method path allowed credentials
  for origin in https://attacker.invalid null; do
    while read -r method path; do
      for preflight in no yes; do
        if [ "$preflight" = yes ]; then
          ask --request OPTIONS --header "Origin: $origin" --header "Access-Control-Request-Method: $method" "$address$path"
        else
          ask --request "$method" --header "Origin: $origin" "$address$path"
        fi
        reached "$path" || return 0
        allowed=$(header access-control-allow-origin | sed -n 1p) credentials=$(header access-control-allow-credentials | sed -n 1p)
        [ -n "$allowed" ] || continue
        if [ "$credentials" = true ] && [ "$allowed" = "$origin" ]; then
          finding critical "origins.credentials$path" "scripts of any site act as whoever is signed in" "$method: Access-Control-Allow-Origin: $allowed, with credentials" "allow no origin there"
        elif [ "$allowed" = "$origin" ]; then
          finding medium "origins.echoed$path" "scripts of a foreign origin may read the answer" "$method: Access-Control-Allow-Origin: $allowed" "only the origins that the client names (allowed_cors_origins)"
        else
          # Applications' scripts ask these: the answer to a preflight names no client.
          case "$path" in /oauth2/* | /userinfo) [ "$preflight" = yes ] || [ "$allowed" != '*' ] || finding medium "origins.open$path" "scripts of every origin may read the answer" "$method: Access-Control-Allow-Origin: $allowed" "only the origins that the client names" ;;
            *) finding medium "origins.open$path" "scripts of every origin may read the answer" "$method: Access-Control-Allow-Origin: $allowed" "allow no origin there" ;;
          esac
        fi
      done
    done <<'END'
POST /oauth2/token
GET /userinfo
GET /api/login/flow
GET /api/account
GET /api/admin/v1/me
END
  done
  [ "$bad" -gt "$before" ] || sound origins "no foreign origin is let in"
}

# --- what is nobody's business

look_at_doors() {
  local before=$bad method path severity
  while read -r severity method path; do
    ask --request "$method" --header 'Accept: application/json' --header 'Content-Type: application/json' "$address$path"
    reached "$path" || return 0
    case "$code" in
      403 | 404 | 405 | 421) continue ;;
      # The dashboard's page is below /admin, whatever follows.
      200) case "$path $(header content-type)" in /admin/*\ text/html*) continue ;; esac ;;
    esac
    finding "$severity" "doors.open$path" "what is private answers from outside" "$method $path: status $code" "the edge routes what its table names, and nothing else (functions/standalone/edge)"
  done <<'END'
high POST /hooks/token
high POST /hooks/refresh
high POST /events
high POST /events/dead
high DELETE /admin/sessions/x
critical GET /admin/clients
critical GET /admin/keys/hydra.openid.id-token
high GET /token/verify
medium GET /readyz
medium GET /metrics
high GET /debug/pprof/
high GET /debug/pprof/heap
END
  [ "$bad" -gt "$before" ] || sound doors "hooks, events, administration of Hydra, metrics and profiles are closed"
}

# --- keys

look_at_keys() {
  local before=$bad path value list
  for path in /.well-known/jwks.json /.well-known/authway/jwks.json; do
    ask "$address$path"
    reached "$path" || return 0
    list=$(tr -d '\r\n' <"$scratch/body")
    for value in $(text_of alg <<<"$list"); do
      case "$value" in
        none | HS*) finding critical "keys.algorithm$path" "whoever reads the keys can sign with them" "alg $value" "asymmetric keys alone (shared/keyring)" ;;
      esac
    done
    [[ ! "$list" =~ \"kty\"[[:space:]]*:[[:space:]]*\"oct\" ]] || finding critical "keys.symmetric$path" "a secret is published" "a key of the type oct" "maintenance run keys.rotate --compromised KID"
    [[ ! "$list" =~ \"(d|p|q|dp|dq|qi)\"[[:space:]]*: ]] || finding critical "keys.private$path" "a private key is published" "a member of a private key" "maintenance run keys.rotate --compromised KID"
    for value in $(text_of n <<<"$list"); do
      # 2048 bits in base64url.
      [ "${#value}" -ge 341 ] || finding high "keys.short$path" "an RSA key is too short" "less than 2048 bits" "maintenance run keys.rotate"
    done
  done
  ask "$address/.well-known/openid-configuration"
  list=$(tr -d '\r\n' <"$scratch/body" | grep -oE '"(id_token|token_endpoint_auth|introspection_endpoint_auth)[a-z_]*alg[a-z_]*"[[:space:]]*:[[:space:]]*\[[^]]*\]' | grep -oE '"(none|HS[0-9]+)"' | tr -d '"' | sort -u | tr '\n' ' ' || true)
  [ -z "$list" ] || finding high keys.offered "discovery offers to leave signatures out, or to make them with a shared secret" "$list" "the algorithms of the keys alone"
  [ "$bad" -gt "$before" ] || sound keys "asymmetric, long enough, nothing private"
}

# look_at_ages: the exporter says how old keys are, and whether their turn is overdue.
look_at_ages() {
  local before=$bad count=0 use value late
  [ "$here" = no ] || [ -n "$metrics" ] || metrics=$(endpoint ops_url)
  if [ -z "$metrics" ]; then
    finding info keys.age-not-asked "how old the signing keys are was not asked" "no metrics are known" "--metrics ADDRESS"
    return
  fi
  ask "$metrics/metrics"
  if [ "$code" != 200 ]; then finding medium keys.age-not-asked "how old the signing keys are could not be asked" "$metrics: ${failure:-status $code}" "is the exporter up?"; return; fi
  cp "$scratch/body" "$scratch/metrics"
  while read -r use value; do
    count=$((count + 1))
    awk -v age="$value" 'BEGIN { exit age > 400 * 86400 }' ||
      finding medium "keys.old.$use" "a key has signed for more than a year" "$(awk -v age="$value" 'BEGIN { printf "%d days", age / 86400 }')" "maintenance run keys.rotate (Hydra's turn with HYDRA_KEYS_ROTATE=true)"
  done < <(series authway_key_age_seconds)
  while read -r use value; do
    case "$value" in
      *Inf) late='no key signs' ;;
      *) late=$(awk -v late="$value" 'BEGIN { if (late > 86400) printf "%.1f days", late / 86400 }') ;;
    esac
    [ -z "$late" ] || finding medium "keys.overdue.$use" "a key's turn is overdue" "$late" "scripts/maintenance.sh run keys.rotate, and why the job does not"
  done < <(series authway_key_overdue_seconds)
  if [ "$count" -eq 0 ]; then
    finding info keys.age-not-asked "how old the signing keys are is not said" "no authway_key_age_seconds at $metrics" "the exporter says it (maintenance metrics)"
  elif [ "$bad" -eq "$before" ]; then
    sound keys.age "$count sets of keys, none overdue"
  fi
}

# --- what is built in

vulncheck=golang.org/x/vuln/cmd/govulncheck@v1.9.0

look_at_modules() {
  local arguments=() id
  if [ "$offline" = yes ]; then
    finding info modules.left-out "known flaws of modules and packages were left out" "--offline" ""
    return
  fi
  if ! command -v go >/dev/null || [ ! -f "$root/go.mod" ]; then
    finding medium modules.not-checked "known flaws of Go modules were not looked for" "there is no go or no source here" "run it in a checkout, or say --offline"
    return
  fi
  [ -z "$database" ] || arguments=(-db "$database")
  # Its status through `go run` is 1 for flaws and for failures; its words are not.
  (cd "$root" && go run "$vulncheck" ${arguments[@]+"${arguments[@]}"} ./functions/... ./migrations/... ./frontend/...) >"$scratch/flaws" 2>"$scratch/failure" || true
  if grep -q '^Vulnerability #' "$scratch/flaws"; then
    while IFS=$'\t' read -r id found fixed what; do
      finding high "modules.$id" "a module has a known flaw that our code reaches: $what" "found in $found" "fixed in $fixed: go get, then make test"
    done < <(awk '
      function say() { if (id != "") printf "%s\t%s\t%s\t%s\n", id, found, fixed, what; id = "" }
      /^Vulnerability #/ { say(); id = $3; found = fixed = "?"; what = ""; text = 1; next }
      /^  More info:/ { text = 0 }
      /Found in:/ { found = $3 }
      /Fixed in:/ { fixed = $3 }
      text && /^    / && !/(Found|Fixed) in:/ { sub(/^ +/, ""); what = what (what == "" ? "" : " ") $0 }
      END { say() }' "$scratch/flaws")
  elif grep -q '^No vulnerabilities found' "$scratch/flaws"; then
    sound modules "govulncheck knows no flaw that our code reaches"
  else
    finding medium modules.not-checked "known flaws of Go modules were not looked for" "$(grep -v '^exit status' "$scratch/failure" | tail -n 1)" "--vulnerabilities with a copy of the database, or --offline"
  fi
}

look_at_packages() {
  local severity
  [ "$offline" = no ] || return 0
  command -v npm >/dev/null || { finding low packages.not-checked "known flaws of the pages' packages were not looked for" "there is no npm here" ""; return; }
  (cd "$root/frontend" && npm audit --omit=dev --json --fetch-retries=0 --fetch-timeout=$((patience * 1000))) >"$scratch/audit" 2>/dev/null || true
  if ! tr -d '\r\n' <"$scratch/audit" | grep -q '"auditReportVersion"'; then
    finding low packages.not-checked "known flaws of the pages' packages were not looked for" "the registry does not answer npm audit" "run it where it does"
    return
  fi
  # The counts come last, each once: they are of packages.
  local counts worst=''
  counts=$(tr -d '\r\n' <"$scratch/audit" | sed -nE 's/.*"metadata".*"vulnerabilities"[[:space:]]*:[[:space:]]*\{([^}]*)\}.*/\1/p' | tr -d '" ')
  for severity in critical high moderate low; do
    [[ ! ",$counts," =~ ,$severity:[1-9] ]] || worst=${worst:-$severity}
  done
  [ "$worst" != moderate ] || worst=medium
  if [ -n "$worst" ]; then
    finding "$worst" packages.flaws "packages of the pages have known flaws" "$(text_of name <"$scratch/audit" | sort -u | tr '\n' ' '): $counts" "npm audit in frontend"
  else
    sound packages "npm knows no flaw of what pages load"
  fi
}

# --- manifests and what runs

# judge ID [ARGUMENT…] passes manifests of the input to scripts/posture, whose lines are findings.
judge() {
  local id=$1 before=$bad severity name what evidence advice
  shift
  if ! (cd "$root" && go run ./scripts/posture "$@") >"$scratch/posture" 2>"$scratch/failure"; then
    finding medium "$id.not-checked" "manifests were not looked at" "$(tail -n 1 "$scratch/failure")" ""
    return
  fi
  while IFS=$'\t' read -r severity name what evidence advice; do
    finding "$severity" "$id.$name" "$what" "$evidence" "$advice"
  done <"$scratch/posture"
  [ "$bad" -gt "$before" ] || sound "$id" "as they should be"
}

look_at_manifests() {
  if [ -d "$manifests" ]; then
    if command -v kustomize >/dev/null; then kustomize build "$manifests"; else ${KUBECTL:-kubectl} kustomize "$manifests"; fi >"$scratch/manifests" 2>"$scratch/failure" ||
      { finding medium manifests.not-checked "the overlay cannot be rendered" "$(tail -n 1 "$scratch/failure")" "kubectl kustomize $manifests"; return; }
  else
    cp "$manifests" "$scratch/manifests"
  fi
  judge manifests <"$scratch/manifests"
}

look_at_namespace() {
  local kind
  read -ra kubectl <<<"${KUBECTL:-kubectl}"
  kubectl+=(--request-timeout "${patience}s")
  : >"$scratch/running"
  # Secrets are not read: who looks for weaknesses need not become one.
  for kind in "namespace $namespace" clusterrolebindings clusterroles; do
    # shellcheck disable=SC2086 # a kind and perhaps a name
    if "${kubectl[@]}" get $kind -o json >"$scratch/got" 2>"$scratch/failure"; then
      { cat "$scratch/got"; echo; echo ---; } >>"$scratch/running"
    else
      finding low "running.not-checked.${kind%% *}" "some rights were not looked at" "$(head -n 1 "$scratch/failure")" "as somebody who may list them"
    fi
  done
  for kind in pods deployments statefulsets daemonsets ksvc networkpolicies serviceaccounts roles rolebindings; do
    if "${kubectl[@]}" --namespace "$namespace" get "$kind" -o json >"$scratch/got" 2>"$scratch/failure"; then
      { cat "$scratch/got"; echo; echo ---; } >>"$scratch/running"
    else
      finding medium "running.not-checked.$kind" "what runs was not looked at" "$(head -n 1 "$scratch/failure")" "as somebody who may list $kind"
    fi
  done
  judge running -running "$namespace" <"$scratch/running"
}

if [ -n "$address" ]; then
  if [ "$scheme" = https ]; then
    look_at_tls
  elif ! loopback; then
    finding critical tls.none "passwords and tokens go by plain HTTP" "$address" "end TLS at the edge, or in front of it"
  fi
  look_at_headers login page --header 'Accept: text/html' "$address/login"
  look_at_headers account page --header 'Accept: text/html' "$address/account/"
  look_at_headers admin page --header 'Accept: text/html' "$address/admin/"
  look_at_headers api program "$address/api/account"
  look_at_headers token program --data 'grant_type=none' "$address/oauth2/token"
  form=''
  if begin; then
    look_at_guessing
    look_at_cookies
    look_at_enumeration
  else
    finding medium guessing.failed "sign-in could not be begun" "$failure" "scripts/health-check.sh"
  fi
  look_at_origins
  look_at_doors
  look_at_keys
  look_at_ages
  look_at_modules
  look_at_packages
fi
[ -z "$manifests" ] || look_at_manifests
[ -z "$namespace" ] || look_at_namespace
[ "$json" = no ] || printf '{"address": %s, "namespace": %s, "manifests": %s, "findings": [%s], "sound": [%s]}\n' \
  "$(quoted "$address")" "$(quoted "$namespace")" "$(quoted "$manifests")" "$said" "$checked"
[ "$bad" -eq 0 ]
