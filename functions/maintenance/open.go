package maintenance

import (
	"context"

	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/serve"
)

const name = "maintenance"

// Spec is the function.
var Spec = serve.Spec{Name: name, Open: open}

func open(_ context.Context, setup serve.Setup) (serve.Function, error) {
	s, err := readSettings(setup.Lookup)
	if err != nil {
		return nil, err
	}
	f := &Function{
		settings: s,
		problems: problem.Writer{Log: setup.Log},
		parts: serve.Parts{
			"postgres": func(ctx context.Context) error { return postgres.Ping(ctx, s.db) },
		},
	}
	f.handler = f.routes()
	return f, nil
}
