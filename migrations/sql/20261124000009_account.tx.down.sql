REVOKE SELECT (id, tenant_id, user_id, token_hash, amr, remembered, authenticated_at, last_seen_at, expires_at, ended_at, ip, user_agent),
  UPDATE (last_seen_at) ON sessions FROM authway_consent;
DROP VIEW account_history;
DELETE FROM proofs WHERE flow_id IS NULL;
DROP INDEX proofs_of_account;
ALTER TABLE proofs
  DROP CONSTRAINT proofs_of_somebody,
  DROP CONSTRAINT proofs_purpose_check,
  ADD CONSTRAINT proofs_purpose_check CHECK (purpose IN ('verify_email', 'recover')),
  ALTER COLUMN flow_id SET NOT NULL;
DROP INDEX flows_of_user;
ALTER TABLE users DROP COLUMN delete_after;
