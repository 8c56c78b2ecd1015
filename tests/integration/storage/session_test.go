package storage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/cache"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

var errDown = errors.New("redis is down")

func noRecord(context.Context, bun.IDB, session.Session) error { return nil }

func TestSessions(t *testing.T) {
	t.Parallel()
	redis, err := cache.Open(harness.Redis(t), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Close() })
	for name, c := range map[string]session.Cache{"with Redis": redis, "without Redis": noCache{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := harness.NewDatabase(t).As(t, "login")
			now := clock.NewFixed(noon)
			store := session.Store{DB: db, Cache: c, Clock: now}
			u := addUser(t, db, "ada@example.org")
			begun, token, err := store.Create(t.Context(), db, session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{"pwd"}})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				found, err := store.ByToken(t.Context(), token)
				if err != nil || found.ID != begun.ID || found.UserID != u.ID || len(found.AMR) != 1 {
					t.Fatalf("got %+v, %v", found, err)
				}
			}

			now.Advance(session.Idle - time.Minute)
			if _, err := store.ByToken(t.Context(), token); err != nil {
				t.Errorf("used within the idle time: %v", err)
			}
			now.Advance(session.Idle - time.Minute)
			if _, err := store.ByToken(t.Context(), token); err != nil {
				t.Errorf("use did not move the idle end: %v", err)
			}

			if err := store.End(t.Context(), begun.ID, noRecord); err != nil {
				t.Fatal(err)
			}
			if _, err := store.ByToken(t.Context(), token); !errors.Is(err, session.ErrNone) {
				t.Errorf("an ended session: %v", err)
			}
			if err := store.End(t.Context(), begun.ID, func(context.Context, bun.IDB, session.Session) error {
				t.Error("ending an ended session was recorded again")
				return nil
			}); err != nil {
				t.Errorf("ending it again: %v", err)
			}
			if err := store.End(t.Context(), uuid.New(), noRecord); err != nil {
				t.Errorf("ending an unknown session: %v", err)
			}
		})
	}
}

func TestUnusedSessionEnds(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "login")
	now := clock.NewFixed(noon)
	store := session.Store{DB: db, Cache: noCache{}, Clock: now}
	u := addUser(t, db, "ada@example.org")
	_, token, err := store.Create(t.Context(), db, session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{"pwd"}})
	if err != nil {
		t.Fatal(err)
	}
	now.Advance(session.Idle)
	if _, err := store.ByToken(t.Context(), token); !errors.Is(err, session.ErrNone) {
		t.Errorf("got %v", err)
	}
	if _, err := store.ByToken(t.Context(), session.NewToken()); !errors.Is(err, session.ErrNone) {
		t.Errorf("a made-up token: %v", err)
	}
}

func TestFailedRecordKeepsTheSession(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t).As(t, "login")
	store := session.Store{DB: db, Cache: noCache{}, Clock: clock.NewFixed(noon)}
	u := addUser(t, db, "ada@example.org")
	begun, token, err := store.Create(t.Context(), db, session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{"pwd"}})
	if err != nil {
		t.Fatal(err)
	}
	fail := func(context.Context, bun.IDB, session.Session) error { return errDown }
	if err := store.End(t.Context(), begun.ID, fail); !errors.Is(err, errDown) {
		t.Fatalf("got %v", err)
	}
	if _, err := store.ByToken(t.Context(), token); err != nil {
		t.Errorf("the session ended without its record: %v", err)
	}
}

func TestEndAllEndsThePersonsOtherSessions(t *testing.T) {
	t.Parallel()
	redis, err := cache.Open(harness.Redis(t), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Close() })
	db := harness.NewDatabase(t).As(t, "login")
	store := session.Store{DB: db, Cache: redis, Clock: clock.NewFixed(noon)}
	ada, grace := addUser(t, db, "ada@example.org"), addUser(t, db, "grace@example.org")
	var sessions []session.Session
	var tokens []session.Token
	for _, u := range []account.User{ada, ada, ada, grace} {
		begun, token, err := store.Create(t.Context(), db, session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{"pwd"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.ByToken(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		sessions, tokens = append(sessions, begun), append(tokens, token)
	}
	ended, err := store.EndAll(t.Context(), db, ada.ID, sessions[0].ID)
	if err != nil || len(ended) != 2 {
		t.Fatalf("ended %v, %v", ended, err)
	}
	store.Forget(t.Context(), ended)
	for i, want := range []error{nil, session.ErrNone, session.ErrNone, nil} {
		if _, err := store.ByToken(t.Context(), tokens[i]); !errors.Is(err, want) {
			t.Errorf("session %d: %v", i, err)
		}
	}
	if ended, err = store.EndAll(t.Context(), db, ada.ID, uuid.Nil); err != nil || len(ended) != 1 || ended[0].UserID != ada.ID {
		t.Errorf("without an exception: %v, %v", ended, err)
	}
	store.Forget(t.Context(), nil)
}
