package storage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/tests/harness"
)

// An owner who cannot sign in is nobody who may let another one in.
func TestLastOwnerWhoCanSignInStays(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	admin, login := db.As(t, "admin"), db.As(t, "login")
	last, other := addUser(t, login, "last@example.org"), addUser(t, login, "other@example.org")
	put := func(u account.User, role administrator.Role) error {
		return inTx(t, admin, func(ctx context.Context, tx bun.Tx) error {
			return administrator.Store{DB: tx}.Put(ctx, administrator.Grant{TenantID: u.TenantID, UserID: u.ID, Role: role, GrantedAt: noon})
		})
	}
	if err := errors.Join(put(last, administrator.Owner), put(other, administrator.Owner)); err != nil {
		t.Fatal(err)
	}
	accounts := account.Store{DB: admin}
	owner := db.Owner(t)
	for name, c := range map[string]struct{ out, in func() error }{
		"blocked": {
			func() error { return accounts.Block(t.Context(), other.ID, noon) },
			func() error { return accounts.Unblock(t.Context(), other.ID, noon) },
		},
		"leaving": {
			func() error { return accounts.Leave(t.Context(), other.ID, noon, noon) },
			func() error { return accounts.Stay(t.Context(), other.ID, noon) },
		},
		"not entered": {
			func() error {
				_, err := owner.NewRaw("UPDATE users SET invited_at = now() WHERE id = ?", other.ID).Exec(t.Context())
				return err
			},
			func() error {
				_, err := owner.NewRaw("UPDATE users SET invited_at = NULL WHERE id = ?", other.ID).Exec(t.Context())
				return err
			},
		},
	} {
		if err := c.out(); err != nil {
			t.Fatal(err)
		}
		// The function that signs people in asks it when somebody leaves.
		for role, db := range map[string]*bun.DB{"admin": admin, "login": login} {
			if err := (administrator.Store{DB: db}).Spare(t.Context(), last.ID); !errors.Is(err, administrator.ErrLastOwner) {
				t.Errorf("with another who is %s, %s spares the last owner: %v", name, role, err)
			}
		}
		if err := put(last, administrator.Viewer); !errors.Is(err, administrator.ErrLastOwner) {
			t.Errorf("with another who is %s, the last owner becomes a viewer: %v", name, err)
		}
		if err := c.in(); err != nil {
			t.Fatal(err)
		}
		if err := (administrator.Store{DB: login}).Spare(t.Context(), last.ID); err != nil {
			t.Errorf("with another who can sign in: %v", err)
		}
	}
}

// A file changes what it says, and what somebody has changed meanwhile stays.
func TestDescriptionWritesWhatIsGiven(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	admin := db.As(t, "admin")
	u := addUser(t, db.As(t, "login"), "ada@example.org")
	if _, err := db.Owner(t).NewRaw("UPDATE users SET locale = 'ko', roles = '{editor}' WHERE id = ?", u.ID).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	store, name := account.Store{DB: admin}, "Countess"
	if err := store.DescribeMany(t.Context(), []account.Description{{ID: u.ID, Name: &name}}, noon); err != nil {
		t.Fatal(err)
	}
	is, err := store.ByID(t.Context(), u.ID)
	if err != nil || is.Name != name || is.Locale != "ko" || len(is.Roles) != 1 {
		t.Errorf("it has become %+v, %v", is, err)
	}
	if err := store.DescribeMany(t.Context(), []account.Description{{ID: u.ID, Roles: []string{}}}, noon); err != nil {
		t.Fatal(err)
	}
	if is, err := store.ByID(t.Context(), u.ID); err != nil || is.Name != name || len(is.Roles) != 0 {
		t.Errorf("without roles it is %+v, %v", is, err)
	}
	err = inTx(t, admin, func(ctx context.Context, tx bun.Tx) error {
		if _, err := (account.Store{DB: tx}).Known(ctx, u.TenantID, []string{account.EmailKey(u.Email)}, true); err != nil {
			return err
		}
		held := inTx(t, admin, func(ctx context.Context, other bun.Tx) error {
			if _, err := other.NewRaw("SET LOCAL lock_timeout = '50ms'").Exec(ctx); err != nil {
				t.Error(err)
			}
			return account.Store{DB: other}.Block(ctx, u.ID, noon)
		})
		if held == nil {
			t.Error("an account was changed while a file changes it")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// What was taken back is in the log, or was not taken back.
func TestConsentThatCannotBeRecordedStays(t *testing.T) {
	t.Parallel()
	e := beginEnding(t)
	by := e.by
	by.ActorKind = "nobody"
	if err := e.revoker.Grant(t.Context(), by, e.user.ID, "shop"); err == nil || len(e.takenBack) != 0 {
		t.Errorf("%v was taken back, %v", e.takenBack, err)
	}
	if err := e.revoker.Grant(t.Context(), e.by, e.user.ID, "shop"); err != nil || len(e.takenBack) != 1 {
		t.Errorf("%v was taken back, %v", e.takenBack, err)
	}
}

// An address that an administrator vouches for is the person's when they show it.
func TestAddressIsVouchedForUntilItIsShown(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	admin, login := account.Store{DB: db.As(t, "admin")}, account.Store{DB: db.As(t, "login")}
	later := noon.Add(time.Hour)
	made := account.User{ID: uuid.New(), TenantID: defaultTenant, Email: "ada@example.org", EmailVerifiedAt: &later, CreatedAt: noon, UpdatedAt: noon}
	if _, err := admin.CreateMany(t.Context(), []account.User{made}); err != nil {
		t.Fatal(err)
	}
	vouched := func(want bool) {
		t.Helper()
		if is, err := admin.Vouched(t.Context(), made.ID); err != nil || is != want {
			t.Errorf("vouched is %t, %v", is, err)
		}
	}
	vouched(true)
	if err := login.VerifyEmail(t.Context(), made.ID, made.Email, noon); err != nil {
		t.Fatal(err)
	}
	vouched(false)
	made.Name = "Countess"
	if err := admin.Edit(t.Context(), made, noon); err != nil {
		t.Fatal(err)
	}
	vouched(false)
	made.Email = "countess@example.org"
	if err := admin.Edit(t.Context(), made, noon); err != nil {
		t.Fatal(err)
	}
	vouched(true)
	if err := login.ChangeEmail(t.Context(), made, "grace@example.org", noon); err != nil {
		t.Fatal(err)
	}
	vouched(false)
}
