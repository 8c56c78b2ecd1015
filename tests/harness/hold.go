package harness

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun"
)

// Held is an account that somebody else is changing.
type Held struct {
	t  testing.TB
	tx bun.Tx
	id string
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
	h := &Held{t: t, tx: tx, id: u.ID.String()}
	if _, err := tx.NewRaw("SELECT FROM users WHERE id = ? FOR UPDATE", h.id).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// AwaitWaiting waits until somebody waits for the account.
func (h *Held) AwaitWaiting() {
	h.t.Helper()
	if err := AwaitWaiter(h.t.Context(), h.tx, func() bool { return false }); err != nil {
		h.t.Fatal(err)
	}
}

// AwaitWaiter waits until somebody waits for what a transaction has locked, or until they
// are known not to.
func AwaitWaiter(ctx context.Context, tx bun.IDB, ended func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, mailWithin)
	defer cancel()
	look := time.NewTicker(mailPoll)
	defer look.Stop()
	for !ended() {
		var waits bool
		err := tx.NewRaw("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))").Scan(ctx, &waits)
		if err != nil || waits {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return errors.New("harness: nobody waits")
		}
	}
	return nil
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
