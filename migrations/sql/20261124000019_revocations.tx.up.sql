-- Applications all of whose tokens were taken back, and when: what was granted before
-- is not renewed. Hydra can drop a client's access tokens and not its refresh tokens.
CREATE TABLE client_revocations (
  client_id  text PRIMARY KEY CHECK (length(client_id) BETWEEN 1 AND 255),
  tenant_id  uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  revoked_at timestamptz NOT NULL
);

GRANT SELECT ON client_revocations TO authway_token;
GRANT SELECT, INSERT, UPDATE, DELETE ON client_revocations TO authway_admin;
