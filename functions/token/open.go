package token

import (
	"context"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/tenant"
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
		settings: s,
		clock:    setup.Clock,
		problems: problem.Writer{Log: setup.Log},
		tenants:  tenant.Store{DB: s.db},
		accounts: account.Store{DB: s.db},
		parts: serve.Parts{
			"postgres": func(ctx context.Context) error { return postgres.Ping(ctx, s.db) },
		},
	}
	f.handler = f.routes()
	return f, nil
}
