package storage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

func inTx(t *testing.T, db *bun.DB, do func(ctx context.Context, tx bun.Tx) error) error {
	t.Helper()
	return db.RunInTx(t.Context(), nil, do)
}

// A role that thousands have goes away step by step, and stays the tenant's until
// nobody has it.
func TestRoleIsTakenAwayStepByStep(t *testing.T) {
	t.Parallel()
	database := harness.NewDatabase(t)
	admin, owner := database.As(t, "admin"), database.Owner(t)
	now := time.Now()
	home, err := tenant.Store{DB: admin}.BySlug(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = owner.NewRaw(`INSERT INTO users (id, tenant_id, email, email_key, roles)
		SELECT gen_random_uuid(), ?, 'u' || n || '@example.org', 'u' || n || '@example.org', ARRAY['a', 'b'] FROM generate_series(1, ?) AS n`,
		home.ID, tenant.RemovedAtOnce+7).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	roles := tenant.Roles{DB: admin}
	if _, err := roles.Put(t.Context(), tenant.Role{TenantID: home.ID, Name: "a", CreatedAt: now}); err != nil {
		t.Fatal(err)
	}
	if having, err := roles.Having(t.Context(), home.ID); err != nil || having["a"] != (tenant.Having{Accounts: tenant.Counted, More: true}) {
		t.Errorf("%v have it, %v", having, err)
	}
	for _, want := range []struct {
		lost int
		done bool
	}{{tenant.RemovedAtOnce, false}, {7, true}} {
		err := inTx(t, admin, func(ctx context.Context, tx bun.Tx) error {
			lost, done, err := tenant.Roles{DB: tx}.Remove(ctx, home.ID, "a", now)
			if lost != want.lost || done != want.done {
				t.Errorf("%d accounts, done %t, want %+v", lost, done, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := roles.Remove(t.Context(), home.ID, "a", now); !errors.Is(err, tenant.ErrNoRole) {
		t.Errorf("once more: %v", err)
	}
	left, err := owner.NewSelect().Table("users").Where("roles <> ARRAY['b']").Count(t.Context())
	if err != nil || left != 0 {
		t.Errorf("%d accounts have other roles, %v", left, err)
	}
}

// Who gives an account a role keeps it from going away meanwhile.
func TestRoleIsHeldUntilTheCommit(t *testing.T) {
	t.Parallel()
	admin := harness.NewDatabase(t).As(t, "admin")
	home, err := tenant.Store{DB: admin}.BySlug(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (tenant.Roles{DB: admin}).Put(t.Context(), tenant.Role{TenantID: home.ID, Name: "a", CreatedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	err = inTx(t, admin, func(ctx context.Context, tx bun.Tx) error {
		if err := (tenant.Roles{DB: tx}).Hold(ctx, home.ID, []string{"a"}); err != nil {
			return err
		}
		err := inTx(t, admin, func(ctx context.Context, other bun.Tx) error {
			if _, err := other.NewRaw("SET LOCAL lock_timeout = '50ms'").Exec(ctx); err != nil {
				t.Error(err)
			}
			_, _, err := tenant.Roles{DB: other}.Remove(ctx, home.ID, "a", time.Now())
			return err
		})
		if err == nil {
			t.Error("the role was removed while it was held")
		}
		return nil
	})
	if err == nil {
		err = tenant.Roles{DB: admin}.Hold(t.Context(), home.ID, []string{"a", "unknown"})
	}
	if !errors.Is(err, tenant.ErrNoRole) {
		t.Errorf("got %v", err)
	}
}

func TestConfiguredProvidersAreThoseOfTheLast(t *testing.T) {
	t.Parallel()
	database := harness.NewDatabase(t)
	login, admin := tenant.Store{DB: database.As(t, "login")}, tenant.Store{DB: database.As(t, "admin")}
	for _, all := range [][]tenant.Provider{
		{{ID: "old", Name: "Old"}},
		{{ID: "acme", Name: "Acme", Of: []string{"acme"}, Position: 1}, {ID: "google", Name: "Google"}},
	} {
		if err := login.Configure(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	for slug, want := range map[string]int{"acme": 2, "default": 1} {
		if got, err := admin.Configured(t.Context(), slug); err != nil || len(got) != want || got[0].ID != "google" {
			t.Errorf("%s: %+v, %v", slug, got, err)
		}
	}
	if err := login.Configure(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got, err := admin.Configured(t.Context(), "acme"); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestLastOwnerStays(t *testing.T) {
	t.Parallel()
	database := harness.NewDatabase(t)
	admin := database.As(t, "admin")
	one := harness.AddUserIn(t, database, "one@example.org", "One", "correct horse battery")
	two := harness.AddUserIn(t, database, "two@example.org", "Two", "correct horse battery")
	put := func(user uuid.UUID, role administrator.Role) error {
		return inTx(t, admin, func(ctx context.Context, tx bun.Tx) error {
			return administrator.Store{DB: tx}.Put(ctx, administrator.Grant{TenantID: one.TenantID, UserID: user, Role: role, GrantedAt: time.Now()})
		})
	}
	if err := put(one.ID, administrator.Owner); err != nil {
		t.Fatal(err)
	}
	for _, role := range []administrator.Role{administrator.None, administrator.Viewer} {
		if err := put(one.ID, role); !errors.Is(err, administrator.ErrLastOwner) {
			t.Errorf("the last owner becomes %q: %v", role, err)
		}
	}
	if err := errors.Join(put(two.ID, administrator.Owner), put(one.ID, administrator.None)); err != nil {
		t.Errorf("one of two owners: %v", err)
	}
	all, next, err := administrator.Store{DB: admin}.List(t.Context(), nil, "", 10)
	if err != nil || len(all) != 1 || next != "" || all[0].UserID != two.ID || all[0].Email != "two@example.org" {
		t.Errorf("%+v, %q, %v", all, next, err)
	}
}
