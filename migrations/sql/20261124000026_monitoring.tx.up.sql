-- What is true of the whole system is read from the database by one process that always runs (maintenance metrics). Its
-- role sees ages, numbers and states, and nobody: no account, no address, no value that is sealed, no line of the audit log.
DO $$
BEGIN
  BEGIN
    CREATE ROLE authway_metrics NOLOGIN;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
  END;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO authway_metrics', current_database());
  GRANT USAGE ON SCHEMA public TO authway_metrics;
END
$$;

-- What the jobs that make backups know and the database does not, written down when they end. Of the whole server, and so
-- of no tenant.
--
--   slot         the replication slot that keeps WAL until it is stored
--   full_at      when the last base backup was whole, and full_bytes what it takes in the store
--   wal_reached  the moment up to which stored WAL can be restored
--   gap_at       when WAL was last found missing: until a base backup is whole after it, moments cannot be restored
CREATE TABLE backup_state (
  one         boolean PRIMARY KEY DEFAULT true CHECK (one),
  slot        text NOT NULL CHECK (slot <> ''),
  full_at     timestamptz,
  full_bytes  bigint CHECK (full_bytes >= 0),
  wal_reached timestamptz,
  gap_at      timestamptz,
  CHECK ((full_at IS NULL) = (full_bytes IS NULL))
);
GRANT SELECT, INSERT, UPDATE ON backup_state TO authway_maintenance;
GRANT SELECT ON backup_state TO authway_metrics;

-- A drill whose evidence no key of this system had signed.
ALTER TABLE recovery_drills ADD COLUMN refused boolean NOT NULL DEFAULT false;
CREATE INDEX recovery_drills_refused ON recovery_drills (finished_at) WHERE refused;

-- What is dead is counted by its kind.
DROP INDEX outbox_dead;
CREATE INDEX outbox_dead ON outbox (kind, dead_at) WHERE dead_at IS NOT NULL;

-- The last look at the servers that Authway stands on, and no other job's summary.
CREATE VIEW last_sweep WITH (security_barrier) AS
  SELECT finished_at, summary FROM job_runs
  WHERE job = 'health.sweep' AND outcome = 'succeeded' ORDER BY started_at DESC LIMIT 1;

GRANT SELECT ON last_sweep TO authway_metrics;
GRANT SELECT (expires_at, ended_at) ON sessions TO authway_metrics;
GRANT SELECT (kind, due_at, delivered_at, dead_at) ON outbox TO authway_metrics;
GRANT SELECT (seen_at) ON dead_letters TO authway_metrics;
GRANT SELECT (job, started_at, finished_at, outcome) ON job_runs TO authway_metrics;
GRANT SELECT (job, until) ON leases TO authway_metrics;
GRANT SELECT (state, published_at, activated_at, retired_at, hastened_at) ON signing_keys TO authway_metrics;
GRANT SELECT (key_set, begun_at, signing_at, gone_at) ON hydra_keys TO authway_metrics;
GRANT SELECT (id, finished_at, succeeded, rpo_seconds, rto_seconds, refused) ON recovery_drills TO authway_metrics;
GRANT SELECT (seq, until_at, until_id) ON audit_seals TO authway_metrics;
GRANT SELECT (at, id) ON audit_events TO authway_metrics;
