-- One-time links that bring somebody in. token_hash is SHA-256 of 256 random bits.
--
--   invite   a new account, made by an administrator, gets its first password
--   recover  an account gets another password, because an administrator asked for it
--   setup    whoever opens it makes the first account that administers everything; there is no account yet
--
-- address_key is the account's address when the link was sent: with another address it is worth nothing, because
-- whoever reads the mail of the former is not the account's person any more.
CREATE TABLE invitations (
  id          uuid PRIMARY KEY,
  tenant_id   uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  kind        text NOT NULL CHECK (kind IN ('invite', 'recover', 'setup')),
  user_id     uuid,
  address_key text NOT NULL DEFAULT '',
  token_hash  bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  sends       integer NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL,
  sent_at     timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz,
  revoked_at  timestamptz,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
  CHECK ((kind = 'setup') = (user_id IS NULL)),
  CHECK ((kind = 'setup') = (address_key = '')),
  CHECK (used_at IS NULL OR revoked_at IS NULL)
);
CREATE UNIQUE INDEX invitations_one ON invitations (user_id, kind) WHERE used_at IS NULL AND revoked_at IS NULL AND user_id IS NOT NULL;
CREATE UNIQUE INDEX invitations_one_setup ON invitations (kind) WHERE used_at IS NULL AND revoked_at IS NULL AND kind = 'setup';
CREATE INDEX invitations_pending ON invitations (tenant_id, created_at, id)
  WHERE kind = 'invite' AND used_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_of_user ON invitations (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX invitations_expiry ON invitations (expires_at);

-- Who answers a link shows the token itself: whoever may only read the table can use up none.
CREATE FUNCTION invitation_use(token text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE invitations SET used_at = now()
  WHERE token_hash = sha256(convert_to(token, 'UTF8')) AND kind <> 'setup'
    AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now();
  RETURN FOUND;
END
$$;

-- An owner who can sign in, other than the one that is named. One whose account is blocked or leaving, or has no way to
-- sign in yet, cannot let anybody in.
CREATE FUNCTION administration_has_owner(except_for uuid DEFAULT NULL) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM administrators AS a JOIN users AS u ON u.id = a.user_id
    WHERE a.of_tenant IS NULL AND a.role = 'owner' AND u.disabled_at IS NULL AND u.delete_after IS NULL
      AND u.invited_at IS NULL AND u.id IS DISTINCT FROM except_for)
$$;
REVOKE ALL ON FUNCTION administration_has_owner(uuid) FROM PUBLIC;

-- Whether the installation can do without an account: it owns nothing, or another owner can sign in. The lock of package
-- administrator is kept until the end of the transaction, so that two owners who leave at once do not both go. The
-- function that signs people in asks this when somebody leaves, and may read none of it.
CREATE FUNCTION administration_spares(account uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('administrators'));
  RETURN administration_has_owner(account)
    OR NOT EXISTS (SELECT FROM administrators WHERE user_id = account AND of_tenant IS NULL AND role = 'owner');
END
$$;
REVOKE ALL ON FUNCTION administration_spares(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION administration_spares(uuid) TO authway_login, authway_admin;

-- Makes an account the owner of everything, for whoever shows the token of a set-up link, as long as there is no
-- other: the function that signs people in can make no administrator in any other way.
CREATE FUNCTION invitation_set_up(token text, account uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  home uuid;
BEGIN
  -- The lock of package administrator.
  PERFORM pg_advisory_xact_lock(hashtext('administrators'));
  IF administration_has_owner() THEN
    RETURN false;
  END IF;
  UPDATE invitations SET used_at = now()
  WHERE token_hash = sha256(convert_to(token, 'UTF8')) AND kind = 'setup'
    AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
  RETURNING tenant_id INTO home;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO administrators (tenant_id, user_id, of_tenant, role, granted_at) VALUES (home, account, NULL, 'owner', now());
  RETURN true;
END
$$;
REVOKE ALL ON FUNCTION invitation_use(text), invitation_set_up(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION invitation_use(text), invitation_set_up(text, uuid) TO authway_login;
GRANT SELECT (id, tenant_id, kind, user_id, address_key, token_hash, expires_at, used_at, revoked_at) ON invitations TO authway_login;
GRANT SELECT, INSERT, UPDATE (token_hash, address_key, sends, sent_at, expires_at, revoked_at) ON invitations TO authway_admin;
GRANT SELECT (id, expires_at), DELETE ON invitations TO authway_maintenance;

-- Files of accounts that are taken in. What was read of a file and what became of it are committed together, so that
-- whoever sends the rest, or the same file again, goes on where the last one stopped.
--
--   position, line   how much of the file is done: bytes, and lines
--   reading          the state of a running SHA-256 of those bytes, which tells another file from the same
--   columns          of a CSV file's header
--   runner, held_until   who reads at this moment
CREATE TABLE imports (
  id               uuid PRIMARY KEY,
  tenant_id        uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name             text NOT NULL DEFAULT '' CHECK (length(name) <= 200),
  format           text NOT NULL CHECK (format IN ('jsonl', 'csv')),
  dry_run          boolean NOT NULL,
  on_existing      text NOT NULL CHECK (on_existing IN ('skip', 'fail', 'update')),
  send_invitations boolean NOT NULL,
  size             bigint NOT NULL CHECK (size > 0),
  position         bigint NOT NULL DEFAULT 0 CHECK (position BETWEEN 0 AND size),
  line             bigint NOT NULL DEFAULT 0,
  reading          bytea NOT NULL DEFAULT '',
  columns          text[] NOT NULL DEFAULT '{}',
  created          bigint NOT NULL DEFAULT 0,
  updated          bigint NOT NULL DEFAULT 0,
  skipped          bigint NOT NULL DEFAULT 0,
  failed           bigint NOT NULL DEFAULT 0,
  state            text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'cancelled', 'failed')),
  trouble          text NOT NULL DEFAULT '',
  creator          text NOT NULL,
  runner           uuid,
  held_until       timestamptz,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  finished_at      timestamptz,
  CHECK ((state = 'open') = (finished_at IS NULL))
);
CREATE INDEX imports_of_tenant ON imports (tenant_id, created_at, id);
CREATE INDEX imports_age ON imports (updated_at);

-- What is wrong with a line, or was done with it that is worth saying. It never holds what stands in the line.
CREATE TABLE import_findings (
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  import_id uuid NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
  line      bigint NOT NULL,
  code      text NOT NULL,
  field     text NOT NULL DEFAULT '',
  PRIMARY KEY (import_id, line, field, code)
);

-- What a file has named so far, to find what stands in it twice: hashes of addresses and ids, while it is read.
CREATE TABLE import_keys (
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  import_id uuid NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
  key       bytea NOT NULL CHECK (length(key) = 16),
  PRIMARY KEY (import_id, key)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON imports TO authway_admin;
GRANT SELECT, INSERT ON import_findings TO authway_admin;
GRANT SELECT, INSERT, DELETE ON import_keys TO authway_admin;
-- Maintenance ends what nobody goes on with, and removes what is over.
GRANT SELECT (id, state, updated_at, held_until), UPDATE (state, trouble, runner, held_until, finished_at), DELETE ON imports
  TO authway_maintenance;
GRANT SELECT (import_id, key), DELETE ON import_keys TO authway_maintenance;
GRANT SELECT (import_id, line, field, code), DELETE ON import_findings TO authway_maintenance;

-- Password hashes alone, and nothing else that proves somebody, may be exported.
CREATE VIEW account_hashes WITH (security_barrier) AS
  SELECT tenant_id, user_id, secret AS hash FROM credentials WHERE kind = 'password' AND revoked_at IS NULL;
GRANT SELECT ON account_hashes TO authway_admin;

GRANT INSERT (id, tenant_id, email, email_key, email_verified_at, name, locale, roles, disabled_at, invited_at, created_at, updated_at) ON users
  TO authway_admin;
GRANT INSERT (id, tenant_id, user_id, kind, secret, confirmed_at, created_at, updated_at) ON credentials TO authway_admin;
