package login

import (
	"context"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

const name = "login"

// Spec is the function.
var Spec = serve.Spec{Name: name, Open: open}

func open(_ context.Context, setup serve.Setup) (serve.Function, error) {
	s, err := readSettings(setup.Lookup)
	if err != nil {
		return nil, err
	}
	f := &Function{
		settings:    s,
		clock:       setup.Clock,
		pages:       browser.NewPages(setup.Log),
		cookies:     browser.CookiesFor(s.public),
		hasher:      credential.NewHasher(0),
		tenants:     tenant.Store{DB: s.db},
		accounts:    account.Store{DB: s.db},
		credentials: credential.Store{DB: s.db},
		factors:     factor.Store{DB: s.db, Box: s.box, Clock: setup.Clock},
		sessions:    session.Store{DB: s.db, Cache: s.cache, Clock: setup.Clock},
		flows:       flow.Store{DB: s.db, Box: s.box, Clock: setup.Clock},
		answers:     flow.Answers{DB: s.db, Box: s.box, Clock: setup.Clock},
		proofs:      proof.Store{Box: s.box, Clock: setup.Clock},
		outbox:      outbox.Store{DB: s.db, Box: s.box, Clock: setup.Clock},
		limits:      limit.New(s.cache, setup.Clock),
		parts: serve.Parts{
			"postgres": func(ctx context.Context) error { return postgres.Ping(ctx, s.db) },
			"redis":    s.cache.Ping,
			"hydra":    s.hydra.Ready,
		},
	}
	f.handler = f.routes()
	return f, nil
}
