-- What cleans may see what it has to know to clean, and nothing else.
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX proofs_of_account_expiry ON proofs (expires_at) WHERE flow_id IS NULL;
CREATE INDEX outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL;
CREATE INDEX job_runs_started ON job_runs (started_at);

GRANT SELECT (id, expires_at, ended_at), DELETE ON sessions TO authway_maintenance;
GRANT SELECT (id, expires_at), DELETE ON flows TO authway_maintenance;
GRANT SELECT (challenge_hash, expires_at), DELETE ON answers TO authway_maintenance;
GRANT SELECT (id, flow_id, expires_at), DELETE ON proofs TO authway_maintenance;
GRANT SELECT (id, tenant_id, delete_after) ON users TO authway_maintenance;
GRANT DELETE ON outbox, job_runs, dead_letters TO authway_maintenance;

-- Accounts whose time is over are all that may be removed.
CREATE FUNCTION account_purge(account uuid) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM users WHERE id = account AND delete_after <= now() RETURNING 1) SELECT EXISTS (SELECT FROM gone)
$$;
REVOKE ALL ON FUNCTION account_purge(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_purge(uuid) TO authway_maintenance;

-- Partitions are the owner's to make and to drop; the job that asks for it may do
-- that and nothing else with them. It keeps a year of months ahead, moves what
-- has fallen into the last resort to where it belongs, and drops the months that
-- end before keep_from. Ninety days stay whoever asks.
CREATE FUNCTION audit_roll(keep_from date, OUT made integer, OUT moved bigint, OUT dropped integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  this_month date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
  month date;
  part record;
BEGIN
  made := 0; moved := 0; dropped := 0;
  keep_from := least(keep_from, (now() - interval '90 days')::date);
  -- Somebody who reads the log for long must not make every sign-in wait behind us.
  SET LOCAL lock_timeout = '2s';
  IF EXISTS (SELECT FROM public.audit_events_default) THEN
    ALTER TABLE public.audit_events DETACH PARTITION public.audit_events_default;
    FOR month IN SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC')::date FROM public.audit_events_default LOOP
      PERFORM public.audit_partition(month);
    END LOOP;
    INSERT INTO public.audit_events SELECT * FROM public.audit_events_default;
    GET DIAGNOSTICS moved = ROW_COUNT;
    DROP TABLE public.audit_events_default;
    CREATE TABLE public.audit_events_default PARTITION OF public.audit_events DEFAULT;
    CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.audit_events_default
      FOR EACH STATEMENT EXECUTE FUNCTION public.audit_append_only();
  END IF;
  FOR m IN 0..12 LOOP
    month := (this_month + make_interval(months => m))::date;
    IF to_regclass(format('public.audit_events_%s', to_char(month, 'YYYY_MM'))) IS NULL THEN
      PERFORM public.audit_partition(month);
      made := made + 1;
    END IF;
  END LOOP;
  FOR part IN
    SELECT c.relname, to_date(right(c.relname, 7), 'YYYY_MM') AS first
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.audit_events'::regclass AND c.relname ~ '^audit_events_\d{4}_\d{2}$'
  LOOP
    IF part.first + interval '1 month' <= keep_from THEN
      EXECUTE format('DROP TABLE public.%I', part.relname);
      dropped := dropped + 1;
    END IF;
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION audit_roll(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_roll(date) TO authway_maintenance;
