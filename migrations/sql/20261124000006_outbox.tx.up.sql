-- What is to leave the system. A row is added in the transaction of the change
-- that it tells of, so that neither is there without the other; maintenance
-- delivers it. The payload is sealed: mail carries addresses, codes and links.
-- It is emptied once it has been delivered.
CREATE TABLE outbox (
  id            uuid PRIMARY KEY,
  tenant_id     uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  kind          text NOT NULL CHECK (kind IN ('mail')),
  payload       bytea NOT NULL,
  created_at    timestamptz NOT NULL,
  due_at        timestamptz NOT NULL,
  attempts      integer NOT NULL DEFAULT 0,
  claimed_until timestamptz,
  delivered_at  timestamptz,
  dead_at       timestamptz,
  last_error    text NOT NULL DEFAULT '',
  CHECK (delivered_at IS NULL OR dead_at IS NULL)
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE delivered_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;

-- Who may run a job, one row each. asked notes that somebody came while it was
-- held: the holder looks again before it lets go, so that no knock is lost.
CREATE TABLE leases (
  job    text PRIMARY KEY,
  holder uuid NOT NULL,
  until  timestamptz NOT NULL,
  asked  boolean NOT NULL DEFAULT false
);

-- What jobs have done. The event's source and id tell a second delivery of the
-- same event from another one.
CREATE TABLE job_runs (
  id           uuid PRIMARY KEY,
  job          text NOT NULL,
  event_source text NOT NULL DEFAULT '',
  event_id     text NOT NULL DEFAULT '',
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz,
  outcome      text CHECK (outcome IN ('succeeded', 'failed')),
  summary      text NOT NULL DEFAULT '',
  CHECK ((finished_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX job_runs_of_job ON job_runs (job, started_at DESC);
CREATE INDEX job_runs_of_event ON job_runs (event_source, event_id) WHERE outcome = 'succeeded';

-- Events that were given up on, kept until somebody has looked.
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
  UNIQUE (event_source, event_id, destination)
);
CREATE INDEX dead_letters_received ON dead_letters (received_at DESC);

GRANT INSERT ON outbox TO authway_login;
GRANT SELECT, UPDATE ON outbox TO authway_maintenance;
GRANT SELECT, INSERT, UPDATE ON leases, job_runs TO authway_maintenance;
GRANT SELECT, INSERT ON dead_letters TO authway_maintenance;
