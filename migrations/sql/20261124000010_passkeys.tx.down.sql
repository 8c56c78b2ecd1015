ALTER TABLE sessions DROP COLUMN passkey;
ALTER TABLE flows DROP COLUMN passkey;
DELETE FROM credentials WHERE kind = 'passkey';
DROP INDEX credentials_passkeys_of;
DROP INDEX credentials_passkey;
ALTER TABLE credentials
  DROP CONSTRAINT credentials_passkey_check,
  DROP CONSTRAINT credentials_kind_check,
  ADD CONSTRAINT credentials_kind_check CHECK (kind IN ('password', 'totp', 'recovery')),
  DROP COLUMN credential_id,
  DROP COLUMN public_key,
  DROP COLUMN sign_count,
  DROP COLUMN backup_eligible,
  DROP COLUMN backed_up,
  DROP COLUMN user_verified,
  DROP COLUMN transports,
  DROP COLUMN aaguid;
