-- Who administers: an account, for one tenant (of_tenant) or, without one, for the whole installation. It has nothing
-- to do with the roles that applications are told of, which are in users.roles.
CREATE TABLE administrators (
  tenant_id  uuid NOT NULL,
  user_id    uuid NOT NULL,
  of_tenant  uuid REFERENCES tenants (id) ON DELETE CASCADE,
  role       text NOT NULL CHECK (role IN ('viewer', 'operator', 'owner')),
  granted_at timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (user_id, of_tenant),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

GRANT SELECT, INSERT, UPDATE, DELETE ON administrators TO authway_admin;
GRANT SELECT ON users, tenants TO authway_admin;
GRANT SELECT (id, tenant_id, user_id, token_hash, amr, remembered, authenticated_at, last_seen_at, expires_at, ended_at, ip, user_agent),
  UPDATE (last_seen_at, ended_at) ON sessions TO authway_admin;
