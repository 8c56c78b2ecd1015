package maintenance

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/serve"
)

// Function is the function's life.
type Function struct {
	settings

	handler  http.Handler
	problems problem.Writer
	parts    serve.Parts
	// life ends when the function has stopped.
	life     context.Context
	jobs     []job.Job
	runner   *job.Runner
	letters  journal.DeadLetters
	requests journal.Requests
	clock    clock.Clock
	deadSeen *prometheus.CounterVec
	refusals *refusals
	// check is under way after a start, and endCheck cuts it off.
	check    sync.WaitGroup
	endCheck context.CancelFunc
}

// Handle answers one request.
func (f *Function) Handle(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Alive is true as long as the process answers.
func (f *Function) Alive(context.Context) (bool, error) { return true, nil }

// Ready reports whether PostgreSQL answers. A mail server that does not is no
// reason to refuse events: the outbox waits.
func (f *Function) Ready(ctx context.Context) (bool, error) { return f.parts.Ready(ctx) }

// Stop closes the connections.
func (f *Function) Stop(context.Context) error {
	if f.endCheck != nil {
		f.endCheck()
	}
	f.check.Wait()
	var all []error
	for _, db := range []*postgres.DB{f.db, f.hydraDB, f.ownerDB} {
		if db != nil {
			all = append(all, db.Close())
		}
	}
	if f.backup.Store != nil {
		all = append(all, f.backup.Store.Close())
	}
	return errors.Join(all...)
}
