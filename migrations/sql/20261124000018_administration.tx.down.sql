REVOKE SELECT (id, tenant_id, user_id, token_hash, amr, remembered, authenticated_at, last_seen_at, expires_at, ended_at, ip, user_agent),
  UPDATE (last_seen_at, ended_at) ON sessions FROM authway_admin;
REVOKE SELECT ON users, tenants FROM authway_admin;
DROP TABLE administrators;
