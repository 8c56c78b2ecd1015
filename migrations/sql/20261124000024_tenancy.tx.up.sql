-- What a tenant demands of its people and how it looks, beside what is there already. Every column has a default under
-- which a revision that does not know it goes on as before.
--   version            counts edits: an edit names the one it was made of
--   brand_picture      SHA-256 of the tenant's picture (tenant_logos) in hex, or ''; brand_logo is for mail alone
--   brand_welcome      a sentence of the sign-in page, by language
--   min_password       how many characters a new password has at least; 12 is Authway's own rule
--   registration       whether anybody may make an account, or only who was invited
--   providers          the ids of the providers to sign in at; NULL is all that are configured
--   session_idle       seconds without use after which a session ends, if that is sooner than Authway's own time
--   session_absolute   seconds after the sign-in, likewise
ALTER TABLE tenants
  ADD COLUMN version          bigint NOT NULL DEFAULT 1,
  ADD COLUMN brand_picture    text NOT NULL DEFAULT '' CHECK (brand_picture ~ '^([0-9a-f]{64})?$'),
  ADD COLUMN brand_terms      text NOT NULL DEFAULT '' CHECK (brand_terms ~ '^(https://[^[:space:]]+)?$' AND length(brand_terms) <= 2000),
  ADD COLUMN brand_privacy    text NOT NULL DEFAULT '' CHECK (brand_privacy ~ '^(https://[^[:space:]]+)?$' AND length(brand_privacy) <= 2000),
  ADD COLUMN brand_welcome    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(brand_welcome) = 'object' AND pg_column_size(brand_welcome) <= 8192),
  ADD COLUMN min_password     smallint NOT NULL DEFAULT 12 CHECK (min_password BETWEEN 12 AND 64),
  ADD COLUMN registration     text NOT NULL DEFAULT 'open' CHECK (registration IN ('open', 'invited')),
  ADD COLUMN providers        text[] CHECK (cardinality(providers) <= 100),
  ADD COLUMN session_idle     integer CHECK (session_idle BETWEEN 900 AND 1209600),
  ADD COLUMN session_absolute integer CHECK (session_absolute BETWEEN 900 AND 2592000);

-- A tenant's picture, in a table of its own: every sign-in reads the tenant, and few read this.
CREATE TABLE tenant_logos (
  tenant_id  uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  media_type text NOT NULL CHECK (media_type IN ('image/png', 'image/webp')),
  content    bytea NOT NULL CHECK (length(content) BETWEEN 1 AND 65536),
  created_at timestamptz NOT NULL
);
CREATE INDEX tenant_logos_by_sum ON tenant_logos (sha256);

-- What applications may be told that an account is (users.roles), as each tenant says it.
CREATE TABLE tenant_roles (
  tenant_id   uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name        text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_.:-]{0,62}$'),
  description text NOT NULL DEFAULT '' CHECK (length(description) <= 200),
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, name)
);
-- Who has a role, to take it away: most accounts have none.
CREATE INDEX users_by_role ON users USING gin (roles) WHERE roles <> '{}';

-- The providers that people can sign in at, as the login function notes them when it starts: their settings hold
-- secrets, and no other function is told them. of_tenants are slugs; NULL is all.
CREATE TABLE configured_providers (
  id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
  name       text NOT NULL,
  of_tenants text[],
  position   integer NOT NULL
);

GRANT SELECT ON tenant_logos TO authway_login;
GRANT SELECT, INSERT, UPDATE, DELETE ON configured_providers TO authway_login;
GRANT SELECT ON configured_providers TO authway_admin;
GRANT INSERT, UPDATE, DELETE ON tenants TO authway_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_logos, tenant_roles TO authway_admin;
