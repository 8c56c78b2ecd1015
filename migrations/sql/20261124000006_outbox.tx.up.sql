-- What is to leave the system; maintenance delivers it.
--
--   mail   is added in the transaction of the change that it tells of, so that
--          neither is there without the other. The payload is sealed: mail
--          carries addresses, codes and links. It is emptied once delivered.
--   event  is an audit event's: its id is that one's, created_at is its time,
--          and there is no payload. subject is whom it is about; those of one
--          subject leave in order.
CREATE TABLE outbox (
  id            uuid PRIMARY KEY,
  tenant_id     uuid REFERENCES tenants (id) ON DELETE CASCADE,
  kind          text NOT NULL CHECK (kind IN ('mail', 'event')),
  subject       text NOT NULL DEFAULT '',
  payload       bytea NOT NULL,
  created_at    timestamptz NOT NULL,
  due_at        timestamptz NOT NULL,
  attempts      integer NOT NULL DEFAULT 0,
  claimed_until timestamptz,
  delivered_at  timestamptz,
  dead_at       timestamptz,
  last_error    text NOT NULL DEFAULT '',
  CHECK (delivered_at IS NULL OR dead_at IS NULL),
  -- What happens to the keys of the issuer happens to no tenant.
  CHECK (tenant_id IS NOT NULL OR kind = 'event'),
  CHECK ((subject <> '') = (kind = 'event')),
  CHECK (kind <> 'event' OR payload = '')
);
CREATE INDEX outbox_due ON outbox (kind, due_at) WHERE delivered_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_turn ON outbox (subject, created_at, id)
  WHERE kind = 'event' AND delivered_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;

-- How far the audit log has been read for events. There is no row before a place
-- to send them to was named for the first time: what had happened by then is not
-- sent.
CREATE TABLE event_cursor (
  one        boolean PRIMARY KEY DEFAULT true CHECK (one),
  begun_at   timestamptz NOT NULL,
  read_until timestamptz NOT NULL
);

-- Who may run a job, one row each. asked notes that somebody came while it was
-- held: the holder looks again before it lets go, so that no knock is lost.
CREATE TABLE leases (
  job    text PRIMARY KEY,
  holder uuid NOT NULL,
  until  timestamptz NOT NULL,
  asked  boolean NOT NULL DEFAULT false
);

-- What jobs have done. The event's source and id tell a second delivery of the
-- same event from another one. progress is the share of the work that is done, of
-- jobs that know.
CREATE TABLE job_runs (
  id           uuid PRIMARY KEY,
  job          text NOT NULL,
  event_source text NOT NULL DEFAULT '',
  event_id     text NOT NULL DEFAULT '',
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz,
  outcome      text CHECK (outcome IN ('succeeded', 'failed')),
  summary      text NOT NULL DEFAULT '',
  progress     real CHECK (progress BETWEEN 0 AND 1),
  CHECK ((finished_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX job_runs_of_job ON job_runs (job, started_at DESC);
CREATE INDEX job_runs_of_event ON job_runs (event_source, event_id) WHERE outcome = 'succeeded';

-- Events that were given up on, kept until somebody has looked (seen_at).
CREATE TABLE dead_letters (
  id           uuid PRIMARY KEY,
  received_at  timestamptz NOT NULL,
  event_source text NOT NULL,
  event_id     text NOT NULL,
  event_type   text NOT NULL,
  job          text NOT NULL,
  destination  text NOT NULL,
  code         text NOT NULL,
  reason       text NOT NULL,
  seen_at      timestamptz,
  UNIQUE (event_source, event_id, destination)
);
CREATE INDEX dead_letters_received ON dead_letters (received_at DESC);

GRANT INSERT ON outbox TO authway_login;
GRANT SELECT, UPDATE ON outbox TO authway_maintenance;
GRANT INSERT (id, tenant_id, kind, subject, payload, created_at, due_at) ON outbox TO authway_maintenance;
GRANT SELECT, INSERT, UPDATE (read_until) ON event_cursor TO authway_maintenance;
GRANT SELECT, INSERT, UPDATE ON leases, job_runs TO authway_maintenance;
GRANT SELECT, INSERT, UPDATE (seen_at) ON dead_letters TO authway_maintenance;
