#!/usr/bin/env bash
# Makes the secrets that a new installation in a cluster needs.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/generate-secrets.sh NAMESPACE [--smtp URL] [--database HOST:PORT] [--backup-recipient KEY]

Prints Kubernetes Secrets with new random values, for a namespace that has none yet:

    scripts/generate-secrets.sh authway-local | kubectl apply -f -

  --smtp      the mail server, such as smtp://user:password@mail.example.com:587
              (default: smtp://mailpit:1025, the one of components/mailpit)
  --database  where PostgreSQL answers (default: postgres:5432, the one of
              components/postgres; with components/cloudnativepg: postgres-rw:5432),
              with the parameters of its address if they are others than the operator's
              certificate wants: 'db.example.com:5432?sslmode=verify-full'
  --backup-recipient  the public key that backups are made for (age1…, several with
              commas), if somebody holds the secret one already. Without it a pair is
              made, and the secret key is the Secret authway-backup-identity

Nothing is written to a file, and nobody can print the same again. Two things have to
be kept where neither the cluster nor the backups are, before they are used: what
opens backups (authway-backup-identity), without which there are none; and, as long
as there are no backups, what seals data (authway-master-keys, and "system" of
Hydra's). For production see knative/secrets: the same Secrets, from a vault or sealed.

The pair that signs the first tokens is made apart (scripts/generate-keys.sh); without
it Authway makes one.
END
}

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
namespace='' recipient='' smtp=smtp://mailpit:1025 database=postgres:5432 query=sslmode=disable
while [ "$#" -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --smtp) smtp=${2:?--smtp wants an address}; shift ;;
    --database)
      database=${2:?--database wants HOST:PORT}
      query='sslmode=verify-full&sslrootcert=/etc/authway/postgres/ca.crt'
      [[ "$database" != *\?* ]] || query=${database#*\?} database=${database%%\?*}
      shift
      ;;
    --backup-recipient) recipient=${2:?--backup-recipient wants a public key}; shift ;;
    -*) usage >&2; exit 64 ;;
    *) [ -z "$namespace" ] || { usage >&2; exit 64; }; namespace=$1 ;;
  esac
  shift
done
[[ "$namespace" =~ ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]] || { usage >&2; exit 64; }

# Letters and digits: they stand in addresses as they are.
word() { openssl rand -hex 24; }

owner=$(word) hydra=$(word) client=$(word) system=$(word) backup=$(word) monitor=$(word)

# An identity is a line; age-keygen and ours write the public key into a comment above it.
identity=''
if [ -z "$recipient" ]; then
  if command -v age-keygen >/dev/null; then
    pair=$(age-keygen 2>/dev/null)
  else
    pair=$(cd "$root" && go run ./functions/maintenance/cmd/maintenance backup keygen)
  fi
  identity=$(grep '^AGE-SECRET-KEY-' <<<"$pair")
  recipient=$(sed -n 's/^# public key: //p' <<<"$pair")
fi
[[ "$recipient" =~ ^age1[0-9a-z]+(,age1[0-9a-z]+)*$ ]] || { echo "generate-secrets: not a public key such as age1…: $recipient" >&2; exit 64; }

cat <<END
# The owner of Authway's database, whom only the migrations need; the owner of Hydra's; the functions' roles.
apiVersion: v1
kind: Secret
metadata: {name: authway-database, namespace: $namespace}
stringData:
  owner: "$owner"
  hydra: "$hydra"
  owner-url: "postgres://authway:$owner@$database/authway?$query"
  hydra-url: "postgres://hydra:$hydra@$database/hydra?$query"
  # As many connections as the edge lets requests through to Hydra, and some: with fewer it stands still (up to v26.2.0).
  hydra-dsn: "postgres://hydra:$hydra@$database/hydra?$query&max_conns=100&max_idle_conns=100"
  login: "$(word)"
  consent: "$(word)"
  token: "$(word)"
  admin: "$(word)"
  maintenance: "$(word)"
  metrics: "$(word)"
  # Of the role that copies the whole server.
  backup: "$backup"
  # Of the role that reads the server's statistics.
  monitor: "$monitor"
---
# The owners once more, as the CloudNativePG operator wants them.
apiVersion: v1
kind: Secret
metadata: {name: authway-database-owner, namespace: $namespace}
type: kubernetes.io/basic-auth
stringData: {username: authway, password: "$owner"}
---
apiVersion: v1
kind: Secret
metadata: {name: authway-database-hydra, namespace: $namespace}
type: kubernetes.io/basic-auth
stringData: {username: hydra, password: "$hydra"}
---
apiVersion: v1
kind: Secret
metadata: {name: authway-database-backup, namespace: $namespace}
type: kubernetes.io/basic-auth
stringData: {username: authway_backup, password: "$backup"}
---
apiVersion: v1
kind: Secret
metadata: {name: authway-database-monitor, namespace: $namespace}
type: kubernetes.io/basic-auth
stringData: {username: authway_monitor, password: "$monitor"}
---
apiVersion: v1
kind: Secret
metadata: {name: authway-redis, namespace: $namespace}
stringData: {password: "$(word)"}
---
# The key that Hydra shows to our hooks, and what Hydra is told beside its settings.
apiVersion: v1
kind: Secret
metadata: {name: authway-hydra, namespace: $namespace}
stringData:
  client-secret: "$client"
  system: "$system"
  hydra.yaml: |
    secrets: {system: ["$system"], cookie: ["$(word)"]}
    oauth2:
      token_hook:
        auth: {type: api_key, config: {in: header, name: Authorization, value: "Bearer $client"}}
      refresh_token_hook:
        auth: {type: api_key, config: {in: header, name: Authorization, value: "Bearer $client"}}
    urls:
      identity_provider: {headers: {Authorization: "Bearer $client"}}
---
# A list: the first seals, all open.
apiVersion: v1
kind: Secret
metadata: {name: authway-master-keys, namespace: $namespace}
stringData: {keys: "$(openssl rand -base64 32)"}
---
# What signs the audit log's seals. A list: the first signs, all verify.
apiVersion: v1
kind: Secret
metadata: {name: authway-audit, namespace: $namespace}
stringData: {seal-key: "$(openssl genpkey -algorithm ed25519 | openssl base64 -A)"}
---
apiVersion: v1
kind: Secret
metadata: {name: authway-mail, namespace: $namespace}
stringData: {url: "$smtp"}
---
# Whom backups are made for. It is public.
apiVersion: v1
kind: ConfigMap
metadata: {name: authway-backup, namespace: $namespace}
data: {recipient: "$recipient"}
END
[ -n "$identity" ] || exit 0
cat <<END
---
# What opens backups, for the drill and for restores: keep a copy where no cluster is.
apiVersion: v1
kind: Secret
metadata: {name: authway-backup-identity, namespace: $namespace}
stringData: {identity: "$identity"}
END
