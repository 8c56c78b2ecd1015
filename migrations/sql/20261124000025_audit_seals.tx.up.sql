-- The audit log's seals: a chain of hashes over what was written (shared/audit). A seal covers the events
-- behind the one before, in the order of their time and id, up to until_at and until_id; or, if it is late,
-- events that came when their place was sealed already, and then it goes no further. events names them, and
-- rows_hash is over their ids and hashes. hash is over every other column but events, and previous is the hash
-- of the seal before: two seals of one number, or behind one seal, cannot be.
CREATE TABLE audit_seals (
  seq        bigint PRIMARY KEY CHECK (seq > 0),
  late       boolean NOT NULL,
  -- The time of its first and its last event, of one month in UTC: months are dropped whole.
  from_at    timestamptz NOT NULL,
  to_at      timestamptz NOT NULL CHECK (to_at >= from_at),
  until_at   timestamptz NOT NULL,
  until_id   uuid NOT NULL,
  rows       bigint NOT NULL CHECK (rows > 0 AND rows = cardinality(events)),
  -- With those of all seals before.
  total      bigint NOT NULL CHECK (total >= rows),
  events     uuid[] NOT NULL,
  rows_hash  bytea NOT NULL CHECK (length(rows_hash) = 32),
  -- Events from before it may have been dropped by then (AUDIT_RETENTION).
  kept_from  timestamptz NOT NULL CONSTRAINT audit_seals_kept CHECK (kept_from <= sealed_at - interval '2160 hours'),
  previous   bytea NOT NULL UNIQUE CHECK (length(previous) = 32),
  hash       bytea NOT NULL CHECK (length(hash) = 32),
  sealed_at  timestamptz NOT NULL
);
-- Which events of a time are sealed.
CREATE INDEX audit_seals_span ON audit_seals (to_at);
-- Which seal has an event that came late.
CREATE INDEX audit_seals_late ON audit_seals USING gin (events) WHERE late;

-- The seals that were signed, and with each all before it: what is signed lies outside of the database.
CREATE TABLE audit_heads (
  seq        bigint NOT NULL CHECK (seq > 0),
  -- The storage has the signature, and not the log alone.
  stored     boolean NOT NULL,
  signed_at  timestamptz NOT NULL,
  PRIMARY KEY (seq, stored)
);

CREATE FUNCTION audit_seals_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_seals_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
  FOR EACH STATEMENT EXECUTE FUNCTION audit_seals_append_only();
CREATE TRIGGER audit_heads_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_heads
  FOR EACH STATEMENT EXECUTE FUNCTION audit_seals_append_only();

GRANT SELECT, INSERT ON audit_seals, audit_heads TO authway_maintenance;
