-- Who an account's person is at other providers: the issuer and the subject
-- are one person for ever (OpenID Connect Core 1.0, section 5.7). provider is the
-- id that the settings give the issuer; email is what the provider wrote when it
-- was linked, to tell two of them apart, and proves nothing.
CREATE TABLE identities (
  id         uuid PRIMARY KEY,
  tenant_id  uuid NOT NULL,
  user_id    uuid NOT NULL,
  provider   text NOT NULL CHECK (provider ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
  issuer     text NOT NULL,
  subject    text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
  email      text NOT NULL DEFAULT '' CHECK (length(email) <= 254),
  created_at timestamptz NOT NULL,
  used_at    timestamptz,
  UNIQUE (tenant_id, issuer, subject),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX identities_of_user ON identities (user_id);

-- What a request to a provider has to be answered with, or a link that waits for
-- the account's own sign-in; sealed, and gone once it has been used.
ALTER TABLE flows ADD COLUMN provider bytea;
ALTER TABLE sessions ADD COLUMN provider bytea;

GRANT SELECT, INSERT, DELETE ON identities TO authway_login;
GRANT UPDATE (used_at) ON identities TO authway_login;
