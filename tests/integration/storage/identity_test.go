package storage_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/identity"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

func TestIdentityIsOneAccounts(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "login")
	ada, bob := addUser(t, db, "ada@example.org"), addUser(t, db, "bob@example.org")
	store := identity.Store{DB: db}
	of := func(user int) identity.Identity {
		u := ada
		if user%2 == 1 {
			u = bob
		}
		return identity.Identity{TenantID: u.TenantID, UserID: u.ID, Provider: "acme", Issuer: "https://a.example", Subject: "s-1"}
	}
	var wg sync.WaitGroup
	var linked atomic.Int64
	for i := range 50 {
		wg.Go(func() {
			switch err := store.Add(t.Context(), of(i), noon); {
			case err == nil:
				linked.Add(1)
			case !errors.Is(err, identity.ErrTaken):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if linked.Load() != 1 {
		t.Fatalf("%d links", linked.Load())
	}
	found, err := store.Find(t.Context(), ada.TenantID, "https://a.example", "s-1")
	if err != nil || found.UsedAt != nil {
		t.Fatalf("found %+v, %v", found, err)
	}
	for _, other := range [][2]string{{"https://b.example", "s-1"}, {"https://a.example", "S-1"}} {
		if _, err := store.Find(t.Context(), ada.TenantID, other[0], other[1]); !errors.Is(err, identity.ErrUnknown) {
			t.Errorf("%v: %v", other, err)
		}
	}
	if err := store.Used(t.Context(), found.ID, noon); err != nil {
		t.Fatal(err)
	}
	if all, err := store.Of(t.Context(), found.UserID); err != nil || len(all) != 1 || all[0].UsedAt == nil {
		t.Errorf("the account has %+v, %v", all, err)
	}
	for _, want := range []int{1, 0} {
		if n, err := store.Remove(t.Context(), found.UserID, "acme"); err != nil || n != want {
			t.Errorf("removed %d, %v; want %d", n, err, want)
		}
	}
}

func TestIdentityStaysInItsTenant(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "login")
	ada := addUser(t, db, "ada@example.org")
	foreign := identity.Identity{TenantID: ada.ID, UserID: ada.ID, Provider: "acme", Issuer: "https://a.example", Subject: "s-1"}
	if err := (identity.Store{DB: db}).Add(t.Context(), foreign, noon); err == nil {
		t.Error("an identity was linked across tenants")
	}
}

// What a flow and a session wait for is taken once, by who wants it.
func TestWhatAProviderIsAskedForIsTakenOnce(t *testing.T) {
	t.Parallel()
	database := harness.NewDatabase(t)
	db, now := database.As(t, "login"), clock.NewFixed(noon)
	flows := flow.Store{DB: db, Box: box(t), Clock: now}
	begun, err := flows.Begin(t.Context(), aFlow("challenge", "https://x/"), "browser")
	if err != nil {
		t.Fatal(err)
	}
	u := addUser(t, db, "ada@example.org")
	sessions := session.Store{DB: db, Cache: noCache{}, Clock: now, Box: box(t)}
	signedIn, _, err := sessions.Create(t.Context(), db, session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{"pwd"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, place := range map[string]struct {
		keep  func([]byte) error
		take  func(func([]byte) bool) ([]byte, error)
		taken error
	}{
		"flow": {
			func(v []byte) error { return flows.KeepProvider(t.Context(), begun.ID, v) },
			func(w func([]byte) bool) ([]byte, error) { return flows.TakeProvider(t.Context(), begun.ID, w) }, flow.ErrTaken,
		},
		"session": {
			func(v []byte) error { return sessions.KeepProvider(t.Context(), signedIn.ID, v) },
			func(w func([]byte) bool) ([]byte, error) {
				return sessions.TakeProvider(t.Context(), signedIn.ID, w)
			}, session.ErrTaken,
		},
	} {
		wanted := func(want string) func([]byte) bool { return func(v []byte) bool { return string(v) == want } }
		if _, err := place.take(wanted("nothing")); !errors.Is(err, place.taken) {
			t.Errorf("%s: nothing was kept: %v", name, err)
		}
		if err := errors.Join(place.keep([]byte("former")), place.keep([]byte("the-verifier"))); err != nil {
			t.Fatal(err)
		}
		if _, err := place.take(wanted("former")); !errors.Is(err, place.taken) {
			t.Errorf("%s: what was replaced: %v", name, err)
		}
		readable(t, database.Owner(t), name+"s", "the-verifier")
		var wg sync.WaitGroup
		var taken atomic.Int64
		for range 50 {
			wg.Go(func() {
				switch value, err := place.take(wanted("the-verifier")); {
				case err == nil && string(value) == "the-verifier":
					taken.Add(1)
				case !errors.Is(err, place.taken):
					t.Errorf("%s: %q, %v", name, value, err)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 1 {
			t.Errorf("%s: taken %d times", name, taken.Load())
		}
	}
}

// readable fails the test if a sealed column shows the text.
func readable(t *testing.T, db *bun.DB, table, text string) {
	t.Helper()
	var rows []string
	if err := db.NewRaw("SELECT encode(provider, 'escape') FROM ?", bun.Ident(table)).Scan(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if contains(row, text) {
			t.Errorf("%s shows %q", table, text)
		}
	}
}
