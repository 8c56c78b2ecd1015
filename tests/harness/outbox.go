package harness

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/tenant"
)

// AddMail leaves a mail in the outbox and knocks for nobody.
func (s *System) AddMail(t testing.TB, m outbox.Mail) {
	t.Helper()
	home, err := (tenant.Store{DB: s.db}).BySlug(t.Context(), tenant.Default)
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.New([]string{MasterKey()})
	if err != nil {
		t.Fatal(err)
	}
	store := outbox.Store{Box: box, Clock: clock.System()}
	err = s.db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error { return store.AddMail(ctx, tx, home.ID, m) })
	if err != nil {
		t.Fatal(err)
	}
}
