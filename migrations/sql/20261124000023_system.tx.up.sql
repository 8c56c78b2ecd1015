-- The audit log is read by operators: from the youngest on, by one of these, and never more rows of one than a page's
-- share (shared/audit). Most events have no client and no request, and those that have none are not looked for.
--
-- They are ordered by the time as an expression, and so are the statements that read them: an index of the time alone
-- cannot be taken for one of these, from which it would be a long way to what has not happened for months.
CREATE INDEX audit_events_of_tenant ON audit_events (tenant_id, timezone('UTC', at), id);
CREATE INDEX audit_events_of_tenant_action ON audit_events (tenant_id, action, timezone('UTC', at), id);
CREATE INDEX audit_events_of_action ON audit_events (action, timezone('UTC', at), id);
CREATE INDEX audit_events_of_actor ON audit_events (actor_id, timezone('UTC', at), id) WHERE actor_id <> '';
CREATE INDEX audit_events_of_client ON audit_events (client_id, timezone('UTC', at), id) WHERE client_id <> '';
CREATE INDEX audit_events_of_request ON audit_events (request_id, timezone('UTC', at), id) WHERE request_id <> '';
CREATE INDEX audit_events_of_ip ON audit_events (ip, timezone('UTC', at), id) WHERE ip <> '';

-- The next key signs before its time, as soon as that is safe (shared/keyring).
ALTER TABLE signing_keys ADD COLUMN hastened_at timestamptz;

-- Jobs that somebody wants to be run now. Maintenance takes a request with an event of the job, does it and says what
-- came of it. Of the whole installation, and so of no tenant. requested_by is an account's id or a client's.
CREATE TABLE job_requests (
  id           uuid PRIMARY KEY,
  job          text NOT NULL CHECK (length(job) BETWEEN 1 AND 100),
  args         jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(args) = 'object'),
  requested_at timestamptz NOT NULL,
  requested_by text NOT NULL,
  reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
  taken_at     timestamptz,
  finished_at  timestamptz,
  outcome      text CHECK (outcome IN ('succeeded', 'failed', 'nothing_due')),
  summary      text NOT NULL DEFAULT '' CHECK (length(summary) <= 2000),
  CHECK ((finished_at IS NULL) = (outcome IS NULL)),
  CHECK (finished_at IS NULL OR taken_at IS NOT NULL)
);
-- The same is not asked for twice.
CREATE UNIQUE INDEX job_requests_waiting ON job_requests (job, args) WHERE taken_at IS NULL;
CREATE INDEX job_requests_open ON job_requests (requested_at) WHERE finished_at IS NULL;
CREATE INDEX job_requests_of_job ON job_requests (job, requested_at DESC);
CREATE INDEX job_requests_age ON job_requests (requested_at);

CREATE INDEX job_runs_succeeded ON job_runs (job, started_at DESC) WHERE outcome = 'succeeded';
CREATE INDEX dead_letters_unseen ON dead_letters (received_at DESC) WHERE seen_at IS NULL;
-- Counted, never listed, and only up to a bound.
CREATE INDEX sessions_living_of_tenant ON sessions (tenant_id, expires_at) WHERE ended_at IS NULL;

GRANT SELECT, INSERT (id, job, args, requested_at, requested_by, reason) ON job_requests TO authway_admin;
GRANT SELECT, UPDATE (taken_at, finished_at, outcome, summary), DELETE ON job_requests TO authway_maintenance;
GRANT SELECT ON job_runs, hydra_keys TO authway_admin;
GRANT SELECT, UPDATE (seen_at) ON dead_letters TO authway_admin;
-- Everything about a key but its private part.
GRANT SELECT (kid, algorithm, state, published_at, activated_at, retired_at, gone_at, compromised, hastened_at)
  ON signing_keys TO authway_admin;
GRANT SELECT (id, tenant_id, kind, created_at, due_at, attempts, claimed_until, delivered_at, dead_at) ON outbox TO authway_admin;
