package storage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

var homeID = uuid.MustParse("00000000-0000-4000-8000-000000000001")

// crowded is a tenant of many accounts: each is called like its address, one in ten
// thousand is blocked, all but those are unverified, and all have a role.
func crowded(t testing.TB, owner *bun.DB, n int) {
	t.Helper()
	for _, statement := range []string{
		fmt.Sprintf(`INSERT INTO users (id, tenant_id, email, email_key, name, roles, created_at, disabled_at, email_verified_at)
			SELECT md5('a' || i)::uuid, '%s', 'user' || lpad(i::text, 8, '0') || '@example.org', 'user' || lpad(i::text, 8, '0') || '@example.org',
				CASE WHEN i %% 2 = 0 THEN 'User' ELSE 'Zoe ' || i END, ARRAY[CASE WHEN i = 7 THEN 'rare' ELSE 'member' END],
				now() - i * interval '1 second',
				CASE WHEN i %% 10000 = 9999 THEN now() END, CASE WHEN i %% 10000 = 9999 THEN now() END
			FROM generate_series(0, %d) AS i`, homeID, n-1),
		fmt.Sprintf(`INSERT INTO sessions (id, tenant_id, user_id, token_hash, amr, remembered, authenticated_at, last_seen_at, expires_at, ip)
			SELECT gen_random_uuid(), '%s', md5('a' || i)::uuid, sha256(i::text::bytea), '{pwd}', i %% 2 = 0, now() - interval '1 day',
				now() - i * interval '10 seconds', now() + interval '1 day', CASE WHEN i = 5 THEN '192.0.2.5' ELSE '192.0.2.1' END
			FROM generate_series(0, %d) AS i`, homeID, n/2-1),
		fmt.Sprintf(`INSERT INTO audit_events (id, at, tenant_id, action, outcome, actor_kind, actor_id, subject_id, client_id, request_id, ip, detail, row_hash)
			SELECT gen_random_uuid(), now() - i * interval '1 second', '%s', 'login.succeeded', 'success', 'user',
				md5('a' || i %% 5)::uuid::text, md5('a' || i %% 7)::uuid::text, '', '', '', '{}', sha256('')
			FROM generate_series(0, %d) AS i`, homeID, n-1),
		"ANALYZE users", "ANALYZE sessions", "ANALYZE audit_events",
	} {
		if _, err := owner.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%.60s: %v", statement, err)
		}
	}
}

// listener keeps the statements that a store makes.
type listener struct {
	mu   sync.Mutex
	said []string
}

func (l *listener) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (l *listener) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, e.Query)
}

func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	said := l.said
	l.said = nil
	return said
}

// planned is a node of a plan that was run.
type planned struct {
	Type    string    `json:"Node Type"`
	Table   string    `json:"Relation Name"`
	Rows    float64   `json:"Actual Rows"`
	Loops   float64   `json:"Actual Loops"`
	Removed float64   `json:"Rows Removed by Filter"`
	Hit     float64   `json:"Shared Hit Blocks"`
	Read    float64   `json:"Shared Read Blocks"`
	Plans   []planned `json:"Plans"`
}

// bounded fails the test unless the statement reads at most so many rows and blocks, and
// no table from one end to the other.
func bounded(t *testing.T, db *bun.DB, what, statement string, rows float64) {
	t.Helper()
	boundedButFor(t, db, what, statement, rows)
}

// boundedButFor lets some tables be read whole, which are small.
func boundedButFor(t *testing.T, db *bun.DB, what, statement string, rows float64, small ...string) {
	t.Helper()
	var text string
	if err := db.NewRaw("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "+statement).Scan(t.Context(), &text); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	var plans []struct{ Plan planned }
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		t.Fatal(err)
	}
	// A row costs its entry and its page; a descent a few pages, in each partition.
	if blocks := plans[0].Plan.Hit + plans[0].Plan.Read; blocks > 2*rows+150 {
		t.Errorf("%s: %.0f blocks for %.0f rows: %s\n%s", what, blocks, rows, statement, text)
	}
	var walk func(planned)
	walk = func(p planned) {
		if read := (p.Rows + p.Removed) * p.Loops; read > rows || p.Type == "Seq Scan" && read > 0 && !slices.Contains(small, p.Table) {
			t.Errorf("%s: a %s reads %.0f rows: %s", what, p.Type, read, statement)
		}
		for _, below := range p.Plans {
			walk(below)
		}
	}
	walk(plans[0].Plan)
}

func TestSearchesReadAPageWhateverTheNumberOfAccounts(t *testing.T) {
	t.Parallel()
	const n, limit = 40_000, 50
	database := harness.NewDatabase(t)
	owner, db := database.Owner(t), database.As(t, "admin")
	crowded(t, owner, n)
	heard := &listener{}
	db = db.WithQueryHook(heard)
	store, now := account.Store{DB: db}, time.Now()
	from, to := now.Add(-30_000*time.Second), now.Add(-20_000*time.Second)
	for what, f := range map[string]account.Filter{
		"everybody":                {},
		"active":                   {State: account.Active},
		"blocked":                  {State: account.Blocked},
		"leaving":                  {State: account.Leaving},
		"invited":                  {State: account.Invited},
		"unverified":               {State: account.Unverified},
		"who administers":          {Administers: true},
		"a rare role":              {Role: "rare"},
		"no role":                  {Role: "none"},
		"a time":                   {From: &from, To: &to},
		"a prefix of all":          {Text: "u"},
		"a rare prefix":            {Text: "user0001999"},
		"no prefix":                {Text: "nobody"},
		"all names":                {Text: "u", By: account.ByName},
		"rare names":               {Text: "zoe 1999", By: account.ByName},
		"ids":                      {Text: "a", By: account.ByID},
		"blocked with a prefix":    {Text: "user", State: account.Blocked},
		"leaving with a prefix":    {Text: "user", State: account.Leaving},
		"a wildcard":               {Text: "%"},
		"behind all":               {Text: "\U0010FFFF"},
		"blocked with a rare role": {State: account.Blocked, Role: "rare"},
	} {
		f.TenantID = homeID
		// The first page, and then one from deep within.
		for cursor, page := "", 0; page < 12; page++ {
			found, next, err := store.Search(t.Context(), f, cursor, limit)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if len(found) > limit {
				t.Errorf("%s: a page of %d", what, len(found))
			}
			said := heard.take()
			if len(said) > 16 {
				t.Errorf("%s: a page takes %d statements", what, len(said))
			}
			for _, statement := range said {
				bounded(t, owner, fmt.Sprintf("%s, page %d", what, page), statement, limit+1)
			}
			if cursor = next; next == "" {
				break
			}
		}
	}
	for what, cursor := range map[string]string{
		"time": "time.", "email": "email.", "name": "name.",
	} {
		deep := cursor + idOf(t, owner, n*9/10)
		f := account.Filter{TenantID: homeID, By: what, Text: "u"}
		if what == "time" {
			f = account.Filter{TenantID: homeID}
		}
		if found, _, err := store.Search(t.Context(), f, deep, limit); err != nil || len(found) != limit {
			t.Errorf("deep in %s: %d, %v", what, len(found), err)
		}
		for _, statement := range heard.take() {
			bounded(t, owner, "deep in "+what, statement, limit+1)
		}
	}
}

func idOf(t *testing.T, db *bun.DB, i int) (id string) {
	t.Helper()
	if err := db.NewRaw("SELECT md5('a' || ?)::uuid::text", fmt.Sprint(i)).Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestSessionsAndHistoriesAreReadByThePage(t *testing.T) {
	t.Parallel()
	const n, limit = 40_000, 50
	database := harness.NewDatabase(t)
	owner, db := database.Owner(t), database.As(t, "admin")
	crowded(t, owner, n)
	heard := &listener{}
	db = db.WithQueryHook(heard)
	store := session.Store{DB: db, Clock: clock.NewFixed(time.Now())}
	someID := uuid.MustParse(idOf(t, owner, 4))
	for what, f := range map[string]session.Filter{
		"all": {}, "of somebody": {UserID: someID}, "at a frequent address": {IP: "192.0.2.1"}, "at a rare address": {IP: "192.0.2.5"},
		"at no address": {IP: "192.0.2.99"},
	} {
		f.TenantID = homeID
		total := 0
		for cursor, page := "", 0; page < 8; page++ {
			found, next, err := store.List(t.Context(), f, cursor, limit)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			total += len(found)
			for _, statement := range heard.take() {
				// Two ranges, and what joins them.
				bounded(t, owner, fmt.Sprintf("sessions %s, page %d", what, page), statement, 2*(limit+1))
			}
			if cursor = next; next == "" {
				break
			}
		}
		if want := map[string]int{"all": 8 * limit, "of somebody": 1, "at a frequent address": 8 * limit, "at a rare address": 1}[what]; total != want {
			t.Errorf("sessions %s: %d, want %d", what, total, want)
		}
	}
	total := 0
	for cursor, page := "", 0; page < 8; page++ {
		found, next, err := audit.Person(t.Context(), db, homeID, someID, cursor, limit)
		if err != nil {
			t.Fatal(err)
		}
		total += len(found)
		for _, statement := range heard.take() {
			bounded(t, owner, fmt.Sprintf("history, page %d", page), statement, 20*(limit+1))
		}
		if cursor = next; next == "" {
			break
		}
	}
	if total != 8*limit {
		t.Errorf("the history has %d events on 8 pages", total)
	}
}

// What was begun for somebody ends when they are given the first thing to sign in with.
func TestInvitedUntilTheFirstWayIn(t *testing.T) {
	t.Parallel()
	database := harness.NewDatabase(t)
	owner := database.Owner(t)
	store, now := account.Store{DB: database.As(t, "admin")}, time.Now()
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := owner.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("%.60s: %v", statement, err)
		}
	}
	for way, add := range map[string]string{
		"password": "INSERT INTO credentials (id, tenant_id, user_id, kind, secret) VALUES (gen_random_uuid(), ?, ?, 'password', 'x')",
		"link": `INSERT INTO identities (id, tenant_id, user_id, provider, issuer, subject, created_at)
			VALUES (gen_random_uuid(), ?, ?, 'other', 'https://other.example', 'x', now())`,
	} {
		u := account.User{ID: uuid.New(), TenantID: homeID, Email: way + "@example.org", Name: "Ada", CreatedAt: now, UpdatedAt: now, InvitedAt: &now}
		if err := (account.Store{DB: owner}).Create(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		invited := func() bool {
			found, _, err := store.Search(t.Context(), account.Filter{TenantID: homeID, State: account.Invited}, "", 50)
			if err != nil {
				t.Fatal(err)
			}
			return len(found) == 1 && found[0].ID == u.ID
		}
		exec("INSERT INTO credentials (id, tenant_id, user_id, kind, secret) VALUES (gen_random_uuid(), ?, ?, 'recovery', 'x')", homeID, u.ID)
		if !invited() {
			t.Errorf("without a way in nobody is invited (%s)", way)
		}
		exec(add, homeID, u.ID)
		if invited() {
			t.Errorf("with a %s somebody is invited still", way)
		}
	}
}

// Who administers sees that there is something, and nothing that proves anybody.
func TestAdministrationCannotReadWhatProvesPeople(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "admin")
	for _, statement := range []string{
		"SELECT secret FROM credentials", "SELECT reveal FROM credentials", "SELECT public_key FROM credentials",
		"SELECT subject FROM identities", "SELECT payload FROM outbox", "SELECT challenge FROM flows", "SELECT code_hash FROM proofs",
		"UPDATE credentials SET secret = ''", "UPDATE users SET id = id", "UPDATE users SET tenant_id = tenant_id", "DELETE FROM users",
		"DELETE FROM sessions", "UPDATE sessions SET user_id = user_id", "UPDATE audit_events SET outcome = 'failure'",
	} {
		_, err := db.ExecContext(t.Context(), statement)
		if err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
