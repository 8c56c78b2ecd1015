-- The secrets of clients that Authway has made, as far as it knows them. Hydra keeps one secret of each, hashed
-- slowly; these have 256 random bits, so that SHA-256 does.
--
--   hash          of the secret that Hydra knows
--   former_hash   of the one before it, which is taken as well until former_until
--   sealed        the secret that Hydra knows, while there is a former one to put it in the place of
CREATE TABLE client_secrets (
  client_id    text PRIMARY KEY CHECK (length(client_id) BETWEEN 1 AND 255),
  tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  hash         bytea NOT NULL CHECK (length(hash) = 32),
  former_hash  bytea CHECK (length(former_hash) = 32),
  former_until timestamptz,
  sealed       bytea,
  changed_at   timestamptz NOT NULL,
  CHECK ((former_hash IS NULL) = (former_until IS NULL) AND (former_hash IS NULL) = (sealed IS NULL))
);
-- Few are in it at a time, and every token endpoint asks for them every second.
CREATE INDEX client_secrets_overlaps ON client_secrets (former_until) WHERE former_until IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON client_secrets TO authway_admin;
GRANT SELECT ON client_secrets TO authway_token;
GRANT SELECT (client_id, former_hash, former_until, sealed), UPDATE (former_hash, former_until, sealed), DELETE ON client_secrets TO authway_maintenance;

-- When a client last got a token, to the nearest ten minutes.
CREATE TABLE client_usage (
  client_id    text PRIMARY KEY CHECK (length(client_id) BETWEEN 1 AND 255),
  tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  last_used_at timestamptz NOT NULL
);

GRANT SELECT, DELETE ON client_usage TO authway_admin;
GRANT SELECT, INSERT, UPDATE ON client_usage TO authway_token;

-- Clients that a file declares (CLIENTS_FILE of maintenance), and how Hydra's differ.
--
--   declared    what the file says, without secrets
--   secret_mac  of the secret that was last given to Hydra (shared/seal); NULL is none yet
--   has_secret  the file says where the secret is
--   drift       [{"field", "declared", "actual"}, …]
--   missing     Hydra has no such client
CREATE TABLE declared_clients (
  client_id   text PRIMARY KEY CHECK (length(client_id) BETWEEN 1 AND 255),
  tenant_id   uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  declared    jsonb NOT NULL,
  has_secret  boolean NOT NULL,
  secret_mac  bytea,
  drift       jsonb NOT NULL DEFAULT '[]',
  missing     boolean NOT NULL DEFAULT false,
  checked_at  timestamptz NOT NULL,
  restored_at timestamptz
);
CREATE INDEX declared_clients_of_tenant ON declared_clients (tenant_id, client_id);

GRANT SELECT, UPDATE (secret_mac, drift, missing, checked_at, restored_at) ON declared_clients TO authway_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON declared_clients TO authway_maintenance;

-- What is counted already, and the secrets above.
DO $$
BEGIN
  EXECUTE 'CREATE OR REPLACE VIEW sealed_values AS ' || rtrim(pg_get_viewdef('sealed_values'::regclass), '; ')
    || ' UNION ALL SELECT ''client_secrets.sealed'', substring(sealed FROM 1 FOR 4), former_until'
    || ' FROM client_secrets WHERE sealed IS NOT NULL';
END
$$;
