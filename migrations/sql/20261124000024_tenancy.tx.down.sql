REVOKE INSERT, UPDATE, DELETE ON tenants FROM authway_admin;
DROP TABLE configured_providers;
DROP INDEX users_by_role;
DROP TABLE tenant_roles;
DROP TABLE tenant_logos;
ALTER TABLE tenants
  DROP COLUMN version,
  DROP COLUMN brand_picture,
  DROP COLUMN brand_terms,
  DROP COLUMN brand_privacy,
  DROP COLUMN brand_welcome,
  DROP COLUMN min_password,
  DROP COLUMN registration,
  DROP COLUMN providers,
  DROP COLUMN session_idle,
  DROP COLUMN session_absolute;
