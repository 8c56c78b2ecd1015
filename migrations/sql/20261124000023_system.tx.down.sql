REVOKE SELECT ON job_runs, hydra_keys, dead_letters, signing_keys, outbox FROM authway_admin;
REVOKE SELECT (kid, algorithm, state, published_at, activated_at, retired_at, gone_at, compromised, hastened_at)
  ON signing_keys FROM authway_admin;
REVOKE SELECT (id, tenant_id, kind, created_at, due_at, attempts, claimed_until, delivered_at, dead_at) ON outbox FROM authway_admin;
REVOKE UPDATE (seen_at) ON dead_letters FROM authway_admin;
DROP INDEX sessions_living_of_tenant, dead_letters_unseen, job_runs_succeeded;
DROP TABLE job_requests;
ALTER TABLE signing_keys DROP COLUMN hastened_at;
DROP INDEX audit_events_of_ip, audit_events_of_request, audit_events_of_client, audit_events_of_actor, audit_events_of_action,
  audit_events_of_tenant_action, audit_events_of_tenant;
