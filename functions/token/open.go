package token

import (
	"context"
	"net/http"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/meter"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/resource"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/shared/tokens"
)

const name = "token"

// Spec is the function.
var Spec = serve.Spec{Name: name, Open: open}

func open(_ context.Context, setup serve.Setup) (serve.Function, error) {
	s, err := readSettings(setup.Lookup)
	if err != nil {
		return nil, err
	}
	f := &Function{
		settings:  s,
		clock:     setup.Clock,
		problems:  problem.Writer{Log: setup.Log},
		tenants:   tenant.Store{DB: s.db},
		accounts:  account.Store{DB: s.db},
		sessions:  session.Store{DB: s.db, Cache: setup.Metrics.Counted("session", s.cache), Clock: setup.Clock, Board: revoked.Board{Numbers: s.cache}},
		cookies:   browser.CookiesFor(s.public),
		board:     revoked.Board{Numbers: s.cache},
		resources: resource.Store{DB: s.db},
		ring:      keyring.NewRing(keyring.Store{DB: s.db, Box: s.box, Clock: setup.Clock}, setup.Clock),
		parts: serve.Parts{
			"postgres": func(ctx context.Context) error { return postgres.Ping(ctx, s.db) },
		},
	}
	f.issuer = tokens.New(f.ring, setup.Clock)
	f.granted = &meter.Meter{Name: meter.Tokens, Counters: s.cache, Clock: setup.Clock}
	f.rules.Log = setup.Log
	f.looked = setup.Metrics.Lookups("introspection")
	f.servers.clock, f.homes.clock, f.meanings.clock = setup.Clock, setup.Clock, setup.Clock
	f.verdicts.clock, f.apps.clock = setup.Clock, setup.Clock
	f.used.store, f.used.clock, f.used.log = client.Usage{DB: s.db}, setup.Clock, setup.Log
	f.room = newRoom(maxPassedOn, maxWaiting, waitFor)
	secrets := &overlaps{ask: client.Secrets{DB: s.db, Box: s.box}.Overlaps, box: s.box, clock: setup.Clock}
	f.hydraPublic = passOn(s.hydraPublicURL, secrets, func(w http.ResponseWriter, r *http.Request, err error) {
		f.problems.Write(w, r, problem.OAuth, err)
	})
	f.handler = f.routes()
	return f, nil
}
