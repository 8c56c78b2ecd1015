-- How a tenant looks to its people, beside its name: a colour, a picture, and
-- where to ask for help (a mail address or a page). '' is what Authway looks like.
ALTER TABLE tenants
  ADD COLUMN brand_accent  text NOT NULL DEFAULT '' CHECK (brand_accent ~ '^(#[0-9a-f]{6})?$'),
  ADD COLUMN brand_logo    text NOT NULL DEFAULT ''
    CHECK (brand_logo ~ '^(https://[^[:space:]]+)?$' AND length(brand_logo) <= 2000),
  ADD COLUMN brand_support text NOT NULL DEFAULT ''
    CHECK (brand_support ~ '^(https://[^[:space:]]+|[^@/:[:space:]]+@[^@/:[:space:]]+)?$' AND length(brand_support) <= 2000);

GRANT SELECT ON tenants TO authway_maintenance;
