-- Passkeys (Web Authentication, Level 3). A row holds the parts of the
-- credential record (section 4) that a later sign-in is checked against, each in
-- a column of its own and none in a form that a library chose.
--
--   credential_id    the authenticator's name for it
--   public_key       COSE_Key (RFC 9052, section 7)
--   sign_count       the greatest counter that was seen
--   backup_eligible  whether it may leave its device, which never changes, and
--                    backed_up, whether it has
--   user_verified    whether its owner has been verified by the authenticator at
--                    a moment when that could be believed: see package passkey
--   aaguid           the authenticator's model, if it told
--   confirmed_at     from when on it is asked for after a password: see package factor
ALTER TABLE credentials
  ADD COLUMN credential_id   bytea CHECK (length(credential_id) BETWEEN 1 AND 1023),
  ADD COLUMN public_key      bytea,
  ADD COLUMN sign_count      bigint NOT NULL DEFAULT 0,
  ADD COLUMN backup_eligible boolean NOT NULL DEFAULT false,
  ADD COLUMN backed_up       boolean NOT NULL DEFAULT false,
  ADD COLUMN user_verified   boolean NOT NULL DEFAULT false,
  ADD COLUMN transports      text[] NOT NULL DEFAULT '{}',
  ADD COLUMN aaguid          uuid,
  DROP CONSTRAINT credentials_kind_check,
  ADD CONSTRAINT credentials_kind_check CHECK (kind IN ('password', 'totp', 'recovery', 'passkey')),
  ADD CONSTRAINT credentials_passkey_check CHECK (
    (kind = 'passkey') = (credential_id IS NOT NULL) AND (kind = 'passkey') = (public_key IS NOT NULL)
  );
-- One owner in a tenant. The id comes first: who signs in with a passkey has not
-- said whose it is.
CREATE UNIQUE INDEX credentials_passkey ON credentials (credential_id, tenant_id) WHERE kind = 'passkey';
CREATE INDEX credentials_passkeys_of ON credentials (user_id) WHERE kind = 'passkey';

-- What was asked of an authenticator, sealed, until it is answered: once.
ALTER TABLE flows ADD COLUMN passkey bytea;
ALTER TABLE sessions ADD COLUMN passkey bytea;
