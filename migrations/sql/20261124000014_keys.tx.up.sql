-- Keys that tokens are signed with (shared/keyring). They belong to the issuer,
-- which is one for all tenants, so that neither table has a tenant.
--
--   kid          the key's thumbprint (RFC 7638), in base64url
--   public_key   SubjectPublicKeyInfo
--   private_key  PKCS #8, sealed, until the key has signed its last token
--   compromised  it was taken out in an emergency
CREATE TABLE signing_keys (
  kid          text PRIMARY KEY CHECK (length(kid) = 43),
  algorithm    text NOT NULL CHECK (algorithm IN ('ES256', 'RS256')),
  state        text NOT NULL CHECK (state IN ('published', 'active', 'retiring', 'gone')),
  public_key   bytea NOT NULL,
  private_key  bytea,
  published_at timestamptz NOT NULL,
  activated_at timestamptz,
  retired_at   timestamptz,
  gone_at      timestamptz,
  compromised  boolean NOT NULL DEFAULT false,
  CHECK ((private_key IS NOT NULL) = (state IN ('published', 'active'))),
  CHECK (activated_at IS NOT NULL OR state NOT IN ('active', 'retiring')),
  CHECK (retired_at IS NOT NULL OR state <> 'retiring'),
  CHECK ((gone_at IS NOT NULL) = (state = 'gone'))
);
-- Whatever runs at the same time: one signs, and one comes after it.
CREATE UNIQUE INDEX signing_keys_one ON signing_keys (state) WHERE state IN ('published', 'active');

GRANT SELECT ON signing_keys TO authway_token;
GRANT SELECT, INSERT, UPDATE ON signing_keys TO authway_maintenance;

-- Ory Hydra's own keys, of which it tells no age. A row is written before the
-- key is asked for, so that a second attempt asks for the same one.
--
--   signing_at  when the key was first seen to sign
--   gone_at     when it was taken out
CREATE TABLE hydra_keys (
  key_set    text NOT NULL,
  kid        text NOT NULL,
  begun_at   timestamptz NOT NULL,
  signing_at timestamptz,
  gone_at    timestamptz,
  PRIMARY KEY (key_set, kid)
);
CREATE UNIQUE INDEX hydra_keys_one_begun ON hydra_keys (key_set) WHERE signing_at IS NULL AND gone_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON hydra_keys TO authway_maintenance;

-- The long-lived sealed values of accounts, and nothing else of them: whoever
-- seals them anew sees no password hash and cannot change one.
CREATE VIEW sealed_totp WITH (security_barrier) AS
  SELECT id, user_id, secret AS sealed FROM credentials WHERE kind = 'totp';
CREATE VIEW sealed_reveals WITH (security_barrier) AS
  SELECT id, user_id, reveal AS sealed FROM credentials WHERE kind = 'recovery' AND reveal IS NOT NULL;
GRANT SELECT, UPDATE (sealed) ON sealed_totp, sealed_reveals TO authway_maintenance;

-- Under which master key everything is sealed: the first four bytes of a sealed
-- value name it (shared/seal). Text is base64, whose first eight letters are six
-- bytes. needed_until is when nobody wants the value any more; without it, it is
-- kept until it is sealed anew.
CREATE VIEW sealed_values AS
  SELECT 'signing_keys.private_key' AS place, substring(private_key FROM 1 FOR 4) AS master_key, NULL::timestamptz AS needed_until
    FROM signing_keys WHERE private_key IS NOT NULL
  UNION ALL SELECT 'credentials.totp', substring(decode(left(secret, 8), 'base64') FROM 1 FOR 4), NULL
    FROM credentials WHERE kind = 'totp'
  UNION ALL SELECT 'credentials.recovery', substring(decode(left(reveal, 8), 'base64') FROM 1 FOR 4), NULL
    FROM credentials WHERE kind = 'recovery' AND reveal IS NOT NULL
  UNION ALL SELECT 'outbox.payload', substring(payload FROM 1 FOR 4), NULL FROM outbox WHERE length(payload) > 0
  UNION ALL SELECT 'flows.challenge', substring(challenge FROM 1 FOR 4), expires_at FROM flows
  UNION ALL SELECT 'flows.request_url', substring(request_url FROM 1 FOR 4), expires_at FROM flows
  UNION ALL SELECT 'flows.passkey', substring(passkey FROM 1 FOR 4), expires_at FROM flows WHERE passkey IS NOT NULL
  UNION ALL SELECT 'flows.provider', substring(provider FROM 1 FOR 4), expires_at FROM flows WHERE provider IS NOT NULL
  UNION ALL SELECT 'sessions.passkey', substring(passkey FROM 1 FOR 4), last_seen_at + interval '1 hour'
    FROM sessions WHERE passkey IS NOT NULL
  UNION ALL SELECT 'sessions.provider', substring(provider FROM 1 FOR 4), last_seen_at + interval '1 hour'
    FROM sessions WHERE provider IS NOT NULL
  UNION ALL SELECT 'answers.redirect_to', substring(redirect_to FROM 1 FOR 4), expires_at FROM answers WHERE redirect_to IS NOT NULL
  UNION ALL SELECT 'proofs.data', substring(data FROM 1 FOR 4), expires_at FROM proofs WHERE data IS NOT NULL;
GRANT SELECT ON sealed_values TO authway_maintenance;

-- With them it costs nothing to see that all of an account's values are under keys
-- that are known.
CREATE INDEX credentials_totp_sealed ON credentials (substring(decode(left(secret, 8), 'base64') FROM 1 FOR 4))
  WHERE kind = 'totp';
CREATE INDEX credentials_reveals_sealed ON credentials (substring(decode(left(reveal, 8), 'base64') FROM 1 FOR 4))
  WHERE kind = 'recovery' AND reveal IS NOT NULL;
