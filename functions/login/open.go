package login

import (
	"context"

	"github.com/authway/authway/functions/login/selfservice"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/identity"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/provider"
	"github.com/authway/authway/shared/revoked"
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
		gate:        newGate(),
		tenants:     tenant.Store{DB: s.db},
		accounts:    account.Store{DB: s.db},
		credentials: credential.Store{DB: s.db},
		breached:    breached.Store{DB: s.db},
		factors:     factor.Store{DB: s.db, Box: s.box, Clock: setup.Clock},
		passkeys:    passkey.Store{DB: s.db, Box: s.box, Clock: setup.Clock, Public: s.public},
		sessions:    session.Store{DB: s.db, Cache: setup.Metrics.Counted("session", s.cache), Clock: setup.Clock, Box: s.box, Board: revoked.Board{Numbers: s.cache}},
		flows:       flow.Store{DB: s.db, Box: s.box, Clock: setup.Clock},
		answers:     flow.Answers{DB: s.db, Box: s.box, Clock: setup.Clock},
		proofs:      proof.Store{Box: s.box, Clock: setup.Clock},
		identities:  identity.Store{DB: s.db},
		providers:   provider.NewSet(s.public, setup.Clock, s.offered),
		outbox:      outbox.Store{DB: s.db, Box: s.box, Clock: setup.Clock},
		limits:      limit.New(s.cache, setup.Clock),
		parts: serve.Parts{
			"postgres": func(ctx context.Context) error { return postgres.Ping(ctx, s.db) },
			"hydra":    s.hydra.Ready,
		},
	}
	f.counts = newCounts(setup.Metrics)
	f.self = selfservice.API{
		Public: s.public, DB: s.db, Hydra: s.hydra, Clock: setup.Clock, Pages: f.pages, Cookies: f.cookies,
		Hasher: f.hasher, Factors: f.factors, Flows: f.flows, Passkeys: f.passkeys, Sessions: f.sessions, Proofs: f.proofs, Outbox: f.outbox,
		Providers: f.providers,
		Limits:    f.limits, Knocker: s.knocker, Explain: explain, Issuer: f.issuer,
		CheckPassword: f.mayBe, Limited: f.counts.refuse,
	}
	countHashes(setup.Metrics, f.hasher, f.gate)
	f.handler = f.routes()
	return f, nil
}
