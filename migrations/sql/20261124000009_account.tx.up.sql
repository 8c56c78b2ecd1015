-- An account that its person wants gone stays until delete_after: until then
-- a sign-in can take it back.
ALTER TABLE users ADD COLUMN delete_after timestamptz;
CREATE INDEX users_leaving ON users (delete_after) WHERE delete_after IS NOT NULL;
GRANT UPDATE (delete_after) ON users TO authway_login;

-- What somebody has shown in the middle of a sign-in is forgotten with their
-- password.
CREATE INDEX flows_of_user ON flows (user_id) WHERE user_id IS NOT NULL;

-- A proof that a signed-in person is asked for belongs to the account and to no
-- sign-in; there is one for each account and purpose.
ALTER TABLE proofs
  ALTER COLUMN flow_id DROP NOT NULL,
  DROP CONSTRAINT proofs_purpose_check,
  ADD CONSTRAINT proofs_purpose_check CHECK (purpose IN ('verify_email', 'recover', 'change_email')),
  ADD CONSTRAINT proofs_of_somebody CHECK (flow_id IS NOT NULL OR user_id IS NOT NULL);
CREATE UNIQUE INDEX proofs_of_account ON proofs (user_id, purpose) WHERE flow_id IS NULL;

-- What people may see of the audit log, which is what was done to their own
-- account. The function that shows it can read no more than this.
CREATE VIEW account_history WITH (security_barrier) AS
  SELECT id, at, tenant_id, subject_id, action, outcome, client_id, ip, detail
  FROM audit_events
  WHERE subject_id <> '' AND actor_kind IN ('user', 'anonymous', 'system');
GRANT SELECT ON account_history TO authway_login;

-- Whose applications are shown is told by the session.
GRANT SELECT (id, tenant_id, user_id, token_hash, amr, remembered, authenticated_at, last_seen_at, expires_at, ended_at, ip, user_agent),
  UPDATE (last_seen_at) ON sessions TO authway_consent;
