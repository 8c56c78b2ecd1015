package maintenance

import (
	"context"
	"errors"
	"net/http"

	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/problem"
)

// receive runs the job that an event names.
func (f *Function) receive(w http.ResponseWriter, r *http.Request) error {
	e, err := f.read(w, r)
	if err != nil {
		return err
	}
	if why := expected(e); why != nil {
		return f.refuse(r.Context(), e, why)
	}
	j, ok := find(f.jobs, e.Job)
	if !ok {
		return f.refuse(r.Context(), e, errUnknownJob)
	}
	ctx, cancel := f.detached(r.Context())
	defer cancel()
	_, err = f.runner.Run(ctx, j, journal.Cause{Source: e.Source, ID: e.ID})
	// Behind the run: whoever asked while somebody else was at it has gone away again.
	if err := errors.Join(err, f.answerRequests(ctx, j.Name)); err != nil {
		return problem.Unavailable.Because(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// detached outlives the request: a sender that hangs up has delivered its event
// all the same, and half a run is worth less than a whole one. It ends with the
// function.
func (f *Function) detached(request context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(request))
	stop := context.AfterFunc(f.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// receiveDead keeps an event that a Broker has given up on. It has to be one that
// receive would have let in: others have never been on their way there.
func (f *Function) receiveDead(w http.ResponseWriter, r *http.Request) error {
	e, err := f.read(w, r)
	if err != nil {
		return err
	}
	if why := expected(e); why != nil {
		return f.refuse(r.Context(), e, why)
	}
	fresh, err := f.letters.Keep(r.Context(), journal.DeadLetter{
		EventSource: e.Source, EventID: e.ID, EventType: e.Type, Job: e.Job,
		Destination: e.Destination, Code: e.Code, Reason: e.Reason,
	})
	switch {
	case errors.Is(err, journal.ErrFull):
		f.raise(r.Context(), e, "dead letter, not kept")
	case err != nil:
		return problem.Unavailable.Because(err)
	case fresh:
		f.raise(r.Context(), e, "dead letter")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// raise makes a dead letter seen.
func (f *Function) raise(ctx context.Context, e events.Event, what string) {
	label := "unknown"
	if _, ok := find(f.jobs, e.Job); ok {
		label = e.Job
	}
	f.deadSeen.WithLabelValues(label).Inc()
	f.problems.Log.ErrorContext(ctx, what, "job", label, "code", e.Code,
		"event_source", e.Source, "event_id", e.ID, "request_id", problem.Reference(ctx))
}
