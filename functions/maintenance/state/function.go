package state

import (
	"context"
	"net/http"

	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/telemetry"
)

const name = "metrics"

// Word is the command that serves the state.
const Word = "metrics"

// Usage explains it.
const Usage = `maintenance metrics              serve what is true of the system as metrics, on OPS_PORT: it needs the
                                 database alone (DATABASE_URL), as the role authway_metrics
`

// Spec is a program that answers /metrics and nothing else.
var Spec = serve.Spec{Name: name, Open: open}

type function struct {
	db      *postgres.DB
	handler http.Handler
}

func open(_ context.Context, setup serve.Setup) (serve.Function, error) {
	settings := config.Read(setup.Lookup)
	db := backend.Database(settings, name)
	if err := settings.Err(); err != nil {
		return nil, err
	}
	setup.Metrics.Registry.MustRegister(&Collector{DB: db, Clock: setup.Clock, Log: setup.Log})
	return &function{db: db, handler: telemetry.OpsHandler(setup.Metrics.Registry)}, nil
}

// Handle answers a scrape.
func (f *function) Handle(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Alive is true as long as the process answers.
func (f *function) Alive(context.Context) (bool, error) { return true, nil }

// Ready is true without the database: that it is away is what is to be told.
func (f *function) Ready(context.Context) (bool, error) { return true, nil }

// Stop closes the connections.
func (f *function) Stop(context.Context) error { return f.db.Close() }
