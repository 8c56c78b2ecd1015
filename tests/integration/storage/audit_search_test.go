package storage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/paging"
	"github.com/authway/authway/tests/harness"
)

// asking remembers the statements of a database.
type asking struct {
	mu   sync.Mutex
	said []string
}

func (a *asking) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (a *asking) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if strings.HasPrefix(e.Query, "SELECT") {
		a.said = append(a.said, e.Query)
	}
}

func (a *asking) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	said := a.said
	a.said = nil
	return said
}

// manyEvents are 80,000 of five months, of two tenants; every tenth is a failure, and
// one in twenty thousand is what somebody looks for.
const manyEvents = `INSERT INTO audit_events (id, at, tenant_id, action, outcome, actor_kind, actor_id, subject_id, client_id, request_id, ip, detail, row_hash)
	SELECT gen_random_uuid(), now() - make_interval(secs => n * 160.0), CASE n % 4 WHEN 0 THEN '00000000-0000-4000-8000-0000000000aa'::uuid ELSE '00000000-0000-4000-8000-000000000001'::uuid END,
		CASE n % 20000 WHEN 19999 THEN 'user.purged' ELSE 'login.succeeded' END, CASE n % 10 WHEN 0 THEN 'failure' ELSE 'success' END,
		'user', 'actor-' || n % 40000, 'subject-' || n % 40000, 'client-' || n % 2, 'request-' || n, '192.0.2.' || n % 2, '{}', decode(repeat('00', 32), 'hex')
	FROM generate_series(1, 80000) AS n`

// plan is what EXPLAIN ANALYZE says of a part of a statement.
type plan struct {
	Node    string  `json:"Node Type"`
	Rows    float64 `json:"Actual Rows"`
	Removed float64 `json:"Rows Removed by Filter"`
	Loops   float64 `json:"Actual Loops"`
	Plans   []plan
}

// read is how many rows the leaves have read.
func (p plan) read() (n float64) {
	if len(p.Plans) == 0 {
		return (p.Rows + p.Removed) * p.Loops
	}
	for _, child := range p.Plans {
		n += child.read()
	}
	return n
}

func readBy(t *testing.T, db *bun.DB, statement string) float64 {
	t.Helper()
	var text string
	if err := db.NewRaw("EXPLAIN (ANALYZE, FORMAT JSON) "+statement).Scan(t.Context(), &text); err != nil {
		t.Fatal(err)
	}
	var found []struct{ Plan plan }
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	return found[0].Plan.read()
}

func TestAuditPagesReadABoundedPartOfTheLog(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	owner, admin, heard := db.Owner(t), db.As(t, "admin"), &asking{}
	for _, statement := range []string{manyEvents, "ANALYZE audit_events"} {
		if _, err := owner.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	admin = admin.WithQueryHook(heard)
	for name, f := range map[string]audit.Filter{
		"everything":                  {},
		"a tenant":                    {TenantID: defaultTenant},
		"a request":                   {RequestID: "request-70000"},
		"a subject":                   {Subject: "subject-7", TenantID: defaultTenant},
		"an actor":                    {Actor: "actor-7"},
		"an address of half the log":  {IP: "192.0.2.1", TenantID: defaultTenant, Outcome: audit.Failure},
		"a client of half the log":    {Client: "client-1", Action: "user."},
		"a rare action":               {Action: audit.ActionPurged},
		"a rare action of a tenant":   {Action: audit.ActionPurged, TenantID: defaultTenant},
		"actions that there are not":  {Action: "tenant.", TenantID: defaultTenant},
		"failures":                    {Outcome: audit.Failure},
		"failures that there are not": {Outcome: audit.Failure, Action: audit.ActionPurged, IP: "192.0.2.1"},
		"a month":                     {From: time.Now().AddDate(0, -3, 0), To: time.Now().AddDate(0, -2, 0)},
	} {
		cursor, pages := "", 0
		for {
			page, err := audit.Search(t.Context(), admin, f, cursor, 50)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, statement := range heard.take() {
				// Both statements of a page read that much, and one row more of each of the log's months.
				if n := readBy(t, owner, statement); n > audit.Scanned+100 {
					t.Errorf("%s: page %d reads %.0f rows\n%s", name, pages, n, statement)
				}
			}
			if cursor = page.Next; cursor == "" || pages == 2 {
				break
			}
			pages++
		}
	}
}

// found are the events of all pages.
func found(t *testing.T, db bun.IDB, f audit.Filter, limit int64) (all []audit.Entry) {
	t.Helper()
	cursor := ""
	for {
		page, err := audit.Search(t.Context(), db, f, cursor, limit)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Entries...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

func TestAuditSearchFindsWhatIsRareFarBack(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	if _, err := db.Owner(t).ExecContext(t.Context(), manyEvents); err != nil {
		t.Fatal(err)
	}
	admin := db.As(t, "admin")
	// 19999, 39999, 59999, 79999: all of the same tenant, and none is a failure.
	for name, c := range map[string]struct {
		filter audit.Filter
		want   int
	}{
		"by the action's beginning": {audit.Filter{Action: "user."}, 4},
		"of the tenant":             {audit.Filter{Action: "user.", TenantID: defaultTenant}, 4},
		"of another":                {audit.Filter{Action: "user.", TenantID: uuid.New()}, 0},
		"by address and action":     {audit.Filter{IP: "192.0.2.1", Action: audit.ActionPurged}, 4},
		"that failed":               {audit.Filter{Action: audit.ActionPurged, Outcome: audit.Failure}, 0},
		"of one who acted twice":    {audit.Filter{Actor: "actor-39999", TenantID: defaultTenant}, 2},
	} {
		events := found(t, admin, c.filter, 3)
		if len(events) != c.want {
			t.Errorf("%s: %d events, want %d", name, len(events), c.want)
		}
		for i, e := range events {
			if i > 0 && !e.At.Before(events[i-1].At) {
				t.Errorf("%s: %s comes behind %s", name, e.At, events[i-1].At)
			}
		}
	}
	if _, err := audit.Search(t.Context(), admin, audit.Filter{}, "nonsense", 1); !errors.Is(err, paging.ErrCursor) {
		t.Errorf("nonsense is a cursor: %v", err)
	}
}

// tailed is how often each of the events was given that are written while somebody
// follows them, comes back twice, and one of them is late.
func tailed(t *testing.T, each int) map[string]int {
	t.Helper()
	db := harness.NewDatabase(t)
	login, admin := db.As(t, "login"), db.As(t, "admin")
	now, given := noon, map[string]int{}
	write := func(db bun.IDB, at time.Time, client string) {
		e := event()
		e.ClientID = client
		if err := audit.Append(t.Context(), db, at, e); err != nil {
			t.Fatal(err)
		}
	}
	tail, err := audit.NewTail(audit.Filter{TenantID: defaultTenant}, now, "")
	if err != nil {
		t.Fatal(err)
	}
	look := func() {
		t.Helper()
		for more := true; more; {
			var fresh []audit.Entry
			if fresh, more, err = tail.Next(t.Context(), admin, now); err != nil {
				t.Fatal(err)
			}
			for _, e := range fresh {
				given[e.ClientID]++
			}
		}
	}
	late, err := login.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	write(late, now, "late")
	for round := range 5 {
		now = now.Add(10 * time.Second)
		for i := range each {
			write(login, now.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf("%d of round %d", i, round))
		}
		if look(); round == 2 {
			if err := late.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		// Somebody who comes back with what they were told last.
		if round%2 == 0 {
			if tail, err = audit.NewTail(audit.Filter{TenantID: defaultTenant}, now, tail.Position()); err != nil {
				t.Fatal(err)
			}
		}
	}
	look()
	if len(given) != 5*each+1 {
		t.Errorf("%d events were given of %d", len(given), 5*each+1)
	}
	return given
}

// Transactions end in another order than they began in, and the log has the times of
// their beginnings.
func TestTailGivesEachEventOnceHoweverLate(t *testing.T) {
	t.Parallel()
	for name, n := range tailed(t, 40) {
		if n != 1 {
			t.Errorf("%s was given %d times", name, n)
		}
	}
}

// A position names the last 300 events of a minute. Who comes back after more sees some
// twice, and misses none.
func TestTailMissesNothingInACrowd(t *testing.T) {
	t.Parallel()
	tailed(t, 150)
}

func TestTailRefusesPositionsThatAreNone(t *testing.T) {
	t.Parallel()
	tail, err := audit.NewTail(audit.Filter{}, noon, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, position := range []string{"x", "AAAA", tail.Position()[:5], tail.Position() + "A", strings.Repeat("A", 4000)} {
		if _, err := audit.NewTail(audit.Filter{}, noon, position); !errors.Is(err, paging.ErrCursor) {
			t.Errorf("%.20q: %v", position, err)
		}
	}
	if _, err := audit.NewTail(audit.Filter{}, noon.AddDate(0, 2, 0), tail.Position()); !errors.Is(err, paging.ErrCursor) {
		t.Errorf("one of two months ago: %v", err)
	}
}
