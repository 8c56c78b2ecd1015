package maintenance

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/events/received"
	"github.com/authway/authway/shared/events/sender"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
)

// What will never work, and is a dead letter at once.
var (
	errEvent       = problem.New(http.StatusBadRequest, "event_malformed", "The request is not an event that is understood here.")
	errEventLarge  = problem.New(http.StatusBadRequest, "event_too_large", "The event is longer than 64 KiB.")
	errUnknownJob  = problem.New(http.StatusBadRequest, "unknown_job", "There is no such job.")
	errEventType   = problem.New(http.StatusBadRequest, "event_type", "Events of this type are not for this address.")
	errEventSource = problem.New(http.StatusBadRequest, "event_source", "Events of this source are not for this address.")
	errEventSender = problem.New(http.StatusUnauthorized, "event_sender", "Show a token that was made for this address.")
)

// pingSource is what a PingSource names itself: its namespace (RFC 1123, section
// 2.1) and its name.
var pingSource = regexp.MustCompile(`^/apis/v1/namespaces/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/pingsources/[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$`)

// expected reports why an event is none of those that are sent here, or nil.
func expected(e events.Event) *problem.Error {
	switch {
	case e.Type != events.TypePing && e.Type != events.TypeKnock:
		return errEventType
	case e.Type == events.TypePing && !pingSource.MatchString(e.Source),
		e.Type == events.TypeKnock && e.Source != events.Source:
		return errEventSource
	}
	return nil
}

// read is the event of a request by a sender who may send it, or why there is none.
func (f *Function) read(w http.ResponseWriter, r *http.Request) (events.Event, error) {
	if f.sender != nil {
		switch err := f.sender.Check(r.Context(), r); {
		case errors.Is(err, sender.ErrUnavailable):
			return events.Event{}, problem.Unavailable.Because(err)
		case err != nil:
			w.Header().Set("WWW-Authenticate", "Bearer")
			return events.Event{}, f.refuse(r.Context(), received.Claimed(r), errEventSender.Because(err))
		}
	}
	e, err := received.Event(w, r)
	switch {
	case errors.Is(err, received.ErrTooLarge):
		return events.Event{}, f.refuse(r.Context(), received.Claimed(r), errEventLarge.Because(err))
	case err != nil:
		return events.Event{}, f.refuse(r.Context(), received.Claimed(r), errEvent.Because(err))
	}
	return e, nil
}

// refuse writes down that an event was refused and returns the answer: why, or to
// try again when it could not be written down.
func (f *Function) refuse(ctx context.Context, e events.Event, why *problem.Error) error {
	f.refusals.counted.WithLabelValues(why.Code()).Inc()
	passed, write := f.refusals.admit()
	if !write {
		return why
	}
	detail := map[string]string{"reason": why.Code(), "source": e.Source, "id": e.ID}
	if passed > 0 {
		detail["unwritten"] = strconv.Itoa(passed)
	}
	err := postgres.InTx(ctx, f.db, func(ctx context.Context, tx postgres.IDB) error {
		return audit.Append(ctx, tx, f.refusals.clock.Now(), audit.Event{
			Action: audit.ActionEventRefused, Outcome: audit.Failure, ActorKind: audit.ActorAnonymous, Detail: detail,
		})
	})
	if err != nil {
		return problem.Unavailable.Because(errors.Join(why, err))
	}
	return why
}

// Of the refusals of one process so many are written down in so long, so that a
// sender gone wrong does not fill an audit log that nobody can take anything out of.
const (
	refusalsWritten = 100
	refusalsWindow  = time.Minute
)

// refusals counts them all.
type refusals struct {
	clock   clock.Clock
	counted *prometheus.CounterVec

	mu    sync.Mutex
	since time.Time
	// written and passed are how many were and were not, since then; what was passed
	// over is told with the next that is written.
	written, passed int
}

func newRefusals(c clock.Clock, registry prometheus.Registerer) *refusals {
	r := &refusals{clock: c, counted: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "authway_events_refused_total",
		Help: "Events that were refused and never ran, by reason.",
	}, []string{"reason"})}
	registry.MustRegister(r.counted)
	return r
}

// admit reports whether one more is written down, and how many were passed over
// before it.
func (r *refusals) admit() (passed int, write bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	if now.Sub(r.since) >= refusalsWindow {
		r.since, r.written = now, 0
	}
	if r.written >= refusalsWritten {
		r.passed++
		return 0, false
	}
	r.written++
	passed, r.passed = r.passed, 0
	return passed, true
}
