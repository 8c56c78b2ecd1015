package storage_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/revocation"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

// ending is a person with a session, at a Hydra that does what the test says.
type ending struct {
	t       *testing.T
	db      harness.Database
	login   *bun.DB
	user    account.User
	session session.Session
	revoker revocation.Revoker
	by      revocation.By
	// fails says which of the requests to take back all that was granted fail, from 1.
	fails func(n int64) bool
	asked atomic.Int64
	// takenBack are the applications of which it was taken back alone.
	takenBack []string
}

func beginEnding(t *testing.T) *ending {
	t.Helper()
	db := harness.NewDatabase(t)
	e := &ending{
		t: t, db: db, login: db.As(t, "login"), fails: func(int64) bool { return false },
		by: revocation.By{TenantID: defaultTenant, ActorKind: audit.ActorSystem, ActorID: "test"},
	}
	e.user = addUser(t, e.login, "ada@example.org")
	server := httptest.NewServer(http.HandlerFunc(e.answer))
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.NewFixed(noon)
	e.revoker = revocation.Revoker{
		DB: e.login, Hydra: hydra.New(at), Clock: now,
		Sessions: session.Store{DB: e.login, Cache: noCache{}, Clock: now},
	}
	begun := session.Session{TenantID: defaultTenant, UserID: e.user.ID, AMR: []string{"pwd"}}
	if e.session, _, err = e.revoker.Sessions.Create(t.Context(), e.login, begun); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *ending) answer(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("[]"))
		return
	case query.Get("client") != "":
		e.takenBack = append(e.takenBack, query.Get("client"))
	case query.Get("all") == "true" && e.fails(e.asked.Add(1)):
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// account ends everything of the person, and reports whether it was committed.
func (e *ending) account() (committed bool, err error) {
	e.t.Helper()
	err = e.revoker.Account(e.t.Context(), e.by, e.user.ID, func(context.Context, postgres.IDB) error { return nil })
	_, gone := e.revoker.Sessions.ByID(e.t.Context(), e.session.ID)
	return errors.Is(gone, session.ErrNone), err
}

func TestWhatWasGrantedMeanwhileIsTriedAgain(t *testing.T) {
	t.Parallel()
	e := beginEnding(t)
	// The first comes before the commit.
	e.fails = func(n int64) bool { return n == 2 }
	if committed, err := e.account(); !committed || err != nil || e.asked.Load() != 3 {
		t.Errorf("got %t, %v after %d requests", committed, err, e.asked.Load())
	}
}

func TestWhatMayLiveOnIsNoSuccess(t *testing.T) {
	t.Parallel()
	e := beginEnding(t)
	e.fails = func(n int64) bool { return n >= 2 && n <= 4 }
	committed, err := e.account()
	if !committed || !errors.Is(err, revocation.ErrUnfinished) || !errors.Is(err, hydra.ErrUnavailable) {
		t.Errorf("got %t, %v", committed, err)
	}
	if committed, err := e.account(); !committed || err != nil {
		t.Errorf("once more: %t, %v", committed, err)
	}
}

func TestNothingIsCommittedWithoutHydra(t *testing.T) {
	t.Parallel()
	e := beginEnding(t)
	e.fails = func(int64) bool { return true }
	committed, err := e.account()
	if committed || !errors.Is(err, hydra.ErrUnavailable) || errors.Is(err, revocation.ErrUnfinished) {
		t.Errorf("got %t, %v", committed, err)
	}
}

// meanwhile does something each time somebody asks for the time.
type meanwhile struct {
	clock.Clock
	does func()
}

func (m meanwhile) Now() time.Time { m.does(); return m.Clock.Now() }

func TestWhatASessionGrantsWhileItEndsIsTakenBack(t *testing.T) {
	t.Parallel()
	e := beginEnding(t)
	e.revoker.DB = e.db.Owner(t)
	e.revoker.Sessions.DB = e.revoker.DB
	// Its end is recorded in the transaction that ends it.
	e.revoker.Clock = meanwhile{e.revoker.Clock, func() {
		granted := audit.Event{
			TenantID: defaultTenant, Action: audit.ActionConsentGranted, Outcome: audit.Success, ActorKind: audit.ActorUser,
			ActorID: e.user.ID.String(), SubjectID: e.user.ID.String(), ClientID: "late",
			Detail: map[string]string{audit.DetailSession: e.session.ID.String()},
		}
		if err := audit.Append(t.Context(), e.login, noon, granted); err != nil {
			t.Error(err)
		}
	}}
	if err := e.revoker.Session(t.Context(), e.by, e.user.ID, e.session.ID); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(e.takenBack, []string{"late"}) {
		t.Errorf("taken back: %v", e.takenBack)
	}
}
