-- token_hash is SHA-256 of the cookie's value: a copy of this table signs
-- nobody in.
CREATE TABLE sessions (
  id               uuid PRIMARY KEY,
  tenant_id        uuid NOT NULL,
  user_id          uuid NOT NULL,
  token_hash       bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  amr              text[] NOT NULL,
  remembered       boolean NOT NULL,
  authenticated_at timestamptz NOT NULL,
  last_seen_at     timestamptz NOT NULL,
  expires_at       timestamptz NOT NULL,
  ended_at         timestamptz,
  ip               text NOT NULL DEFAULT '',
  user_agent       text NOT NULL DEFAULT '',
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_of_user ON sessions (user_id, last_seen_at DESC) WHERE ended_at IS NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- A flow carries one OAuth2 authorization request from its first sight to the
-- application. The challenge and the request are sealed: the request holds the
-- login hint and the application's state.
CREATE TABLE flows (
  id             text PRIMARY KEY,
  tenant_id      uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  challenge_hash bytea NOT NULL UNIQUE CHECK (length(challenge_hash) = 32),
  challenge      bytea NOT NULL,
  request_url    bytea NOT NULL,
  request_hash   bytea NOT NULL CHECK (length(request_hash) = 32),
  client_id      text NOT NULL,
  browser_hash   bytea NOT NULL CHECK (length(browser_hash) = 32),
  consent_hash   bytea CHECK (length(consent_hash) = 32),
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  completed_at   timestamptz
);
CREATE INDEX flows_of_browser ON flows (browser_hash, client_id, created_at DESC);
CREATE INDEX flows_of_consent ON flows (consent_hash) WHERE consent_hash IS NOT NULL;
CREATE INDEX flows_expiry ON flows (expires_at);

-- The one answer given to a Hydra challenge, repeated when it is asked again.
CREATE TABLE answers (
  challenge_hash bytea PRIMARY KEY CHECK (length(challenge_hash) = 32),
  claim          uuid NOT NULL,
  claimed_at     timestamptz NOT NULL,
  redirect_to    bytea,
  expires_at     timestamptz NOT NULL
);
CREATE INDEX answers_expiry ON answers (expires_at);

GRANT SELECT, INSERT, UPDATE ON sessions TO authway_login;
GRANT SELECT, INSERT, UPDATE ON flows TO authway_login;
GRANT SELECT ON flows TO authway_consent;
GRANT UPDATE (consent_hash, completed_at) ON flows TO authway_consent;
GRANT SELECT, INSERT, UPDATE, DELETE ON answers TO authway_login, authway_consent;
