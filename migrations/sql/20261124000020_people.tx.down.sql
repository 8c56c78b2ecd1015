REVOKE INSERT (id, tenant_id, kind, payload, created_at, due_at) ON outbox FROM authway_admin;
REVOKE SELECT (id, user_id, purpose, expires_at, used_at, taken_at), UPDATE (expires_at, taken_at) ON proofs FROM authway_admin;
REVOKE SELECT (id, user_id), UPDATE (user_id, methods, session_id, proved_at) ON flows FROM authway_admin;
REVOKE SELECT (id, tenant_id, user_id, provider, issuer, email, created_at, used_at) ON identities FROM authway_admin;
REVOKE SELECT (id, tenant_id, user_id, kind, label, confirmed_at, used_at, revoked_at, backed_up, user_verified, created_at, updated_at),
  DELETE ON credentials FROM authway_admin;
REVOKE INSERT (invited_at), UPDATE (email, email_key, email_verified_at, name, locale, roles, disabled_at, delete_after, updated_at)
  ON users FROM authway_admin;
CREATE OR REPLACE VIEW account_history WITH (security_barrier) AS
  SELECT id, at, tenant_id, subject_id, action, outcome, client_id, ip, detail
  FROM audit_events
  WHERE subject_id <> '' AND actor_kind IN ('user', 'anonymous', 'system');
DROP INDEX audit_events_of_deeds;
DROP INDEX sessions_of_address;
DROP INDEX sessions_of_tenant;
DROP INDEX administrators_of_home;
DROP INDEX users_with_roles_by_time;
DROP INDEX users_unverified;
DROP INDEX users_invited;
DROP INDEX users_leaving_of;
DROP INDEX users_blocked;
DROP INDEX users_by_name;
DROP INDEX users_by_email;
DROP INDEX users_by_time;
DROP TRIGGER account_entered ON identities;
DROP TRIGGER account_entered ON credentials;
DROP FUNCTION account_entered();
ALTER TABLE users DROP COLUMN vouched_at;
ALTER TABLE users DROP COLUMN invited_at;
