package events

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// Types of events.
const (
	// TypePing is what a PingSource sends at its times.
	TypePing = "dev.knative.sources.ping"
	// TypeKnock is what a function sends when it has left work behind.
	TypeKnock = Prefix + "knock"
)

// Prefix begins the type of every event of ours.
const Prefix = "dev.authway."

// Event is a CloudEvent as far as maintenance needs it.
type Event struct {
	ID, Source, Type string
	// Job is the extension job.
	Job string
	// Destination, Code and Reason are what a Broker adds to an event that it
	// has given up on.
	Destination, Code, Reason string
}

// New makes an event of its own id.
func New(kind, source, job string) Event {
	return Event{ID: uuid.NewString(), Source: source, Type: kind, Job: job}
}

// headers are the binary mode (CloudEvents HTTP binding 1.0.2, section 3.1). The
// values are our own and plain ASCII, which needs no percent-encoding.
func (e Event) headers() map[string]string {
	return map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": e.ID, "Ce-Source": e.Source, "Ce-Type": e.Type, "Ce-Job": e.Job,
	}
}

// RefusedError is an answer other than 2xx.
type RefusedError struct{ Status int }

func (e *RefusedError) Error() string { return fmt.Sprintf("events: answered %d", e.Status) }

// maxAnswer is read of an answer's body so that its connection can be used again.
const maxAnswer = 4 << 10

// client is bounded by the context of each call.
var client = &http.Client{
	// An event endpoint that redirects is not one.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Post sends e to sink in binary mode and returns nil when it was accepted. at
// is the time it tells of.
func Post(ctx context.Context, sink *url.URL, e Event, at time.Time) error {
	headers := e.headers()
	headers["Ce-Time"] = at.UTC().Format(time.RFC3339Nano)
	return post(ctx, sink, headers, http.NoBody)
}

func post(ctx context.Context, sink *url.URL, headers map[string]string, body io.Reader) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, sink.String(), body)
	if err != nil {
		return err
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer)
	if err := answer.Body.Close(); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return &RefusedError{Status: answer.StatusCode}
	}
	return nil
}
