REVOKE SELECT, UPDATE (last_seen_at) ON sessions FROM authway_token;
REVOKE SELECT (id, slug, name) ON tenants FROM authway_maintenance;
DROP TABLE resource_servers;
