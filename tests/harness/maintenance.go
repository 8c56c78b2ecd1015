package harness

import (
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/postgres"
)

// Knock tells the system's maintenance to look at a job, and waits for it.
func (s *System) Knock(t testing.TB, job string) {
	t.Helper()
	sink := s.Upstreams[edge.Maintenance].JoinPath("events")
	if err := events.Post(t.Context(), sink, events.New(events.TypePing, "/apis/v1/namespaces/tests/pingsources/"+job, job), time.Now()); err != nil {
		t.Fatalf("harness: %s: %v", job, err)
	}
}

// EndGrace makes the grace of an account that leaves be over.
func (s *System) EndGrace(t testing.TB, email string) {
	t.Helper()
	s.exec(t, "UPDATE users SET delete_after = now() - interval '1 second' WHERE delete_after IS NOT NULL AND email_key = ?", account.EmailKey(email))
}

// Database is the system's database as its owner.
func (s *System) Database(testing.TB) *bun.DB { return s.db }

// HydraDatabase is Hydra's.
func (s *System) HydraDatabase(t testing.TB) *bun.DB {
	t.Helper()
	db, err := postgres.Open(postgres.Config{URL: s.Endpoints.HydraDatabaseURL, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// RecordedOf is Recorded for an account that may be gone.
func (s *System) RecordedOf(t testing.TB, id string) (recorded []string) {
	t.Helper()
	var rows []struct{ Action, Detail string }
	err := s.db.NewRaw("SELECT action, detail::text FROM audit_events WHERE subject_id = ? ORDER BY at, id", id).Scan(t.Context(), &rows)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		recorded = append(recorded, strings.TrimSpace(r.Action+" "+r.Detail))
	}
	return recorded
}
