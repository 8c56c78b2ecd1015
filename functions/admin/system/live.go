package system

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/takeout"
	"github.com/authway/authway/shared/clock"
)

const (
	// listeners is how many streams a process has at most. Each takes one of its places
	// for requests (containerConcurrency) for as long as it lasts.
	listeners = 24
	// ears is how many of them one caller has: some windows of a browser.
	ears = 6
	// lasting is how long a stream lasts unless it is asked to end earlier: less than the
	// function's own limit, which is less than the revision's.
	lasting = 50 * time.Second
)

// answer writes itself. It stands in the place of a generated response whose body has
// to leave as it comes.
type answer func(http.ResponseWriter) error

// The responses that it stands for.
func (s answer) VisitExportAuditResponse(w http.ResponseWriter) error            { return s(w) }
func (s answer) VisitExportAuditOfTenantResponse(w http.ResponseWriter) error    { return s(w) }
func (s answer) VisitFollowAuditResponse(w http.ResponseWriter) error            { return s(w) }
func (s answer) VisitFollowAuditOfTenantResponse(w http.ResponseWriter) error    { return s(w) }
func (s answer) VisitFollowOverviewResponse(w http.ResponseWriter) error         { return s(w) }
func (s answer) VisitFollowOverviewOfTenantResponse(w http.ResponseWriter) error { return s(w) }

// live is somebody who listens to server-sent events (HTML, section 9.2).
type live struct {
	w     http.ResponseWriter
	hold  *http.ResponseController
	clock clock.Clock
	begun bool
}

// listen answers with what do sends, for as long as it is let. An error before the
// first event is the answer; afterwards the stream ends, and the client comes back.
func (a *API) listen(ctx context.Context, seconds *int, do func(context.Context, *live) error) answer {
	return func(w http.ResponseWriter) error {
		leave, err := a.listening.Take(access.From(ctx).ID())
		if err != nil {
			return err
		}
		defer leave()
		last := lasting
		if seconds != nil {
			last = min(last, time.Duration(*seconds)*time.Second)
		}
		ctx, cancel := context.WithTimeout(ctx, last)
		defer cancel()
		defer context.AfterFunc(a.Leaving, cancel)()
		l := &live{w: w, hold: http.NewResponseController(w), clock: a.Clock}
		if err := do(ctx, l); err != nil && !l.begun {
			return err
		}
		return nil
	}
}

// send writes one event; id, unless it is "", is where a client goes on that comes
// back.
func (l *live) send(event, id string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if !l.begun {
		l.begun = true
		h := l.w.Header()
		h.Set("Content-Type", "text/event-stream")
		// What stands in front must not gather what is to arrive at once.
		h.Set("X-Accel-Buffering", "no")
		l.w.WriteHeader(http.StatusOK)
	}
	if err := l.hold.SetWriteDeadline(l.clock.Now().Add(takeout.Patience)); err != nil {
		return err
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	if _, err := fmt.Fprintf(l.w, "event: %s\n%sdata: %s\n\n", event, id, body); err != nil {
		return err
	}
	return l.hold.Flush()
}

// rest waits, and reports whether there is time left.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
