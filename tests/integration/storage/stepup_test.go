package storage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

func TestStepUpChangesTheToken(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "login")
	now := clock.NewFixed(noon)
	store := session.Store{DB: db, Cache: noCache{}, Clock: now, Box: box(t)}
	u := addUser(t, db, "ada@example.org")
	begun, before, err := store.Create(t.Context(), db, session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{"pwd"}})
	if err != nil {
		t.Fatal(err)
	}
	now.Advance(time.Hour)
	was, is, after, err := store.StepUp(t.Context(), db, begun.ID, []string{"pwd", "otp", "mfa"})
	if err != nil || string(was.TokenHash) != string(before.Hash()) || string(is.TokenHash) != string(after.Hash()) {
		t.Fatalf("%+v, %+v, %v", was, is, err)
	}
	if _, err := store.ByToken(t.Context(), before); !errors.Is(err, session.ErrNone) {
		t.Errorf("the former token: %v", err)
	}
	found, err := store.ByToken(t.Context(), after)
	if err != nil || found.ID != begun.ID || strings.Join(found.AMR, " ") != "pwd otp mfa" || !found.AuthenticatedAt.Equal(noon) || !found.TwoFactors() {
		t.Errorf("%+v, %v", found, err)
	}
	if err := store.End(t.Context(), begun.ID, noRecord); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := store.StepUp(t.Context(), db, begun.ID, []string{"otp"}); !errors.Is(err, session.ErrNone) {
		t.Errorf("an ended session: %v", err)
	}
}

// One that was copied from the browser before must be worth nothing after it, whatever is
// sent once more.
func TestATokenThatASessionHasHadNeverComesBack(t *testing.T) {
	t.Parallel()
	store, ada := signingIn(t)
	begin := func() (session.Session, session.Token) {
		begun, token, _, err := store.CreateOnce(t.Context(), store.DB, ada, "browser", "flow")
		if err != nil {
			t.Fatal(err)
		}
		return begun, token
	}
	begun, token := begin()
	had := map[session.Token]bool{token: true}
	for i, c := range []struct{ flow, method string }{{"one", "otp"}, {"another", "otp"}, {"one", "otp"}, {"one", "swk"}} {
		_, is, token, err := store.StepUp(t.Context(), store.DB, begun.ID, []string{c.method, "mfa"}, "browser", c.flow)
		if err != nil || had[token] || !slices.Contains(is.AMR, c.method) {
			t.Errorf("%d: a token it has had before: %t, with %v, %v", i, had[token], is.AMR, err)
		}
		had[token] = true
	}
	if again, token := begin(); again.ID == begun.ID || had[token] {
		t.Errorf("the sign-in sent once more begins %v, with a token that there was: %t", again.ID, had[token])
	}
}
