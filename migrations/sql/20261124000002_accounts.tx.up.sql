-- A tenant is a single-sign-on boundary: a person of one tenant cannot sign in
-- to an application of another.
CREATE TABLE tenants (
  id         uuid PRIMARY KEY,
  slug       text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO tenants (id, slug, name) VALUES ('00000000-0000-4000-8000-000000000001', 'default', 'Default');

-- email is what the person typed and what mail is sent to; email_key is the
-- form that must be unique.
CREATE TABLE users (
  id                uuid PRIMARY KEY,
  tenant_id         uuid NOT NULL REFERENCES tenants (id),
  email             text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  email_key         text NOT NULL,
  email_verified_at timestamptz,
  name              text NOT NULL DEFAULT '' CHECK (length(name) <= 200),
  locale            text NOT NULL DEFAULT '',
  roles             text[] NOT NULL DEFAULT '{}',
  disabled_at       timestamptz,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, email_key),
  UNIQUE (tenant_id, id)
);

-- What proves that somebody is the user. The tenant is repeated so that a row
-- cannot be attached across tenants.
CREATE TABLE credentials (
  id           uuid PRIMARY KEY,
  tenant_id    uuid NOT NULL,
  user_id      uuid NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('password')),
  secret       text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX credentials_one_password ON credentials (user_id) WHERE kind = 'password';

GRANT SELECT ON tenants TO authway_login, authway_consent, authway_token;
GRANT SELECT ON users TO authway_login;
-- Not roles and not disabled_at: whoever registers people must not be able to
-- register an administrator.
GRANT INSERT (id, tenant_id, email, email_key, email_verified_at, name, locale, created_at, updated_at) ON users TO authway_login;
GRANT UPDATE (email, email_key, email_verified_at, name, locale, updated_at) ON users TO authway_login;
GRANT SELECT ON users TO authway_consent, authway_token;
GRANT SELECT, INSERT, UPDATE ON credentials TO authway_login;
