package harness

import (
	"net/url"
	"testing"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/revocation"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/session"
)

// Revoker ends things as a function of the system does.
func (s *System) Revoker(t testing.TB) revocation.Revoker {
	t.Helper()
	admin, err := url.Parse(s.Endpoints.HydraAdminURL)
	if err != nil {
		t.Fatal(err)
	}
	board := revoked.Board{Numbers: s.cache}
	return revocation.Revoker{
		DB: s.db, Hydra: hydra.New(admin), Board: board, Clock: clock.System(),
		Sessions: session.Store{DB: s.db, Cache: s.cache, Clock: clock.System(), Board: board},
	}
}

// TryArrive is Arrive for a code that may not be redeemed.
func (a *App) TryArrive(t testing.TB, p *Page) error {
	t.Helper()
	if !a.At(p) {
		t.Fatalf("the visitor is not at the application but at %s (%d): %s", p.URL.Path, p.Status, p.Text())
	}
	_, err := a.arrive(t.Context(), p.URL.Query())
	return err
}
