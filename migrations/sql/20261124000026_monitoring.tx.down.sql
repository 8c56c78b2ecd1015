-- The role itself stays: it belongs to the server (see doc.go).
DO $$
BEGIN
  EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM authway_metrics', current_database());
  REVOKE USAGE ON SCHEMA public FROM authway_metrics;
END
$$;
REVOKE SELECT ON sessions, outbox, dead_letters, job_runs, leases, signing_keys, hydra_keys, recovery_drills, audit_seals, audit_events
  FROM authway_metrics;
DROP VIEW last_sweep;
DROP INDEX outbox_dead;
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;
DROP INDEX recovery_drills_refused;
ALTER TABLE recovery_drills DROP COLUMN refused;
DROP TABLE backup_state;
