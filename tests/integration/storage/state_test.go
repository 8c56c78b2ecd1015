package storage_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/recovery"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

// What reads the state of the system sees times, states and numbers: whoever takes it
// over learns nothing of anybody. A grant that is added is added here.
func TestWhoReadsTheStateSeesNobody(t *testing.T) {
	t.Parallel()
	want := []string{
		"audit_events.at SELECT", "audit_events.id SELECT",
		"audit_seals.seq SELECT", "audit_seals.until_at SELECT", "audit_seals.until_id SELECT",
		"backup_state.full_at SELECT", "backup_state.full_bytes SELECT", "backup_state.gap_at SELECT", "backup_state.one SELECT",
		"backup_state.slot SELECT", "backup_state.wal_reached SELECT",
		"dead_letters.seen_at SELECT",
		"hydra_keys.begun_at SELECT", "hydra_keys.gone_at SELECT", "hydra_keys.key_set SELECT", "hydra_keys.signing_at SELECT",
		"job_runs.finished_at SELECT", "job_runs.job SELECT", "job_runs.outcome SELECT", "job_runs.started_at SELECT",
		"last_sweep.finished_at SELECT", "last_sweep.summary SELECT",
		"leases.job SELECT", "leases.until SELECT",
		"outbox.dead_at SELECT", "outbox.delivered_at SELECT", "outbox.due_at SELECT", "outbox.kind SELECT",
		"recovery_drills.finished_at SELECT", "recovery_drills.id SELECT", "recovery_drills.refused SELECT", "recovery_drills.rpo_seconds SELECT",
		"recovery_drills.rto_seconds SELECT", "recovery_drills.succeeded SELECT",
		"sessions.ended_at SELECT", "sessions.expires_at SELECT",
		"signing_keys.activated_at SELECT", "signing_keys.hastened_at SELECT", "signing_keys.published_at SELECT", "signing_keys.retired_at SELECT",
		"signing_keys.state SELECT",
	}
	var have []string
	err := harness.NewDatabase(t).Owner(t).NewRaw(`SELECT c.relname || '.' || a.attname || ' ' || p.privilege
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped,
			unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p (privilege)
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND has_column_privilege('authway_metrics', c.oid, a.attnum, p.privilege)
		UNION ALL SELECT c.relname || ' ' || p.privilege FROM pg_class AS c, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS p (privilege)
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege('authway_metrics', c.oid, p.privilege)
		UNION ALL SELECT f.proname || '()' FROM pg_proc AS f
		WHERE f.pronamespace = 'public'::regnamespace AND f.prosecdef AND has_function_privilege('authway_metrics', f.oid, 'EXECUTE')
		ORDER BY 1`).Scan(t.Context(), &have)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("it may\n%s\nand is to be allowed\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

// A scrape comes every fifteen seconds, whatever has piled up.
func TestTheStateIsReadWithinBounds(t *testing.T) {
	t.Parallel()
	const n, limit = 40_000, 1000
	database := harness.NewDatabase(t)
	owner, db := database.Owner(t), database.As(t, "metrics")
	crowded(t, owner, n)
	for _, statement := range []string{
		`INSERT INTO outbox (id, tenant_id, kind, payload, created_at, due_at, delivered_at)
			SELECT gen_random_uuid(), '` + homeID.String() + `', 'mail', '', now(), now() - i * interval '1 second', CASE WHEN i % 4 > 0 THEN now() END FROM generate_series(1, 40000) AS i`,
		`INSERT INTO outbox (id, kind, subject, payload, created_at, due_at, dead_at)
			SELECT gen_random_uuid(), 'event', 'somebody', '', now(), now() - i * interval '1 second', CASE WHEN i % 4 = 0 THEN now() END FROM generate_series(1, 40000) AS i`,
		`INSERT INTO job_runs (id, job, started_at, finished_at, outcome)
			SELECT gen_random_uuid(), CASE WHEN i % 2 = 0 THEN 'outbox.deliver' WHEN i % 3 > 0 THEN 'health.sweep' ELSE 'job.' || i % 12 END,
				now() - i * interval '1 second', now(), 'succeeded' FROM generate_series(1, 40000) AS i`,
		`INSERT INTO recovery_drills (id, started_at, finished_at, succeeded, summary, recorded_at)
			SELECT i::text, now(), now() - i * interval '1 day', true, '', now() FROM generate_series(1, 1000) AS i`,
		`INSERT INTO audit_seals (seq, late, from_at, to_at, until_at, until_id, rows, total, events, rows_hash, kept_from, previous, hash, sealed_at)
			SELECT i, false, at, at, at, id, 1, i, ARRAY[id], sha256(''), now() - interval '400 days', sha256(i::text::bytea), sha256(''), now()
			FROM (SELECT row_number() OVER (ORDER BY at) AS i, at, id FROM audit_events ORDER BY at LIMIT 1000) AS e`,
		"ANALYZE",
	} {
		if _, err := owner.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%.60s: %v", statement, err)
		}
	}
	heard := &listener{}
	db = db.WithQueryHook(heard)
	now := time.Now()
	jobs := []string{"outbox.deliver", journal.SweepJob, "never.run"}
	for what, read := range map[string]func() error{
		"the outbox":   func() error { _, err := outbox.Queues(t.Context(), db, now, limit); return err },
		"jobs":         func() error { _, err := journal.States(t.Context(), db, jobs, now); return err },
		"the sweep":    func() error { _, err := journal.LastSweep(t.Context(), db); return err },
		"dead letters": func() error { _, err := journal.CountUnseen(t.Context(), db); return err },
		"keys":         func() error { _, err := keyring.Ages(t.Context(), db, hydra.KeySets, now); return err },
		"drills":       func() error { _, err := recovery.LookAtDrills(t.Context(), db); return err },
		"seals":        func() error { _, err := audit.LookAtSeals(t.Context(), db); return err },
	} {
		heard.take()
		if err := read(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for _, statement := range heard.take() {
			boundedButFor(t, owner, what, statement, limit, "leases", "signing_keys", "hydra_keys", "dead_letters")
		}
	}
	// Sessions are counted exactly, in an index: vacuumed, as it is once a day.
	if _, err := owner.ExecContext(t.Context(), "VACUUM (ANALYZE) sessions"); err != nil {
		t.Fatal(err)
	}
	living, err := session.Living(t.Context(), db, uuid.Nil, now, n)
	if err != nil || living != n/2 {
		t.Errorf("%d sessions, %v", living, err)
	}
	if about, err := session.Count(t.Context(), db, now, 100); err != nil || about < n/2*9/10 || about > n/2*11/10 {
		t.Errorf("about %d sessions, %v", about, err)
	}
	for _, statement := range heard.take() {
		// A hundred and more entries to a page.
		if blocks := blocksOf(t, owner, statement); blocks > n/2/50 {
			t.Errorf("%d sessions are counted in %.0f blocks", n/2, blocks)
		}
	}
}

func blocksOf(t *testing.T, db *bun.DB, statement string) float64 {
	t.Helper()
	var text string
	if err := db.NewRaw("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "+statement).Scan(t.Context(), &text); err != nil {
		t.Fatal(err)
	}
	var plans []struct{ Plan planned }
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		t.Fatal(err)
	}
	return plans[0].Plan.Hit + plans[0].Plan.Read
}
