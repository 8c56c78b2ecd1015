package admin

import (
	"context"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/revocation"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/session"
)

const name = "admin"

// Spec is the function.
var Spec = serve.Spec{Name: name, Open: open, Longest: longest}

func open(ctx context.Context, setup serve.Setup) (serve.Function, error) {
	s, err := readSettings(setup.Lookup)
	if err != nil {
		return nil, err
	}
	contract, err := access.Load(document)
	if err != nil {
		return nil, err
	}
	board := revoked.Board{Numbers: s.cache}
	f := &Function{
		settings: s,
		clock:    setup.Clock,
		problems: problem.Writer{Log: setup.Log},
		cookies:  browser.CookiesFor(s.public),
		sessions: session.Store{DB: s.db, Cache: setup.Metrics.Counted("session", s.cache), Clock: setup.Clock, Board: board},
		parts: serve.Parts{
			"postgres": func(ctx context.Context) error { return postgres.Ping(ctx, s.db) },
			"hydra":    s.hydra.Ready,
		},
	}
	f.revoker = revocation.Revoker{DB: s.db, Hydra: s.hydra, Sessions: f.sessions, Board: board, Clock: setup.Clock}
	f.leaving, f.leave = context.WithCancel(ctx)
	f.handler = f.routes(contract)
	return f, nil
}
