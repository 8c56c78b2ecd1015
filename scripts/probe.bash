# shellcheck shell=bash disable=SC2034,SC2154
# What scripts have in common that look at a running system: where it is, how it is asked, how JSON is read where there
# is no jq, and written. Sourced; the name of the script is in $program.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
endpoints="${AUTHWAY_DATA_DIR:-$root/.authway}/endpoints.json"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# More arguments for curl: a certificate that does not hold is told of once, and then looked behind.
loose=()
# How long one answer may take, and how much of it is read.
patience=10 most=8000000
code='' failure=''

# given OPTION VALUE… ends it all where the value is missing.
given() { [ -n "${2:-}" ] || { echo "$program: $1 wants a value" >&2; exit 64; }; }

# quoted TEXT prints a string of JSON. What others have sent may hold anything: only printable ASCII is left of it.
quoted() {
  local LC_ALL=C text=${1//[$'\t\r\n']/ }
  text=${text//[^[:print:]]/?}
  text=${text//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# plain TEXT prints it for a terminal, which control characters would command.
plain() {
  local LC_ALL=C text=${1//[$'\t\r\n']/ }
  printf '%s' "${text//[^[:print:]]/?}"
}

# text_of NAME prints the strings of that name in a document of JSON on the input, a line each.
text_of() { tr -d '\r\n' | grep -oE "\"$1\"[[:space:]]*:[[:space:]]*\"[^\"]*\"" | sed -E 's/^"[^"]*"[[:space:]]*:[[:space:]]*"(.*)"$/\1/; s|\\/|/|g' || true; }

# endpoint NAME is an address of what `make run` has started here, or nothing.
endpoint() { [ ! -f "$endpoints" ] || text_of "$1" <"$endpoints"; }

# locate ADDRESS says where the system is, in $address: the argument, AUTHWAY_URL, or a `make run` that goes; and in
# $here whether it is that one. Status 1: nowhere.
locate() {
  local running
  running=$(endpoint url)
  address=${1:-${AUTHWAY_URL:-$running}}
  [ -n "$address" ] || return 1
  address=${address%/}
  [[ "$address" =~ ^https?://[A-Za-z0-9._-]+(:[0-9]+)?$|^https?://\[[0-9a-fA-F:]+\](:[0-9]+)?$ ]] ||
    { echo "$program: not an address such as https://auth.example.com: $(plain "$address")" >&2; exit 64; }
  scheme=${address%%://*} host=${address#*://}
  port=80
  [ "$scheme" = http ] || port=443
  [[ ! "$host" =~ :[0-9]+$ ]] || { port=${host##*:} host=${host%:*}; }
  if [ "$address" = "$running" ]; then here=yes; else here=no; fi
}

# loopback tells whether the address is this machine's.
loopback() { case "$host" in localhost | *.localhost | 127.* | '[::1]') ;; *) return 1 ;; esac }

# ask [ARGUMENT…] URL leaves the answer in $scratch/head and $scratch/body, and its status in $code: 000 when there is
# none, and then $failure says why.
ask() {
  : >"$scratch/head"
  : >"$scratch/body"
  code=$(curl --silent --show-error --max-time "$patience" --max-filesize "$most" --proto '=http,https' ${loose[@]+"${loose[@]}"} \
    --dump-header "$scratch/head" --output "$scratch/body" --write-out '%{http_code}' "$@" 2>"$scratch/failure") || code=000
  failure=$(sed 's/^curl: ([0-9]*) //' "$scratch/failure")
}

# header NAME prints the values of a header of the last answer, a line each.
header() { tr -d '\r' <"$scratch/head" | awk -v name="$1:" 'tolower(substr($0, 1, length(name))) == tolower(name) { sub(/^[^:]*:[ \t]*/, ""); print }'; }

# series NAME prints "LABEL VALUE" for each of its series in $scratch/metrics.
series() {
  awk -v name="$1" '
    index($0, name "{") == 1 || index($0, name " ") == 1 {
      label = "-"
      if (match($0, /[{,](part|job|use|kind)="[^"]*"/)) { label = substr($0, RSTART, RLENGTH); gsub(/^.*="|"$/, "", label) }
      print label, $NF
    }' "$scratch/metrics"
}

# certificate leaves the server's certificate in $scratch/certificate, and in $failure why it is not to be trusted, or
# nothing. Status 1: no TLS there.
certificate() {
  local trust=()
  [ -z "${CURL_CA_BUNDLE:-}" ] || trust=(-CAfile "$CURL_CA_BUNDLE")
  local called=(-servername "$host" -verify_hostname "$host")
  # A number has no name to be asked for.
  [[ ! "$host" =~ ^[0-9.]+$|^\[ ]] || called=(-noservername -verify_ip "${host//[\[\]]/}")
  handshake "${called[@]}" ${trust[@]+"${trust[@]}"} >"$scratch/handshake" 2>&1 || true
  failure=$(sed -nE 's/^ *Verify return code: [1-9][0-9]* \((.*)\)$/\1/p' "$scratch/handshake" | head -n 1)
  openssl x509 -in "$scratch/handshake" -out "$scratch/certificate" 2>/dev/null
}

# handshake ARGUMENT… shakes hands by TLS, and no more.
handshake() {
  local limit=()
  ! command -v timeout >/dev/null || limit=(timeout "$patience")
  ${limit[@]+"${limit[@]}"} openssl s_client -connect "$host:$port" "$@" </dev/null
}

# holds SECONDS tells whether the certificate is good for so long.
holds() { openssl x509 -in "$scratch/certificate" -noout -checkend "$1" >/dev/null; }

# ago DAYS is a moment in the words of Kubernetes. date differs between systems.
ago() { date -u -d "$1 days ago" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -v "-$1d" +%Y-%m-%dT%H:%M:%SZ; }
