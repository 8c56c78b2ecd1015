package storage_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/postgres"
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

// signIn is what CreateOnce gave.
type signIn struct {
	session.Session
	token session.Token
	first bool
}

// beginAtOnce begins a session fifty times at once, each in a transaction of its own,
// which after decides over. It returns what those were given whose transactions stayed.
func beginAtOnce(
	t *testing.T, store session.Store, ask func(i int) (session.Session, []string), after func(context.Context, postgres.IDB, signIn) error,
) (all []signIn) {
	t.Helper()
	const together = 50
	given, errs := make([]signIn, together), make([]error, together)
	start := make(chan struct{})
	var wait sync.WaitGroup
	for i := range given {
		s, words := ask(i)
		wait.Go(func() {
			<-start
			errs[i] = postgres.InTx(t.Context(), store.DB, func(ctx context.Context, tx postgres.IDB) (err error) {
				b := &given[i]
				if b.Session, b.token, b.first, err = store.CreateOnce(ctx, tx, s, words...); err != nil {
					return err
				}
				return after(ctx, tx, *b)
			})
		})
	}
	close(start)
	wait.Wait()
	for i, b := range given {
		if errs[i] == nil {
			all = append(all, b)
		} else if !errors.Is(errs[i], errDown) {
			t.Errorf("number %d: %v", i, errs[i])
		}
	}
	return all
}

// signingIn is a store, and a session that somebody may begin in it.
func signingIn(t *testing.T) (session.Store, session.Session) {
	t.Helper()
	db := harness.NewDatabase(t).As(t, "login")
	u := addUser(t, db, "ada@example.org")
	return session.Store{DB: db, Cache: noCache{}, Clock: clock.NewFixed(noon), Box: box(t)},
		session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{"pwd"}}
}

// oneOf fails the test unless all were given one session and one token, and one of them
// has begun it.
func oneOf(t *testing.T, store session.Store, all []signIn) session.Session {
	t.Helper()
	first := 0
	for _, b := range all {
		if b.ID != all[0].ID || b.token != all[0].token {
			t.Errorf("one was given %v, another one %v; the same token: %t", all[0].ID, b.ID, b.token == all[0].token)
		}
		if b.first {
			first++
		}
	}
	if first != 1 {
		t.Errorf("it was begun %d times", first)
	}
	found, err := store.ByToken(t.Context(), all[0].token)
	if err != nil || found.ID != all[0].ID {
		t.Errorf("the token leads to %v, %v", found.ID, err)
	}
	return found
}

// living fails the test unless so many sessions of the person live.
func living(t *testing.T, store session.Store, of session.Session, want int) {
	t.Helper()
	if all, err := store.Of(t.Context(), of.UserID); err != nil || len(all) != want {
		t.Errorf("%d sessions live, want %d; %v", len(all), want, err)
	}
}

func TestSessionBeginsOnceOfFifty(t *testing.T) {
	t.Parallel()
	store, ada := signingIn(t)
	all := beginAtOnce(t, store, func(int) (session.Session, []string) { return ada, []string{"browser", "flow"} },
		func(context.Context, postgres.IDB, signIn) error { return nil })
	if len(all) != 50 {
		t.Fatalf("%d of fifty were given a session", len(all))
	}
	oneOf(t, store, all)
	living(t, store, ada, 1)
}

func TestSessionThatIsTakenBackBeginsWithTheNext(t *testing.T) {
	t.Parallel()
	store, ada := signingIn(t)
	var lost atomic.Pointer[signIn]
	all := beginAtOnce(t, store, func(int) (session.Session, []string) { return ada, []string{"browser", "flow"} },
		func(ctx context.Context, tx postgres.IDB, b signIn) error {
			if !lost.CompareAndSwap(nil, &b) {
				return nil
			}
			return errors.Join(harness.AwaitWaiter(ctx, tx, func() bool { return false }), errDown)
		})
	if len(all) != 49 {
		t.Fatalf("%d of forty-nine were given a session", len(all))
	}
	former := lost.Load()
	if found := oneOf(t, store, all); !former.first || found.ID == former.ID {
		t.Errorf("begun %t, and taken back: %v; then %v", former.first, former.ID, found.ID)
	}
	living(t, store, ada, 1)
}

// Whether to be remembered is asked by the same form: who sends it in two ways has asked
// for two sessions.
func TestSessionToRememberIsAnotherOne(t *testing.T) {
	t.Parallel()
	store, ada := signingIn(t)
	all := beginAtOnce(t, store, func(i int) (session.Session, []string) {
		if i%2 == 0 {
			return ada, []string{"browser", "flow", "false"}
		}
		kept := ada
		kept.Remembered = true
		return kept, []string{"browser", "flow", "true"}
	}, func(context.Context, postgres.IDB, signIn) error { return nil })
	ways := map[bool][]signIn{}
	for _, b := range all {
		ways[b.Remembered] = append(ways[b.Remembered], b)
	}
	if len(ways[false]) != 25 || len(ways[true]) != 25 {
		t.Fatalf("of fifty %d are remembered, %d are not", len(ways[true]), len(ways[false]))
	}
	forgotten, kept := oneOf(t, store, ways[false]), oneOf(t, store, ways[true])
	if forgotten.Remembered || !kept.Remembered || forgotten.ID == kept.ID {
		t.Errorf("%v and %v, to be remembered: %t and %t", forgotten.ID, kept.ID, forgotten.Remembered, kept.Remembered)
	}
	living(t, store, ada, 2)
}

func TestStepUpHappensOnceForTheSameWords(t *testing.T) {
	t.Parallel()
	store, ada := signingIn(t)
	begun, former, err := store.Create(t.Context(), store.DB, ada)
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[session.Token]bool{former: true}
	for i, words := range [][]string{{"browser", "flow"}, {"browser", "flow"}, {"browser", "other"}} {
		was, is, token, err := store.StepUp(t.Context(), store.DB, begun.ID, []string{"otp", "mfa"}, words...)
		if again := i == 1; err != nil || tokens[token] != again || (string(was.TokenHash) == string(is.TokenHash)) != again {
			t.Errorf("%d: %v, %v, %v", i, was.TokenHash, is.TokenHash, err)
		}
		tokens[token] = true
		if found, err := store.ByToken(t.Context(), token); err != nil || !found.TwoFactors() {
			t.Errorf("%d: %+v, %v", i, found, err)
		}
	}
}
