-- What a copy of the database is measured by. The beat is a row that is written again and again: a copy that has its
-- transaction has all that committed before it. Of the whole server, and so of no tenant.
CREATE TABLE recovery_beat (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  at   timestamptz NOT NULL
);

-- What restores for practice have proved, once their evidence was found to be signed.
CREATE TABLE recovery_drills (
  id               text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 100),
  started_at       timestamptz NOT NULL,
  finished_at      timestamptz NOT NULL,
  succeeded        boolean NOT NULL,
  -- What was restored: the moment that was asked for, and the backup that it came from.
  target           timestamptz,
  backup           text NOT NULL DEFAULT '',
  -- Seconds: what would have been lost, and how long it took until somebody could sign in.
  rpo_seconds      double precision NOT NULL DEFAULT 0 CHECK (rpo_seconds >= 0),
  rto_seconds      double precision NOT NULL DEFAULT 0 CHECK (rto_seconds >= 0),
  summary          text NOT NULL CHECK (length(summary) <= 2000),
  recorded_at      timestamptz NOT NULL
);
CREATE INDEX recovery_drills_finished ON recovery_drills (finished_at DESC);

GRANT SELECT, INSERT, UPDATE ON recovery_beat TO authway_maintenance;
GRANT SELECT, INSERT, DELETE ON recovery_drills TO authway_maintenance;
GRANT SELECT ON recovery_drills TO authway_admin;

-- What a copy has to have, as numbers and a hash that tell nothing: of a time that is over, so that every copy of a
-- later moment says the same. Accounts that were removed since are counted, because they are missing then.
CREATE FUNCTION recovery_witness(since timestamptz, until timestamptz,
  OUT accounts bigint, OUT credentials bigint, OUT purged bigint, OUT events bigint, OUT events_sha256 text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
  SELECT
    (SELECT count(*) FROM users WHERE created_at < until),
    (SELECT count(*) FROM credentials WHERE created_at < until),
    (SELECT count(*) FROM audit_events WHERE action = 'user.purged' AND at >= until),
    e.n, e.hash
  FROM (
    SELECT count(*) AS n, encode(sha256(coalesce(string_agg(sha256(convert_to(audit_events::text, 'UTF8')), ''::bytea ORDER BY at, id), ''::bytea)), 'hex') AS hash
    FROM audit_events WHERE at >= since AND at < until
  ) e
$$;
REVOKE ALL ON FUNCTION recovery_witness(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION recovery_witness(timestamptz, timestamptz) TO authway_maintenance;
