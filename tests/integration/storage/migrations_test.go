package storage_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/authway/authway/migrations"
	"github.com/authway/authway/tests/harness"
)

func TestMigrationsUpDownUp(t *testing.T) {
	t.Parallel()
	db := harness.NewEmptyDatabase(t)
	applied, err := migrations.Up(t.Context(), db.OwnerURL())
	if err != nil || len(applied) == 0 {
		t.Fatalf("up: %v, %v", applied, err)
	}
	if again, err := migrations.Up(t.Context(), db.OwnerURL()); err != nil || len(again) != 0 {
		t.Fatalf("up again: %v, %v", again, err)
	}
	undone, err := migrations.Down(t.Context(), db.OwnerURL())
	if err != nil || len(undone) != len(applied) {
		t.Fatalf("down: %v, %v", undone, err)
	}
	left, err := db.Owner(t).NewSelect().Table("pg_tables").
		Where("schemaname = 'public' AND tablename NOT LIKE 'bun_%'").Count(t.Context())
	if err != nil || left != 0 {
		t.Errorf("%d tables are left after down, %v", left, err)
	}
	if again, err := migrations.Up(t.Context(), db.OwnerURL()); err != nil || len(again) != len(applied) {
		t.Fatalf("up after down: %v, %v", again, err)
	}
	if pending, err := migrations.Pending(t.Context(), db.OwnerURL()); err != nil || len(pending) != 0 {
		t.Errorf("pending after up: %v, %v", pending, err)
	}
}

func TestMigrationsRunOnceForManyJobs(t *testing.T) {
	t.Parallel()
	db := harness.NewEmptyDatabase(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 5 {
		wg.Go(func() {
			applied, err := migrations.Up(t.Context(), db.OwnerURL())
			if err != nil {
				t.Errorf("up: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			total += len(applied)
		})
	}
	wg.Wait()
	all, err := migrations.Down(t.Context(), db.OwnerURL())
	if err != nil || total != len(all) {
		t.Errorf("%d migrations were applied, %d exist, %v", total, len(all), err)
	}
}

func TestRolesReachOnlyWhatTheyNeed(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	const (
		yes = true
		no  = false
	)
	cases := []struct {
		function, statement string
		allowed             bool
	}{
		{"login", "SELECT secret FROM credentials", yes},
		{"login", "UPDATE users SET roles = '{owner}'", no},
		{"login", "UPDATE users SET disabled_at = NULL", no},
		{"login", "DELETE FROM users", no},
		{"login", "SELECT * FROM audit_events", no},
		{"consent", "SELECT email FROM users", yes},
		{"consent", "SELECT secret FROM credentials", no},
		// A hash finds a cookie's session and signs nobody in.
		{"consent", "SELECT token_hash FROM sessions", yes},
		{"consent", "SELECT passkey FROM sessions", no},
		{"consent", "UPDATE sessions SET ended_at = NULL", no},
		{"consent", "UPDATE flows SET browser_hash = ''", no},
		{"token", "SELECT email FROM users", yes},
		{"token", "SELECT secret FROM credentials", no},
		{"token", "SELECT token_hash FROM sessions", yes},
		{"token", "SELECT provider FROM sessions", no},
		{"token", "UPDATE sessions SET ended_at = NULL", no},
		{"token", "UPDATE resource_servers SET disabled_at = NULL", no},
		{"token", "SELECT challenge FROM flows", no},
		{"token", "SELECT private_key FROM signing_keys", yes},
		{"token", "UPDATE signing_keys SET state = 'gone'", no},
		{"login", "SELECT kid FROM signing_keys", no},
		{"consent", "SELECT kid FROM signing_keys", no},
		{"admin", "SELECT kid FROM signing_keys", yes},
		{"admin", "SELECT private_key FROM signing_keys", no},
		{"admin", "UPDATE signing_keys SET hastened_at = now()", no},
		{"maintenance", "SELECT kid FROM signing_keys", yes},
		{"maintenance", "DELETE FROM signing_keys", no},
		{"maintenance", "SELECT secret FROM credentials", no},
		{"maintenance", "SELECT sealed FROM sealed_totp", yes},
		{"maintenance", "UPDATE sealed_totp SET user_id = id", no},
		{"admin", "SELECT secret FROM credentials", no},
		{"admin", "SELECT hash FROM account_hashes", yes},
		{"admin", "UPDATE credentials SET secret = ''", no},
		{"admin", "SELECT passkey FROM sessions", no},
		{"admin", "SELECT challenge FROM flows", no},
		{"admin", "SELECT payload FROM outbox", no},
		{"admin", "SELECT data FROM proofs", no},
		{"admin", "DELETE FROM users", no},
		{"admin", "UPDATE job_requests SET taken_at = NULL", no},
		{"admin", "SELECT action FROM audit_events", yes},
		{"admin", "DELETE FROM audit_events", no},
		{"login", "SELECT role FROM administrators", no},
		{"login", "INSERT INTO administrators SELECT * FROM administrators", no},
		{"login", "UPDATE invitations SET used_at = NULL", no},
		{"token", "SELECT sealed FROM client_secrets", yes},
		{"token", "UPDATE client_secrets SET former_until = NULL", no},
		{"maintenance", "SELECT read_until FROM event_cursor", yes},
		{"maintenance", "UPDATE event_cursor SET begun_at = now()", no},
		{"login", "SELECT read_until FROM event_cursor", no},
		{"maintenance", "INSERT INTO outbox SELECT * FROM outbox", no},
		{"maintenance", "SELECT email FROM users", no},
		{"maintenance", "SELECT token_hash FROM sessions", no},
		{"maintenance", "SELECT data FROM proofs", no},
		{"maintenance", "DELETE FROM audit_events", no},
		{"maintenance", "SELECT hash FROM audit_seals", yes},
		{"maintenance", "UPDATE audit_seals SET hash = ''", no},
		{"maintenance", "DELETE FROM audit_seals", no},
		{"maintenance", "DELETE FROM audit_heads", no},
		{"maintenance", "TRUNCATE audit_seals", no},
		{"login", "INSERT INTO audit_seals SELECT * FROM audit_seals", no},
		{"admin", "INSERT INTO audit_heads SELECT * FROM audit_heads", no},
		{"maintenance", "DELETE FROM users", no},
		{"maintenance", "CREATE TABLE mine (id int)", no},
		{"metrics", "SELECT expires_at FROM sessions", yes},
		{"metrics", "SELECT token_hash FROM sessions", no},
		{"metrics", "SELECT summary FROM last_sweep", yes},
		{"metrics", "SELECT summary FROM job_runs", no},
		{"metrics", "SELECT payload FROM outbox", no},
		{"metrics", "SELECT action FROM audit_events", no},
		{"metrics", "SELECT kid FROM signing_keys", no},
		{"metrics", "UPDATE dead_letters SET seen_at = now()", no},
		{"metrics", "SELECT pg_drop_replication_slot('any')", no},
	}
	for _, c := range cases {
		_, err := db.As(t, c.function).ExecContext(t.Context(), c.statement)
		if refused := denied(err); refused == c.allowed || (c.allowed && err != nil) {
			t.Errorf("%s: %s: %v", c.function, c.statement, err)
		}
	}
}

func denied(err error) bool {
	said, ok := errors.AsType[*pgconn.PgError](err)
	return ok && said.Code == "42501"
}

func TestSetPasswordsRefusesUnknownFunctions(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	err := migrations.SetPasswords(t.Context(), db.OwnerURL(), map[string]string{"postgres": "x"})
	if err == nil || !strings.Contains(err.Error(), "postgres") {
		t.Errorf("got %v", err)
	}
}

func TestSetPasswordsSendsNoPassword(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	login, err := url.Parse(db.URL("login"))
	if err != nil {
		t.Fatal(err)
	}
	// All tests have the same roles: it is the password that they had.
	password, _ := login.User.Password()
	kept := func() (said string) {
		err := db.Superuser(t).NewRaw("SELECT rolpassword FROM pg_authid WHERE rolname = ?", migrations.Role("login")).Scan(t.Context(), &said)
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	before := kept()
	if err := migrations.SetPasswords(t.Context(), db.OwnerURL(), map[string]string{"login": password}); err != nil {
		t.Fatal(err)
	}
	if after := kept(); !strings.HasPrefix(after, "SCRAM-SHA-256$4096:") || after == before {
		t.Errorf("PostgreSQL keeps %s, and kept %s", after, before)
	}
	if _, err := db.As(t, "login").ExecContext(t.Context(), "SELECT 1"); err != nil {
		t.Errorf("with the password: %v", err)
	}
	login.User = url.UserPassword(migrations.Role("login"), kept())
	conn, err := pgx.Connect(t.Context(), login.String())
	if err == nil {
		_ = conn.Close(t.Context())
		t.Error("what PostgreSQL keeps signs in")
	}
}
