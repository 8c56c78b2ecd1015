package maintenance

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/lease"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/serve"
)

const name = "maintenance"

// longest is how long an event may be under way: every job's deadline, and the
// revision's timeoutSeconds at the most.
const longest = 10 * time.Minute

// Spec is the function.
var Spec = serve.Spec{Name: name, Open: openToServe, Longest: longest}

// openToServe looks, behind the first events, whether everything still opens.
func openToServe(ctx context.Context, setup serve.Setup) (serve.Function, error) {
	f, err := open(ctx, setup)
	if err != nil {
		return nil, err
	}
	checking, end := context.WithCancel(ctx)
	f.endCheck = end
	f.check.Go(func() { newReencrypter(f.settings, setup.Clock, setup.Log).Check(checking) })
	return f, nil
}

func open(ctx context.Context, setup serve.Setup) (*Function, error) {
	s, err := readSettings(setup.Lookup)
	if err != nil {
		return nil, err
	}
	if s.sender != nil {
		s.sender.Clock = setup.Clock
	}
	f := &Function{
		settings: s,
		problems: problem.Writer{Log: setup.Log},
		life:     ctx,
		jobs:     jobs(s, setup.Clock, setup.Log, setup.Metrics.Registry),
		runner: job.NewRunner(
			lease.Store{DB: s.db, Clock: setup.Clock}, journal.Runs{DB: s.db, Clock: setup.Clock},
			setup.Clock, setup.Log, setup.Metrics.Registry),
		letters:  journal.DeadLetters{DB: s.db, Clock: setup.Clock},
		requests: journal.Requests{DB: s.db, Clock: setup.Clock},
		clock:    setup.Clock,
		deadSeen: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authway_dead_letters_total",
			Help: "Events that were given up on, by job.",
		}, []string{"job"}),
		refusals: newRefusals(setup.Clock, setup.Metrics.Registry),
		parts: serve.Parts{
			"postgres": func(ctx context.Context) error { return postgres.Ping(ctx, s.db) },
		},
	}
	setup.Metrics.Registry.MustRegister(f.deadSeen)
	f.handler = f.routes()
	return f, nil
}
