package load_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance/clean"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/tests/harness"
)

const (
	over = 1_000_000
	// quiet is how many sign-ins are timed before the cleaning, and after it.
	quiet  = 150
	people = 40
)

// stopwatch notes how long the statements of a connection pool took.
type stopwatch struct {
	mu   sync.Mutex
	took []time.Duration
}

func (s *stopwatch) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (s *stopwatch) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = append(s.took, time.Since(e.StartTime))
}

// crowd signs people in, one after another.
type crowd struct {
	b    *testing.B
	app  *harness.App
	next int
}

const passphrase = "correct horse battery"

func newCrowd(b *testing.B, system *harness.System) *crowd {
	b.Helper()
	for i := range people {
		system.AddUser(b, person(i), "Ada Lovelace", passphrase)
	}
	return &crowd{b: b, app: system.NewApp(b, map[string]any{"skip_consent": true})}
}

func person(i int) string { return fmt.Sprintf("crowd%d@example.org", i) }

// signIn is a whole sign-in, from the application's request to its tokens, with
// the password's hash.
func (c *crowd) signIn() time.Duration {
	c.b.Helper()
	visitor, email := harness.NewVisitor(c.b), person(c.next%people)
	c.next++
	began := time.Now()
	page := visitor.Open(c.app.Start()).Submit(map[string][]string{"email": {email}, "password": {passphrase}}, "")
	if c.app.Arrive(c.b, page).Tokens.AccessToken == "" {
		c.b.Fatalf("%s is not signed in", email)
	}
	return time.Since(began)
}

// expire makes sessions that are over, of people of their own.
func expire(b *testing.B, db *bun.DB, n int) {
	b.Helper()
	for _, statement := range []string{
		`INSERT INTO users (id, tenant_id, email, email_key)
			SELECT gen_random_uuid(), t.id, 'gone' || n || '@example.org', 'gone' || n || '@example.org'
			FROM tenants t, generate_series(1, 1000) n WHERE t.slug = 'default'`,
		fmt.Sprintf(`INSERT INTO sessions (id, tenant_id, user_id, token_hash, amr, remembered, authenticated_at, last_seen_at, expires_at, ip, user_agent)
			SELECT gen_random_uuid(), u.tenant_id, u.id, sha256(gen_random_uuid()::text::bytea), '{pwd}', false,
				now() - interval '2 days', now() - interval '2 days', now() - make_interval(secs => random() * 86400), '192.0.2.1', repeat('x', 120)
			FROM generate_series(1, %d) n
			JOIN (SELECT id, tenant_id, row_number() OVER () AS at FROM users WHERE email LIKE 'gone%%') u ON u.at = 1 + n %% 1000`, n),
		"ANALYZE sessions",
	} {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatalf("%.40s: %v", statement, err)
		}
	}
}

// BenchmarkCleaning removes a million expired sessions while people sign in. The
// budgets: their p95 is at most 1.5 x that of quiet times, and no statement of
// the cleaner takes longer than 200 ms.
func BenchmarkCleaning(b *testing.B) {
	system := harness.Run(b)
	people := newCrowd(b, system)
	expire(b, system.Database(b), over)
	pool, err := postgres.Open(postgres.Config{URL: system.Endpoints.DatabaseURL, MaxConns: 2})
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	// To connect is no statement.
	if err := postgres.Ping(b.Context(), pool); err != nil {
		b.Fatal(err)
	}
	watch := &stopwatch{}
	watched := pool.WithQueryHook(watch)
	for b.Loop() {
		var before, during []time.Duration
		for range quiet {
			before = append(before, people.signIn())
		}
		done := make(chan error, 1)
		began := time.Now()
		go func() {
			said, err := clean.Cleaner{DB: watched, Clock: clock.System(), Rest: clean.Rest}.Job().Do(b.Context())
			b.Log(said)
			done <- err
		}()
		took := time.Duration(0)
		for took == 0 {
			select {
			case err := <-done:
				if err != nil {
					b.Fatal(err)
				}
				took = time.Since(began)
			default:
				during = append(during, people.signIn())
			}
		}
		for range quiet {
			before = append(before, people.signIn())
		}
		b.ReportMetric(p95(during).Seconds()/p95(before).Seconds(), "p95-x-quiet")
		b.ReportMetric(milliseconds(p95(before)), "quiet-p95-ms")
		b.ReportMetric(milliseconds(p95(during)), "cleaning-p95-ms")
		b.ReportMetric(milliseconds(slices.Max(watch.took)), "longest-statement-ms")
		b.ReportMetric(milliseconds(p95(watch.took)), "p95-statement-ms")
		b.ReportMetric(float64(len(during)), "sign-ins")
		b.ReportMetric(took.Seconds(), "cleaning-s")
	}
}

func p95(values []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)*95/100]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
