-- What proves a person beside the password: an authenticator app's key, and
-- recovery codes for the day it is lost.
--
--   confirmed_at  a key counts only once a code made with it has been shown
--   begun_in      the sign-in in which an unconfirmed key was made: no other
--                 one is shown it, or may confirm it
--   last_step     the youngest RFC 6238 time step whose code was taken
--   used_at       when a factor was last used; a recovery code with it is spent
--   reveal        a recovery code, sealed, until the person has said that it is
--                 kept; after that secret, its hash, is all there is
--   attempts      wrong codes in a row, and locked_until what follows from them
ALTER TABLE credentials
  ADD COLUMN confirmed_at timestamptz,
  ADD COLUMN begun_in     text NOT NULL DEFAULT '',
  ADD COLUMN label        text NOT NULL DEFAULT '' CHECK (length(label) <= 100),
  ADD COLUMN last_step    bigint NOT NULL DEFAULT 0,
  ADD COLUMN used_at      timestamptz,
  ADD COLUMN reveal       text,
  ADD COLUMN attempts     integer NOT NULL DEFAULT 0,
  ADD COLUMN locked_until timestamptz,
  DROP CONSTRAINT credentials_kind_check,
  ADD CONSTRAINT credentials_kind_check CHECK (kind IN ('password', 'totp', 'recovery'));
CREATE UNIQUE INDEX credentials_one_totp ON credentials (user_id) WHERE kind = 'totp';
CREATE UNIQUE INDEX credentials_recovery ON credentials (user_id, secret) WHERE kind = 'recovery';

-- Nobody signs in to an application of such a tenant with a password alone.
ALTER TABLE tenants ADD COLUMN require_mfa boolean NOT NULL DEFAULT false;

-- The session that made the person known, when no password was shown. It is no
-- foreign key: a session that is gone must not look like none.
ALTER TABLE flows ADD COLUMN session_id uuid;

GRANT DELETE ON credentials TO authway_login;
