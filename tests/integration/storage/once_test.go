package storage_test

import (
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

func TestSessionBeginsOnceForTheSameWords(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "login")
	now := clock.NewFixed(noon)
	store := session.Store{DB: db, Cache: noCache{}, Clock: now, Box: box(t)}
	u, other := addUser(t, db, "ada@example.org"), addUser(t, db, "eve@example.org")
	seen := map[session.Token]bool{}
	begin := func(s session.Session, words ...string) (session.Session, session.Token, bool) {
		t.Helper()
		s.TenantID, s.AMR = u.TenantID, []string{"pwd"}
		begun, token, first, err := store.CreateOnce(t.Context(), db, s, words...)
		if err != nil {
			t.Fatal(err)
		}
		found, err := store.ByToken(t.Context(), token)
		if err != nil || found.ID != begun.ID || first == seen[token] {
			t.Errorf("%v: begun %t; its token leads to %v, %v", words, first, found.ID, err)
		}
		seen[token] = true
		return begun, token, first
	}
	ada := session.Session{UserID: u.ID}
	one, token, _ := begin(ada, "browser", "flow")
	if again, same, first := begin(ada, "browser", "flow"); first || again.ID != one.ID || same != token {
		t.Errorf("sent twice: %t, %v and %v", first, one.ID, again.ID)
	}
	for name, begun := range map[string]func() (session.Session, session.Token, bool){
		"another browser":              func() (session.Session, session.Token, bool) { return begin(ada, "other", "flow") },
		"another flow":                 func() (session.Session, session.Token, bool) { return begin(ada, "browser", "other") },
		"words that are put otherwise": func() (session.Session, session.Token, bool) { return begin(ada, "browserflow") },
		"somebody else, by some chance": func() (session.Session, session.Token, bool) {
			return begin(session.Session{UserID: other.ID}, "browser", "flow")
		},
	} {
		if another, _, first := begun(); !first || another.ID == one.ID {
			t.Errorf("%s: begun %t", name, first)
		}
	}
	now.Advance(time.Minute)
	if later, _, first := begin(ada, "browser", "flow"); !first || later.ID == one.ID {
		t.Errorf("a minute later: begun %t", first)
	}
	two, _, _ := begin(ada, "browser", "third flow")
	if err := store.End(t.Context(), two.ID, noRecord); err != nil {
		t.Fatal(err)
	}
	if after, _, first := begin(ada, "browser", "third flow"); !first || after.ID == two.ID {
		t.Errorf("after its end: begun %t", first)
	}
}

func TestStepUpHappensOnceForTheSameWords(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "login")
	store := session.Store{DB: db, Cache: noCache{}, Clock: clock.NewFixed(noon), Box: box(t)}
	u := addUser(t, db, "ada@example.org")
	begun, former, err := store.Create(t.Context(), db, session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{"pwd"}})
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[session.Token]bool{former: true}
	for i, words := range [][]string{{"browser", "flow"}, {"browser", "flow"}, {"browser", "other"}} {
		was, is, token, err := store.StepUp(t.Context(), db, begun.ID, []string{"otp", "mfa"}, words...)
		if again := i == 1; err != nil || tokens[token] != again || (string(was.TokenHash) == string(is.TokenHash)) != again {
			t.Errorf("%d: %v, %v, %v", i, was.TokenHash, is.TokenHash, err)
		}
		tokens[token] = true
		if found, err := store.ByToken(t.Context(), token); err != nil || !found.TwoFactors() {
			t.Errorf("%d: %+v, %v", i, found, err)
		}
	}
}
