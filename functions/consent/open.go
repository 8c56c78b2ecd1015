package consent

import (
	"context"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/grant"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/revocation"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

const name = "consent"

// Spec is the function.
var Spec = serve.Spec{Name: name, Open: open}

func open(_ context.Context, setup serve.Setup) (serve.Function, error) {
	s, err := readSettings(setup.Lookup)
	if err != nil {
		return nil, err
	}
	f := &Function{
		settings: s,
		clock:    setup.Clock,
		pages:    browser.NewPages(setup.Log),
		cookies:  browser.CookiesFor(s.public),
		tenants:  tenant.Store{DB: s.db},
		accounts: account.Store{DB: s.db},
		sessions: session.Store{DB: s.db, Cache: setup.Metrics.Counted("session", s.cache), Clock: setup.Clock},
		revoker: revocation.Revoker{
			DB: s.db, Hydra: s.hydra, Board: revoked.Board{Numbers: s.cache}, Clock: setup.Clock,
		},
		flows:   flow.Store{DB: s.db, Box: s.box, Clock: setup.Clock},
		answers: flow.Answers{DB: s.db, Box: s.box, Clock: setup.Clock},
		rules:   grant.Warner{Log: setup.Log},
		parts: serve.Parts{
			"postgres": func(ctx context.Context) error { return postgres.Ping(ctx, s.db) },
			"hydra":    s.hydra.Ready,
		},
	}
	f.handler = f.routes()
	return f, nil
}
