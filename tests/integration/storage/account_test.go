package storage_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

func TestOneAddressIsOneAccount(t *testing.T) {
	t.Parallel()
	store := account.Store{DB: harness.NewDatabase(t).As(t, "login")}
	var wg sync.WaitGroup
	var created, taken atomic.Int64
	for i := range 50 {
		email := "ada@example.org"
		if i%2 == 1 {
			email = "ADA@Example.org"
		}
		wg.Go(func() {
			err := store.Create(t.Context(), account.User{ID: uuid.New(), TenantID: defaultTenant, Email: email, CreatedAt: noon, UpdatedAt: noon})
			switch {
			case err == nil:
				created.Add(1)
			case errors.Is(err, account.ErrTaken):
				taken.Add(1)
			default:
				t.Errorf("create: %v", err)
			}
		})
	}
	wg.Wait()
	if created.Load() != 1 || taken.Load() != 49 {
		t.Errorf("%d created, %d taken", created.Load(), taken.Load())
	}
}

func TestAccountsAreFoundInAnySpellingWithinTheirTenant(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "login")
	u := addUser(t, db, "Ada@Example.org")
	store := account.Store{DB: db}
	found, err := store.ByEmail(t.Context(), defaultTenant, "ada@example.ORG")
	if err != nil || found.ID != u.ID || found.Email != "Ada@Example.org" {
		t.Errorf("got %+v, %v", found, err)
	}
	if _, err := store.ByEmail(t.Context(), uuid.New(), "Ada@Example.org"); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("another tenant finds the account: %v", err)
	}
	if _, err := store.ByID(t.Context(), uuid.New()); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("an unknown id: %v", err)
	}
}

func TestPasswordIsReplaced(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "login")
	u := addUser(t, db, "ada@example.org")
	store := credential.Store{DB: db}
	if hash, err := store.PasswordHash(t.Context(), u.ID); hash != "" || err != nil {
		t.Errorf("before: %q, %v", hash, err)
	}
	for _, hash := range []string{"first", "second"} {
		if err := store.SetPassword(t.Context(), u.TenantID, u.ID, hash, noon); err != nil {
			t.Fatal(err)
		}
		if got, err := store.PasswordHash(t.Context(), u.ID); got != hash || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := store.SetPassword(t.Context(), uuid.New(), u.ID, "x", noon); err == nil {
		t.Error("a credential was attached across tenants")
	}
}

func TestTenants(t *testing.T) {
	t.Parallel()
	store := tenant.Store{DB: harness.NewDatabase(t).As(t, "login")}
	for _, slug := range []string{"", tenant.Default} {
		if found, err := store.BySlug(t.Context(), slug); err != nil || found.ID != defaultTenant {
			t.Errorf("%q: %+v, %v", slug, found, err)
		}
	}
	if _, err := store.BySlug(t.Context(), "nobody"); !errors.Is(err, tenant.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}
