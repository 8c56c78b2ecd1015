package storage_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/paging"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// What is shown beside a role must not cost what all who have it would.
func TestRolesAreCountedWithinBounds(t *testing.T) {
	t.Parallel()
	const n = 40_000
	database := harness.NewDatabase(t)
	owner, db := database.Owner(t), database.As(t, "admin")
	crowded(t, owner, n)
	roles := tenant.Roles{DB: db}
	for _, name := range []string{"member", "rare", "nobodys"} {
		if _, err := roles.Put(t.Context(), tenant.Role{TenantID: homeID, Name: name, CreatedAt: noon}); err != nil {
			t.Fatal(err)
		}
	}
	heard := &listener{}
	roles.DB = db.WithQueryHook(heard)
	for only, want := range map[string]map[string]tenant.Having{
		"":     {"member": {Accounts: tenant.Counted, More: true}, "rare": {Accounts: 1, More: true}, "nobodys": {More: true}},
		"rare": {"rare": {Accounts: 1, More: true}}, "unknown": {},
	} {
		var names []string
		if only != "" {
			names = []string{only}
		}
		having, err := roles.Having(t.Context(), homeID, names...)
		if err != nil || fmt.Sprint(having) != fmt.Sprint(want) {
			t.Errorf("%q: %v, %v, want %v", only, having, err, want)
		}
		statements := heard.take()
		if len(statements) == 0 {
			t.Errorf("%q: nothing was asked", only)
		}
		for _, statement := range statements {
			bounded(t, owner, "roles "+only, statement, 10*tenant.Counted+1)
		}
	}
	if _, err := owner.ExecContext(t.Context(), "DELETE FROM users WHERE created_at < now() - interval '2000 seconds'"); err != nil {
		t.Fatal(err)
	}
	having, err := roles.Having(t.Context(), homeID)
	if want := (tenant.Having{Accounts: 1}); err != nil || having["rare"] != want || having["nobodys"] != (tenant.Having{}) || !having["member"].More {
		t.Errorf("of few: %v, %v", having, err)
	}
}

// An administrator of some years has done hundreds of thousands of things.
func TestAdministratorsAreListedWithoutReadingWhatTheyDid(t *testing.T) {
	t.Parallel()
	database := harness.NewDatabase(t)
	owner, db := database.Owner(t), database.As(t, "admin")
	crowded(t, owner, 40_000)
	for i := range 5 {
		if _, err := owner.NewRaw("INSERT INTO administrators (tenant_id, user_id, of_tenant, role, granted_at) VALUES (?, ?, NULL, 'owner', now())",
			homeID, idOf(t, owner, i)).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := owner.ExecContext(t.Context(), "ANALYZE administrators"); err != nil {
		t.Fatal(err)
	}
	heard := &listener{}
	db = db.WithQueryHook(heard)
	all, _, err := administrator.Store{DB: db}.List(t.Context(), nil, "", 50)
	if err != nil || len(all) != 5 {
		t.Fatalf("%d, %v", len(all), err)
	}
	for _, e := range all {
		var last time.Time
		if err := owner.NewRaw("SELECT max(at) FROM audit_events WHERE actor_id = ?", e.UserID.String()).Scan(t.Context(), &last); err != nil {
			t.Fatal(err)
		}
		if e.LastSeen == nil || e.LastSeen.Before(last) {
			t.Errorf("%s was last seen at %v, want %s", e.UserID, e.LastSeen, last)
		}
	}
	for _, statement := range heard.take() {
		boundedButFor(t, owner, "administrators", statement, 60, "administrators", "tenants", "credentials")
	}
}

func TestCursorsHaveYearsOfPostgreSQL(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "admin")
	for _, at := range []string{"0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"} {
		cursor := at + "_" + uuid.NewString()
		if _, _, err := (journal.Runs{DB: db}).Of(t.Context(), "keys.rotate", cursor, 10); !errors.Is(err, paging.ErrCursor) {
			t.Errorf("runs, %s: %v", at, err)
		}
		if _, _, err := (journal.DeadLetters{DB: db, Clock: clock.NewFixed(noon)}).List(t.Context(), false, cursor, 10); !errors.Is(err, paging.ErrCursor) {
			t.Errorf("dead letters, %s: %v", at, err)
		}
		place := base64.RawURLEncoding.EncodeToString([]byte(`{"at":"` + at + `","user":"` + uuid.NewString() + `"}`))
		if _, _, err := (administrator.Store{DB: db}).List(t.Context(), nil, place, 10); !errors.Is(err, paging.ErrCursor) {
			t.Errorf("administrators, %s: %v", at, err)
		}
	}
}

// An account may be purged while a file is written whose next page begins behind it.
func TestAWalkGoesOnBehindAnAccountThatIsGone(t *testing.T) {
	t.Parallel()
	database := harness.NewDatabase(t)
	owner, store := database.Owner(t), account.Store{DB: database.As(t, "admin")}
	crowded(t, owner, 100)
	seen := 0
	for next := (account.Place{}); !next.End(); {
		found, to, err := store.Walk(t.Context(), account.Filter{TenantID: homeID}, next, 30)
		if err != nil {
			t.Fatal(err)
		}
		seen, next = seen+len(found), to
		if len(found) == 0 {
			continue
		}
		if _, err := owner.NewRaw("SELECT account_purge(?)", found[len(found)-1].ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := owner.NewRaw("DELETE FROM users WHERE id = ?", found[len(found)-1].ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if seen != 100 {
		t.Errorf("%d accounts are seen", seen)
	}
}

func TestManyAccountsAreEstimated(t *testing.T) {
	t.Parallel()
	database := harness.NewDatabase(t)
	owner, db := database.Owner(t), database.As(t, "admin")
	heard := &listener{}
	db = db.WithQueryHook(heard)
	if n, err := (account.Store{DB: db}).Estimate(t.Context(), homeID); err != nil || n != 0 {
		t.Errorf("of none: %d, %v", n, err)
	}
	heard.take()
	crowded(t, owner, 60_000)
	if n, err := (account.Store{DB: db}).Estimate(t.Context(), homeID); err != nil || n < 50_000 || n > 70_000 {
		t.Errorf("of 60,000: %d, %v", n, err)
	}
	bounded(t, owner, "estimate", heard.take()[0], 20_001)
}
