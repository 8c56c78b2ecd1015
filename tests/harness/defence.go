package harness

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/tenant"
)

// Breached is a password in the list that Authway brings along.
const Breached = "correcthorsebatterystaple"

// AwaitBreached waits until the list that Authway brings along is there, which
// is a moment after the start.
func (s *System) AwaitBreached(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), mailWithin)
	defer cancel()
	look := time.NewTicker(mailPoll)
	defer look.Stop()
	for {
		listed, err := breached.Store{DB: s.db}.Contains(ctx, Breached)
		if err == nil && listed {
			return
		}
		if err != nil && !errors.Is(err, breached.ErrNone) {
			t.Fatal(err)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatal("harness: the list of breached passwords has not come")
		}
	}
}

// RevokePassword takes the power from an account's password.
func (s *System) RevokePassword(t testing.TB, email string) {
	t.Helper()
	u, err := s.account(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	if err := (credential.Store{DB: s.db}).Revoke(t.Context(), u.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
}

// ExhaustGuesses makes an address of the default tenant look as if its password
// had been guessed at from everywhere, whether it has an account or not.
func (s *System) ExhaustGuesses(t testing.TB, email string) {
	t.Helper()
	home, err := (tenant.Store{DB: s.db}).BySlug(t.Context(), tenant.Default)
	if err != nil {
		t.Fatal(err)
	}
	// Full for hours, so that no test can be too slow to see it.
	full := limit.Rate{Every: 6 * time.Hour, Burst: 1}
	limit.New(s.cache, clock.System()).Take(t.Context(), full, "account", home.ID.String(), account.EmailKey(email))
}

// RemovePassword leaves an account without one.
func (s *System) RemovePassword(t testing.TB, email string) {
	t.Helper()
	u, err := s.account(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	if err := (credential.Store{DB: s.db}).RemovePassword(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
}

// AddUserIn makes an account of the default tenant in a test's own database.
func AddUserIn(t testing.TB, db Database, email, name, password string) account.User {
	t.Helper()
	s := &System{db: db.Owner(t), hasher: credential.NewHasher(0)}
	s.AddUser(t, email, name, password)
	u, err := s.account(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// BrandTenant dresses a tenant.
func (s *System) BrandTenant(t testing.TB, slug string, b tenant.Brand) {
	t.Helper()
	s.exec(t, "UPDATE tenants SET name = ?, brand_accent = ?, brand_logo = ?, brand_support = ? WHERE slug = ?",
		b.Name, b.Accent, b.Logo, b.Support, slug)
}
