package storage_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance/clean"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

// attic is a database with things that are over and things that are not.
type attic struct {
	t     *testing.T
	owner *bun.DB
	db    *bun.DB
	clock *clock.Fixed
}

func beginAttic(t *testing.T) attic {
	t.Helper()
	database := harness.NewDatabase(t)
	return attic{t: t, owner: database.Owner(t), db: database.As(t, "maintenance"), clock: clock.NewFixed(time.Now())}
}

func (a attic) exec(statement string, args ...any) {
	a.t.Helper()
	if _, err := a.owner.ExecContext(a.t.Context(), statement, args...); err != nil {
		a.t.Fatalf("%.60s: %v", statement, err)
	}
}

func (a attic) count(what string) (n int) {
	a.t.Helper()
	if err := a.owner.NewRaw("SELECT count(*) FROM "+what).Scan(a.t.Context(), &n); err != nil {
		a.t.Fatal(err)
	}
	return n
}

func (a attic) run(j job.Job) string {
	a.t.Helper()
	said, err := j.Do(a.t.Context())
	if err != nil {
		a.t.Fatalf("%s: %s: %v", j.Name, said, err)
	}
	return said
}

const aPerson = `INSERT INTO users (id, tenant_id, email, email_key)
	SELECT '10000000-0000-4000-8000-000000000001', id, 'ada@example.org', 'ada@example.org' FROM tenants WHERE slug = 'default'`

// sessions adds n sessions that expire and ended as the SQL says.
func (a attic) sessions(n int, expires, ended string) {
	a.t.Helper()
	a.exec(`INSERT INTO sessions (id, tenant_id, user_id, token_hash, amr, remembered, authenticated_at, last_seen_at, expires_at, ended_at)
		SELECT gen_random_uuid(), u.tenant_id, u.id, sha256(gen_random_uuid()::text::bytea), '{pwd}', false, now(), now(), `+expires+`, `+ended+`
		FROM users u, generate_series(1, ?)`, n)
}

func TestCleaningTakesWhatIsOverAndNothingElse(t *testing.T) {
	t.Parallel()
	a := beginAttic(t)
	a.exec(aPerson)
	a.sessions(3, "now() - interval '1 minute'", "NULL")
	a.sessions(4, "now() + interval '1 day'", "now() - interval '25 hours'")
	a.sessions(5, "now() + interval '1 day'", "now() - interval '23 hours'")
	a.sessions(6, "now() + interval '1 day'", "NULL")
	a.exec(`INSERT INTO flows (id, tenant_id, challenge_hash, challenge, request_url, request_hash, client_id, browser_hash, created_at, expires_at)
		SELECT 'flow' || n, u.tenant_id, sha256(n::text::bytea), '', '', sha256(''), 'app', sha256(''), now(),
			now() + CASE WHEN n <= 2 THEN interval '-1 minute' ELSE interval '1 minute' END
		FROM users u, generate_series(1, 5) n`)
	a.exec(`INSERT INTO proofs (id, tenant_id, flow_id, purpose, address, link_hash, code_hash, sent_at, created_at, expires_at)
		SELECT gen_random_uuid(), tenant_id, id, 'recover', 'ada@example.org', sha256(id::bytea), sha256(''), now(), now(), now() - interval '3 days' FROM flows`)
	a.exec(`INSERT INTO proofs (id, tenant_id, user_id, purpose, address, link_hash, code_hash, sent_at, created_at, expires_at)
		SELECT gen_random_uuid(), tenant_id, id, 'change_email', 'ada@example.org', sha256('x'), sha256(''), now(), now(), now() - interval '25 hours' FROM users`)
	a.exec(`INSERT INTO answers (challenge_hash, claim, claimed_at, expires_at)
		SELECT sha256(n::text::bytea), gen_random_uuid(), now(), now() + CASE WHEN n = 1 THEN interval '-1 minute' ELSE interval '1 minute' END FROM generate_series(1, 3) n`)
	a.exec(`INSERT INTO outbox (id, tenant_id, kind, payload, created_at, due_at, delivered_at, dead_at)
		SELECT gen_random_uuid(), u.tenant_id, 'mail', '', now(), now(),
			CASE n WHEN 1 THEN now() - interval '8 days' WHEN 2 THEN now() END, CASE n WHEN 3 THEN now() - interval '91 days' WHEN 4 THEN now() - interval '89 days' END
		FROM users u, generate_series(1, 5) n`)
	a.exec(`INSERT INTO job_runs (id, job, started_at, finished_at, outcome)
		SELECT gen_random_uuid(), j, now() - make_interval(days => d), now(), 'succeeded' FROM unnest(ARRAY['a', 'b']) j, unnest(ARRAY[100, 95, 1]) d WHERE NOT (j = 'b' AND d = 1)`)
	a.exec(`INSERT INTO dead_letters (id, received_at, seen_at, event_source, event_id, event_type, job, destination, code, reason)
		SELECT gen_random_uuid(), now() - make_interval(days => d[1]), now() - make_interval(days => d[2]), '/s', gen_random_uuid()::text, 't', 'j', '', '', ''
		FROM unnest(ARRAY['{100,NULL}', '{20,8}', '{20,6}', '{89,NULL}']::text[]) AS t, LATERAL (SELECT t::integer[] AS d) AS l`)

	said := a.run(clean.Cleaner{DB: a.db, Clock: a.clock, Rest: clean.Rest}.Job())
	if want := "removed 7 sessions, 2 flows, 1 answers, 1 proofs, 0 former secrets, 0 links, 0 abandoned imports, 0 names of imports, 0 findings of imports, 0 imports, 2 sent or given up, 3 runs, 0 requests, 2 dead letters"; said != want {
		t.Errorf("it says %q, want %q", said, want)
	}
	for what, want := range map[string]int{
		"sessions": 11, "flows": 3, "proofs": 3, "answers": 2, "outbox": 3,
		"dead_letters": 2, "job_runs WHERE job = 'a'": 1, "job_runs WHERE job = 'b'": 1,
	} {
		if got := a.count(what); got != want {
			t.Errorf("%d are left of %s, want %d", got, what, want)
		}
	}
}

// A file that nobody sends the rest of keeps no names for ever, and an import that is
// over goes away with what was found in it.
func TestCleaningEndsImportsThatNobodyGoesOnWith(t *testing.T) {
	t.Parallel()
	a := beginAttic(t)
	a.exec(`INSERT INTO imports (id, tenant_id, format, dry_run, on_existing, send_invitations, size, state, creator, runner, held_until, created_at, updated_at, finished_at)
		SELECT v.id::uuid, t.id, 'csv', false, 'skip', false, 9, v.state, 'x', CASE WHEN v.held > 0 THEN gen_random_uuid() END,
			CASE WHEN v.held > 0 THEN now() + v.held * interval '1 second' END, now() - interval '40 days', now() - v.hours * interval '1 hour',
			CASE WHEN v.state <> 'open' THEN now() END
		FROM tenants AS t, (VALUES ('10000000-0000-4000-8000-000000000001', 'open', 25, 0), ('10000000-0000-4000-8000-000000000002', 'open', 23, 0),
			('10000000-0000-4000-8000-000000000003', 'open', 25, 50), ('10000000-0000-4000-8000-000000000004', 'done', 29 * 24, 0),
			('10000000-0000-4000-8000-000000000005', 'failed', 31 * 24, 0)) AS v (id, state, hours, held) WHERE t.slug = 'default'`)
	a.exec("INSERT INTO import_keys (tenant_id, import_id, key) SELECT tenant_id, id, decode(md5(n::text), 'hex') FROM imports, generate_series(1, ?) AS n WHERE state = 'open'", clean.Batch+3)
	a.exec("INSERT INTO import_findings (tenant_id, import_id, line, code) SELECT tenant_id, id, n, 'not_utf8' FROM imports, generate_series(1, ?) AS n", clean.Batch+1)
	said := a.run(clean.Cleaner{DB: a.db, Clock: a.clock, Rest: clean.Rest}.Job())
	if want := "1 abandoned imports, 503 names of imports, 501 findings of imports, 1 imports"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q", said, want)
	}
	for what, want := range map[string]int{
		"imports": 4, "imports WHERE state = 'open'": 2, "import_keys": 2 * (clean.Batch + 3), "import_findings": 4 * (clean.Batch + 1),
		"imports WHERE state = 'failed' AND trouble = 'abandoned' AND finished_at IS NOT NULL": 1,
	} {
		if got := a.count(what); got != want {
			t.Errorf("%d are left of %s, want %d", got, what, want)
		}
	}
}

func TestCleaningRestsBetweenSmallBatches(t *testing.T) {
	t.Parallel()
	a := beginAttic(t)
	a.exec(aPerson)
	if clean.Batch > 1000 {
		t.Errorf("a statement removes %d rows: people wait behind it", clean.Batch)
	}
	a.sessions(2*clean.Batch+500, "now() - interval '1 minute'", "NULL")
	var left []int
	stop := errors.New("stop")
	ctx, end := context.WithCancelCause(t.Context())
	cleaner := clean.Cleaner{DB: a.db, Clock: a.clock, Rest: func(context.Context, time.Duration) {
		if left = append(left, a.count("sessions")); len(left) == 2 {
			end(stop)
		}
	}}
	if _, err := cleaner.Job().Do(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that is cut off says %v", err)
	}
	if want := []int{clean.Batch + 500, 500}; !slices.Equal(left, want) {
		t.Errorf("sessions left at each rest: %v, want %v", left, want)
	}
	a.run(clean.Cleaner{DB: a.db, Clock: a.clock, Rest: clean.Rest}.Job())
	if n := a.count("sessions"); n != 0 {
		t.Errorf("the next run leaves %d", n)
	}
}

func TestCleaningLocksNothingThatSignInsNeed(t *testing.T) {
	t.Parallel()
	a := beginAttic(t)
	a.exec(aPerson)
	a.sessions(2000, "now() - interval '1 minute'", "NULL")
	n, err := session.Store{DB: a.db, Clock: a.clock}.Sweep(a.clock.Now()).Next(t.Context(), clean.Batch)
	if err != nil || n != clean.Batch {
		t.Errorf("a batch removes %d, %v", n, err)
	}
	const batch = `WITH old AS (SELECT id, expires_at AS at FROM sessions WHERE expires_at >= '2000-01-01' AND expires_at < now() ORDER BY expires_at LIMIT 1000),
		gone AS (DELETE FROM sessions s USING old WHERE s.id = old.id) SELECT count(*) FROM old`
	if plan := a.explain(batch); strings.Contains(plan, "Seq Scan on sessions") && !strings.Contains(plan, "Seq Scan on sessions s") || !strings.Contains(plan, "sessions_expiry") {
		t.Errorf("the batch is not found by its index:\n%s", plan)
	}
	var modes []string
	err = a.owner.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, batch); err != nil {
			return err
		}
		return tx.NewRaw(`SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
			AND relation::regclass::text LIKE 'sessions%' ORDER BY 1`).Scan(ctx, &modes)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(modes) == 0 {
		t.Error("the batch takes no lock")
	}
	for _, mode := range modes {
		if mode != "RowExclusiveLock" && mode != "AccessShareLock" {
			t.Errorf("it takes %s, which a sign-in may wait for", mode)
		}
	}
}

func (a attic) explain(statement string) string {
	a.t.Helper()
	a.exec("ANALYZE sessions")
	var lines []string
	if err := a.owner.NewRaw("EXPLAIN "+statement).Scan(a.t.Context(), &lines); err != nil {
		a.t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestAuditLogRolls(t *testing.T) {
	t.Parallel()
	a := beginAttic(t)
	event := func(at string) {
		a.exec(`INSERT INTO audit_events (id, at, action, outcome, actor_kind, actor_id, subject_id, client_id, request_id, ip, detail, row_hash)
			VALUES (gen_random_uuid(), ` + at + `, 'x', 'success', 'system', '', '', '', '', '', '{}', sha256(''))`)
	}
	event("now()")
	event("now() - interval '50 days'")
	event("now() - interval '500 days'")
	if n := a.count("audit_events_default"); n != 2 {
		t.Fatalf("%d events have fallen into the last resort, want 2", n)
	}
	roller := clean.Roller{DB: a.db, Clock: a.clock, Keep: 400 * 24 * time.Hour}
	said := a.run(roller.Job())
	if want := "made 0 months, dropped 1, moved 2 events"; said != want {
		t.Errorf("it says %q, want %q", said, want)
	}
	if in, all := a.count("audit_events_default"), a.count("audit_events"); in != 0 || all != 2 {
		t.Errorf("%d events are in the last resort and %d in all, want 0 and 2", in, all)
	}
	if _, err := a.owner.ExecContext(t.Context(), "TRUNCATE audit_events_default"); err == nil {
		t.Error("the new last resort can be emptied")
	}
	if _, err := a.owner.ExecContext(t.Context(), "DELETE FROM audit_events"); err == nil {
		t.Error("events can be deleted")
	}
	if said := a.run(roller.Job()); said != "made 0 months, dropped 0, moved 0 events" {
		t.Errorf("again, it says %q", said)
	}
	// What maintenance may have done to the log is this and nothing else.
	if _, err := a.db.ExecContext(t.Context(), "DROP TABLE audit_events_default"); err == nil {
		t.Error("maintenance can drop a partition of its choice")
	}
}
