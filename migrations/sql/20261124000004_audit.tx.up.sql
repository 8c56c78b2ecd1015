-- What happened, by whom, to whom. Rows are only ever added: the grants stop the
-- functions, the triggers stop the table's owner from doing it by mistake, and
-- row_hash (made by the writer over every other column) shows a row that was
-- changed by somebody who did not compute it anew.
--
-- detail is json, not jsonb: its bytes must stay as they were hashed.
CREATE TABLE audit_events (
  id          uuid NOT NULL,
  at          timestamptz NOT NULL,
  tenant_id   uuid,
  action      text NOT NULL,
  outcome     text NOT NULL CHECK (outcome IN ('success', 'failure')),
  actor_kind  text NOT NULL CHECK (actor_kind IN ('user', 'client', 'system', 'anonymous')),
  actor_id    text NOT NULL,
  subject_id  text NOT NULL,
  client_id   text NOT NULL,
  request_id  text NOT NULL,
  ip          text NOT NULL,
  detail      json NOT NULL,
  row_hash    bytea NOT NULL CHECK (length(row_hash) = 32),
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX audit_events_of_subject ON audit_events (subject_id, at DESC);

CREATE FUNCTION audit_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_events is append only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE FUNCTION audit_partition(month date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  first date := date_trunc('month', month)::date;
  name text := format('audit_events_%s', to_char(first, 'YYYY_MM'));
BEGIN
  EXECUTE format(
    'CREATE TABLE IF NOT EXISTS %I PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
    name, (first::timestamp AT TIME ZONE 'UTC'), ((first + interval '1 month')::timestamp AT TIME ZONE 'UTC'));
  -- TRUNCATE asks the table it names and not its parent.
  EXECUTE format(
    'CREATE OR REPLACE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()', name);
END
$$;
REVOKE ALL ON FUNCTION audit_partition(date) FROM PUBLIC;

-- A year ahead, and a last resort behind it: an event is never refused for
-- want of a partition.
SELECT audit_partition((date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => m))::date)
FROM generate_series(0, 12) AS m;
CREATE TABLE audit_events_default PARTITION OF audit_events DEFAULT;
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_events_default
  FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_events
  FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

GRANT INSERT ON audit_events TO authway_login, authway_consent, authway_token, authway_admin, authway_maintenance;
GRANT SELECT ON audit_events TO authway_admin, authway_maintenance;
