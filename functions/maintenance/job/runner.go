package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/lease"
	"github.com/authway/authway/shared/problem"
)

// leaseTime is how long a job stands still after its process was killed.
const leaseTime = time.Minute

// closing bounds the last words of a run whose own time is over.
const closing = 5 * time.Second

var errLost = errors.New("job: the lease was lost")

// Runner runs jobs. It is safe for concurrent use.
type Runner struct {
	Leases lease.Store
	Runs   journal.Runs
	Clock  clock.Clock
	Log    *slog.Logger
	// LeaseTime is how long a lease holds that is not renewed.
	LeaseTime time.Duration
	// Watch, if it is there, is told which share of a run's work is done, as often as
	// the job reports it, by one at a time.
	Watch func(job string, share float64)

	outcomes  *prometheus.CounterVec
	durations *prometheus.HistogramVec
}

// NewRunner makes a Runner whose series are in registry.
func NewRunner(leases lease.Store, runs journal.Runs, c clock.Clock, log *slog.Logger, registry prometheus.Registerer) *Runner {
	r := &Runner{
		Leases: leases, Runs: runs, Clock: c, Log: log, LeaseTime: leaseTime,
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authway_job_runs_total",
			Help: "Times that a job was asked for, by what became of it.",
		}, []string{"job", "outcome"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "authway_job_duration_seconds",
			Help:    "Time that runs took which had something to do.",
			Buckets: []float64{0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900},
		}, []string{"job"}),
	}
	registry.MustRegister(r.outcomes, r.durations)
	return r
}

// Run does j if it is due and nobody else is at it. An error means that it has
// to be tried again.
func (r *Runner) Run(ctx context.Context, j Job, c journal.Cause) (Result, error) {
	result, err := r.run(ctx, j, c)
	if err != nil {
		result.Outcome = Failed
	}
	r.outcomes.WithLabelValues(j.Name, string(result.Outcome)).Inc()
	if result.Outcome == Succeeded || result.Outcome == Failed {
		attrs := []any{"job", j.Name, "outcome", result.Outcome, "summary", result.Summary, "request_id", problem.Reference(ctx)}
		if err != nil {
			attrs = append(attrs, "error", problem.Redact(err.Error()))
		}
		r.Log.InfoContext(ctx, "job", attrs...)
	}
	return result, err
}

func (r *Runner) run(ctx context.Context, j Job, c journal.Cause) (Result, error) {
	answered, err := r.Runs.Answered(ctx, c)
	if err != nil || answered {
		return Result{Outcome: Duplicate}, err
	}
	// Asked before the lease as well: most events find nothing, and reading is cheaper.
	due, err := j.Due(ctx, r.Clock.Now())
	if err != nil || !due {
		return Result{Outcome: NotDue}, err
	}
	held, taken, err := r.Leases.Take(ctx, j.Name, r.LeaseTime)
	if err != nil || taken {
		return Result{Outcome: Held}, err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		if err := r.Leases.Drop(last, held); err != nil {
			r.Log.WarnContext(ctx, "lease", "job", j.Name, "error", problem.Redact(err.Error()))
		}
	}()
	bounded, cancel := context.WithTimeoutCause(ctx, j.Deadline, fmt.Errorf("job: %s took longer than %s", j.Name, j.Deadline))
	defer cancel()
	bounded, lost := context.WithCancelCause(bounded)
	defer lost(nil)
	done := make(chan struct{})
	defer close(done)
	go r.renew(bounded, held, lost, done)
	return r.whileAsked(bounded, j, c, held)
}

// whileAsked runs j, and again for as long as somebody has come meanwhile.
func (r *Runner) whileAsked(ctx context.Context, j Job, c journal.Cause, held lease.Lease) (Result, error) {
	result := Result{Outcome: NotDue}
	for {
		due, err := j.Due(ctx, r.Clock.Now())
		if err != nil {
			return result, err
		}
		if due {
			if result, err = r.once(ctx, j, c); err != nil {
				return result, err
			}
		}
		again, err := r.Leases.Release(ctx, held)
		if err != nil || !again || ctx.Err() != nil {
			return result, err
		}
	}
}

// once does the work and records it.
func (r *Runner) once(ctx context.Context, j Job, c journal.Cause) (Result, error) {
	began := r.Clock.Now()
	id, err := r.Runs.Begin(ctx, j.Name, c)
	if err != nil {
		return Result{}, err
	}
	working, progress := r.progress(ctx, j.Name, id)
	summary, err := j.Do(working)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = errors.Join(cause, err)
	}
	r.durations.WithLabelValues(j.Name).Observe(r.Clock.Now().Sub(began).Seconds())
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	progress.close(last)
	note := summary
	if err != nil {
		note = problem.Redact(err.Error())
	}
	// What was done is done, whether or not it could be written down.
	if unwritten := r.Runs.End(last, id, note, err); unwritten != nil {
		r.Log.WarnContext(ctx, "job record", "job", j.Name, "error", problem.Redact(unwritten.Error()))
	}
	return Result{Outcome: Succeeded, Summary: summary}, err
}

// renew keeps the lease while the job runs. It gives up a third of the lease
// before its end, so that the work stops before somebody else begins.
func (r *Runner) renew(ctx context.Context, l lease.Lease, lost context.CancelCauseFunc, done <-chan struct{}) {
	tick := time.NewTicker(r.LeaseTime / 3)
	defer tick.Stop()
	failures := 0
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		kept, err := r.Leases.Renew(ctx, l, r.LeaseTime)
		switch {
		case err == nil && kept:
			failures = 0
			continue
		case err != nil && failures == 0:
			failures++
			continue
		}
		lost(errLost)
		return
	}
}
