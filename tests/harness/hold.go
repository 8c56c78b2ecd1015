package harness

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"
)

// Held is an account that somebody else is changing.
type Held struct {
	t   testing.TB
	s   *System
	tx  bun.Tx
	pid int
	id  string
}

// Hold begins to change an account: who comes to change it as well waits.
func (s *System) Hold(t testing.TB, email string) *Held {
	t.Helper()
	u, err := s.account(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	// The transaction outlives the test's context, which ends before what is cleaned up.
	tx, err := s.db.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	h := &Held{t: t, s: s, tx: tx, id: u.ID.String()}
	if err := tx.NewRaw("SELECT pg_backend_pid() FROM users WHERE id = ? FOR UPDATE", h.id).Scan(t.Context(), &h.pid); err != nil {
		t.Fatal(err)
	}
	return h
}

// AwaitWaiting waits until somebody waits for the account.
func (h *Held) AwaitWaiting() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), mailWithin)
	defer cancel()
	look := time.NewTicker(mailPoll)
	defer look.Stop()
	for {
		var waiting int
		err := h.s.db.NewRaw("SELECT count(*) FROM pg_stat_activity WHERE ? = ANY (pg_blocking_pids(pid))", h.pid).Scan(ctx, &waiting)
		if err == nil && waiting > 0 {
			return
		}
		if err != nil && ctx.Err() == nil {
			h.t.Fatal(err)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			h.t.Fatal("harness: nobody waits for the account")
		}
	}
}

// Release does the change, statements in which ? is the account's id, and lets those who
// wait go on.
func (h *Held) Release(statements ...string) {
	h.t.Helper()
	for _, statement := range statements {
		if _, err := h.tx.NewRaw(statement, h.id).Exec(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := h.tx.Commit(); err != nil {
		h.t.Fatal(err)
	}
}
