-- Services that take tokens, and ask what one means with a secret of their own.
-- secret_hash is SHA-256 of 256 random bits; the one before it is good for a while.
CREATE TABLE resource_servers (
  id          text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9.-]{2,63}$'),
  tenant_id   uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name        text NOT NULL CHECK (length(name) <= 200),
  audience    text NOT NULL CHECK (length(audience) BETWEEN 1 AND 255),
  secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
  former_hash  bytea CHECK (length(former_hash) = 32),
  former_until timestamptz,
  disabled_at timestamptz,
  created_at  timestamptz NOT NULL,
  UNIQUE (tenant_id, audience),
  CHECK ((former_hash IS NULL) = (former_until IS NULL))
);

GRANT SELECT ON resource_servers TO authway_token;
GRANT SELECT, INSERT, UPDATE, DELETE ON resource_servers TO authway_admin, authway_maintenance;

-- A token of a sign-in that has ended means nothing, unless it may be used offline;
-- and who is signed in is known by the session's cookie.
GRANT SELECT (id, tenant_id, user_id, token_hash, amr, remembered, authenticated_at, last_seen_at, expires_at, ended_at, ip, user_agent),
  UPDATE (last_seen_at) ON sessions TO authway_token;
