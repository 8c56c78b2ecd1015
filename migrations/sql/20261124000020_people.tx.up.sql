-- What administrators do with accounts.
--
-- Nobody has a way to sign in yet: the account was made for its person (an invitation, an import). The first password,
-- passkey or link to a provider ends that, whoever adds it.
ALTER TABLE users ADD COLUMN invited_at timestamptz;

-- An administrator has said that the address is this person's (an edit, an import), and the person has not shown it
-- since. Whoever operates a tenant can say so of any address: nobody is made an administrator by that.
ALTER TABLE users ADD COLUMN vouched_at timestamptz;
GRANT INSERT (vouched_at), UPDATE (vouched_at) ON users TO authway_admin;
GRANT UPDATE (vouched_at) ON users TO authway_login;

CREATE FUNCTION account_entered() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE users SET invited_at = NULL WHERE id = NEW.user_id AND invited_at IS NOT NULL;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION account_entered() FROM PUBLIC;
CREATE TRIGGER account_entered AFTER INSERT ON credentials
  FOR EACH ROW WHEN (NEW.kind IN ('password', 'passkey')) EXECUTE FUNCTION account_entered();
CREATE TRIGGER account_entered AFTER INSERT ON identities
  FOR EACH ROW EXECUTE FUNCTION account_entered();

-- Each order in which accounts are listed, so that a page is one range of one index, however many accounts there are
-- (shared/account, Search). Text is ordered by its bytes: with any other collation a prefix is no range.
CREATE INDEX users_by_time ON users (tenant_id, created_at, id);
CREATE INDEX users_by_email ON users (tenant_id, (email_key COLLATE "C"));
CREATE INDEX users_by_name ON users (tenant_id, (lower(name) COLLATE "C"), id);
-- What few accounts are.
CREATE INDEX users_blocked ON users (tenant_id, created_at, id) WHERE disabled_at IS NOT NULL;
CREATE INDEX users_leaving_of ON users (tenant_id, created_at, id) WHERE delete_after IS NOT NULL;
CREATE INDEX users_invited ON users (tenant_id, created_at, id) WHERE invited_at IS NOT NULL;
CREATE INDEX users_unverified ON users (tenant_id, created_at, id) WHERE email_verified_at IS NULL;
CREATE INDEX users_with_roles_by_time ON users (tenant_id, created_at, id) WHERE roles <> '{}';
CREATE INDEX administrators_of_home ON administrators (tenant_id, user_id);

-- Sessions by their last use. Those that are remembered live longer without being used: each kind is a range.
CREATE INDEX sessions_of_tenant ON sessions (tenant_id, remembered, last_seen_at, id) WHERE ended_at IS NULL;
CREATE INDEX sessions_of_address ON sessions (tenant_id, ip, remembered, last_seen_at, id) WHERE ended_at IS NULL;

-- What somebody has done to others, beside what was done to them: few people do, and so few rows are in it.
CREATE INDEX audit_events_of_deeds ON audit_events (tenant_id, actor_id, at, id) WHERE actor_id <> subject_id AND actor_id <> '';

-- Whose address an event of an account has: a person is not shown where an administrator sits.
CREATE OR REPLACE VIEW account_history WITH (security_barrier) AS
  SELECT id, at, tenant_id, subject_id, action, outcome, client_id,
    CASE WHEN actor_kind = 'user' AND actor_id <> subject_id THEN '' ELSE ip END AS ip, detail
  FROM audit_events
  WHERE subject_id <> '' AND actor_kind IN ('user', 'anonymous', 'system');

GRANT INSERT (invited_at), UPDATE (email, email_key, email_verified_at, name, locale, roles, disabled_at, delete_after, updated_at)
  ON users TO authway_admin;
-- That there is something to sign in with, since when, and its name: never what proves it.
GRANT SELECT (id, tenant_id, user_id, kind, label, confirmed_at, used_at, revoked_at, backed_up, user_verified, created_at, updated_at),
  DELETE ON credentials TO authway_admin;
GRANT SELECT (id, tenant_id, user_id, provider, issuer, email, created_at, used_at) ON identities TO authway_admin;
-- What was shown in the middle of a sign-in is forgotten, and what was mailed is worth nothing any more.
GRANT SELECT (id, user_id), UPDATE (user_id, methods, session_id, proved_at) ON flows TO authway_admin;
GRANT SELECT (id, user_id, purpose, expires_at, used_at, taken_at), UPDATE (expires_at, taken_at) ON proofs TO authway_admin;
GRANT INSERT (id, tenant_id, kind, payload, created_at, due_at) ON outbox TO authway_admin;
