REVOKE DELETE ON credentials FROM authway_login;
ALTER TABLE flows DROP COLUMN session_id;
ALTER TABLE tenants DROP COLUMN require_mfa;
DELETE FROM credentials WHERE kind IN ('totp', 'recovery');
DROP INDEX credentials_recovery;
DROP INDEX credentials_one_totp;
ALTER TABLE credentials
  DROP CONSTRAINT credentials_kind_check,
  ADD CONSTRAINT credentials_kind_check CHECK (kind IN ('password')),
  DROP COLUMN confirmed_at,
  DROP COLUMN begun_in,
  DROP COLUMN label,
  DROP COLUMN last_step,
  DROP COLUMN used_at,
  DROP COLUMN reveal,
  DROP COLUMN attempts,
  DROP COLUMN locked_until;
