REVOKE SELECT ON tenants FROM authway_maintenance;
ALTER TABLE tenants
  DROP COLUMN brand_accent,
  DROP COLUMN brand_logo,
  DROP COLUMN brand_support;
