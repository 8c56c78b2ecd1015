package publish

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
)

// Job is the name of the job.
const Job = "events.publish"

const (
	// found is how many audit events become rows in one statement.
	found = 1000
	// batch is how many rows are claimed at a time, and atOnce how many of them are
	// under way: no two have the same subject.
	batch  = 32
	atOnce = 8
	// claimTime is when a row whose process was killed is taken up by another. It
	// covers a batch at a sink that uses up every time limit.
	claimTime = 3 * time.Minute
	// budget is how long a run goes on taking rows, and deadline covers the last
	// batch as well.
	budget   = 45 * time.Second
	deadline = 4 * time.Minute
	// settling bounds the mark of a row, which is made even when the run's time is over.
	settling = 5 * time.Second
)

// Timeout is how long a sink may take for one event.
const Timeout = 10 * time.Second

// Publisher sends what the audit log says to a sink.
type Publisher struct {
	DB     *postgres.DB
	Outbox outbox.Store
	// Sink is nil when there is nobody to tell.
	Sink    *Sink
	Timeout time.Duration
	Clock   clock.Clock
	// Chance gives numbers from 0 to 1 (outbox.Wait).
	Chance func() float64

	rows *prometheus.CounterVec
}

// outcomes of events.
const (
	delivered = "delivered"
	putOff    = "put_off"
	givenUp   = "given_up"
)

// Register adds the publisher's series to registry.
func (p *Publisher) Register(registry prometheus.Registerer) {
	p.rows = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "authway_events_published_total",
		Help: "Domain events that were tried, by what became of them.",
	}, []string{"outcome"})
	registry.MustRegister(p.rows)
}

// Job is the publisher as a job. Without a sink it is never due.
func (p *Publisher) Job() job.Job {
	return job.Job{Name: Job, Deadline: deadline, Do: p.do, Due: func(ctx context.Context, _ time.Time) (bool, error) {
		if p.Sink == nil {
			return false, nil
		}
		return p.Outbox.EventsDue(ctx, kinds())
	}}
}

// run counts one run.
type run struct {
	collected int64
	mu        sync.Mutex
	counts    map[string]int
	failures  []error
	away      atomic.Bool
}

func (r *run) String() string {
	return fmt.Sprintf("%d found, %d delivered, %d put off, %d given up",
		r.collected, r.counts[delivered], r.counts[putOff], r.counts[givenUp])
}

// do finds what is new and sends until nothing is due. An event that could not
// be sent is no failure of the run: the row knows when it is its turn again.
func (p *Publisher) do(ctx context.Context) (string, error) {
	r := &run{counts: map[string]int{}}
	ends := p.Clock.Now().Add(budget)
	for more := true; more && p.goesOn(ctx, ends); {
		n, err := p.Outbox.Collect(ctx, kinds(), found)
		if err != nil {
			return r.String(), err
		}
		r.collected += n
		more = n == found
	}
	for p.goesOn(ctx, ends) && !r.away.Load() {
		claimed, err := p.Outbox.ClaimEvents(ctx, batch, claimTime)
		if err != nil || len(claimed) == 0 {
			return r.String(), err
		}
		p.send(ctx, claimed, r)
		if err := errors.Join(r.failures...); err != nil {
			return r.String(), err
		}
	}
	return r.String(), nil
}

func (p *Publisher) goesOn(ctx context.Context, ends time.Time) bool {
	return ctx.Err() == nil && p.Clock.Now().Before(ends)
}

// send sends a batch, some at once.
func (p *Publisher) send(ctx context.Context, claimed []outbox.Claimed, r *run) {
	var all errgroup.Group
	all.SetLimit(atOnce)
	for _, row := range claimed {
		all.Go(func() error {
			err := p.one(ctx, row, r)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.failures = append(r.failures, err)
			return nil
		})
	}
	_ = all.Wait()
}

// one sends a row and writes down what became of it. Once the sink is found to be
// away, the others are handed back: they have not been tried.
func (p *Publisher) one(ctx context.Context, row outbox.Claimed, r *run) error {
	if r.away.Load() || ctx.Err() != nil {
		return p.settle(ctx, func(ctx context.Context) error { return p.Outbox.HandBack(ctx, row) })
	}
	failure := p.post(ctx, row)
	if _, answered := errors.AsType[*events.RefusedError](failure); failure != nil && !answered && !lost(failure) {
		r.away.Store(true)
	}
	outcome := judge(row, failure)
	r.mu.Lock()
	r.counts[outcome]++
	r.mu.Unlock()
	if p.rows != nil {
		p.rows.WithLabelValues(outcome).Inc()
	}
	return p.settle(ctx, func(ctx context.Context) error {
		switch outcome {
		case delivered:
			return p.Outbox.Delivered(ctx, row)
		case putOff:
			return p.Outbox.PutOff(ctx, row, p.Clock.Now().Add(outbox.Wait(row.Attempt, p.Chance())), explain(failure))
		}
		return p.Outbox.GiveUp(ctx, row, explain(failure))
	})
}

func (p *Publisher) post(ctx context.Context, row outbox.Claimed) error {
	happened, err := audit.Get(ctx, p.DB, uuid.Nil, row.CreatedAt, row.ID)
	if err != nil {
		return err
	}
	f, err := Fact(happened.Found, row.Subject, p.Sink.Extensions)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	return events.PostFact(ctx, p.Sink.URL, f)
}

// lost reports whether there is nothing to send: the month of the audit event has
// been dropped, or its kind is published no more.
func lost(failure error) bool {
	return errors.Is(failure, audit.ErrUnknown) || errors.Is(failure, ErrUnpublished)
}

// again are the answers below 500 that an event is tried again after: those that
// Knative asks its senders to (data plane contract), and 425. 404 is among them
// because that is what an ingress says whose Broker is not ready, and 401, 403 and
// 405 because that is what one says whose policy or route is being set up. What a
// sink says of the event itself, such as 400 or 413, it says for good.
var again = []int{
	http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
	http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests,
}

func judge(row outbox.Claimed, failure error) string {
	if failure == nil {
		return delivered
	}
	refused, answered := errors.AsType[*events.RefusedError](failure)
	switch {
	case lost(failure), row.Attempt >= outbox.MaxAttempts,
		answered && refused.Status/100 == 4 && !slices.Contains(again, refused.Status):
		return givenUp
	}
	return putOff
}

// explain says it without the sink's address, which may hold a password.
func explain(failure error) string {
	if said, ok := errors.AsType[*url.Error](failure); ok {
		return "connect: " + problem.Redact(said.Err.Error())
	}
	return problem.Redact(failure.Error())
}

// settle outlives the run: what was sent must not be sent again because the
// run's time was over.
func (p *Publisher) settle(ctx context.Context, mark func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settling)
	defer cancel()
	return mark(ctx)
}
