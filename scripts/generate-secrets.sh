#!/usr/bin/env bash
# Makes the secrets that a new installation in a cluster needs.
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/generate-secrets.sh NAMESPACE [--smtp URL] [--database HOST:PORT]

Prints Kubernetes Secrets with new random values, for a namespace that has none yet:

    scripts/generate-secrets.sh authway-local | kubectl apply -f -

  --smtp      the mail server, such as smtp://user:password@mail.example.com:587
              (default: smtp://mailpit:1025, the one of components/mailpit)
  --database  where PostgreSQL answers (default: postgres:5432, the one of
              components/postgres; with components/cloudnativepg: postgres-rw:5432),
              with the parameters of its address if they are others than the operator's
              certificate wants: 'db.example.com:5432?sslmode=verify-full'

Nothing is written to a file, and nobody can print the same again: what seals data
(authway-master-keys, and "system" of Hydra's) has to be in your backups before it
is used. For production see knative/secrets: the same Secrets, from a vault or sealed.

The pair that signs the first tokens is made apart (scripts/generate-keys.sh); without
it Authway makes one.
END
}

namespace='' smtp=smtp://mailpit:1025 database=postgres:5432 query=sslmode=disable
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
    -*) usage >&2; exit 64 ;;
    *) [ -z "$namespace" ] || { usage >&2; exit 64; }; namespace=$1 ;;
  esac
  shift
done
[[ "$namespace" =~ ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]] || { usage >&2; exit 64; }

# Letters and digits: they stand in addresses as they are.
word() { openssl rand -hex 24; }

owner=$(word) hydra=$(word) client=$(word)

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
metadata: {name: authway-redis, namespace: $namespace}
stringData: {password: "$(word)"}
---
# The key that Hydra shows to our hooks, and what Hydra is told beside its settings.
apiVersion: v1
kind: Secret
metadata: {name: authway-hydra, namespace: $namespace}
stringData:
  client-secret: "$client"
  hydra.yaml: |
    secrets: {system: ["$(word)"], cookie: ["$(word)"]}
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
apiVersion: v1
kind: Secret
metadata: {name: authway-mail, namespace: $namespace}
stringData: {url: "$smtp"}
END
