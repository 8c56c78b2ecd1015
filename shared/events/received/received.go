package received

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cloudhttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/authway/authway/shared/events"
)

// maxEvent is what CloudEvents asks every intermediary to forward (section
// 3.1.1 of the specification), and so the most that can be meant for us.
const maxEvent = 64 << 10

// maxText bounds what is kept of an event's attributes.
const maxText = 1 << 10

var (
	// ErrTooLarge says that the event is longer than 64 KiB.
	ErrTooLarge = errors.New("received: the event is longer than 64 KiB")
	// ErrMalformed says that the request is no CloudEvent 1.0.
	ErrMalformed = errors.New("received: the request is no CloudEvent 1.0")
)

// emptyName is a header that the SDK cuts a name out of without looking whether
// there is one.
const emptyName = "Ce-"

// Event reads the event of a request.
func Event(w http.ResponseWriter, r *http.Request) (events.Event, error) {
	if r.ContentLength > maxEvent {
		// Not read to keep the connection: that is what is refused.
		w.Header().Set("Connection", "close")
		return events.Event{}, ErrTooLarge
	}
	if _, ok := r.Header[emptyName]; ok {
		return events.Event{}, ErrMalformed
	}
	for name, values := range r.Header {
		// Which of two would count is a matter of taste.
		if len(values) > 1 && len(name) > len(emptyName) && name[:len(emptyName)] == emptyName {
			return events.Event{}, ErrMalformed
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxEvent)
	read, err := binding.ToEvent(r.Context(), cloudhttp.NewMessageFromHttpRequest(r))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return events.Event{}, ErrTooLarge
	}
	if err != nil {
		return events.Event{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if read.SpecVersion() != event.CloudEventsVersionV1 {
		return events.Event{}, ErrMalformed
	}
	if err := read.Validate(); err != nil {
		return events.Event{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return ours(read)
}

// Claimed is what the headers of a request say of its event's source and id, for
// those who write down that it was refused: shortened, and proved by nothing.
func Claimed(r *http.Request) events.Event {
	return events.Event{Source: readable(r.Header.Get("Ce-Source")), ID: readable(r.Header.Get("Ce-Id"))}
}

func ours(read *event.Event) (events.Event, error) {
	e := events.Event{ID: read.ID(), Source: read.Source(), Type: read.Type()}
	extensions := read.Extensions()
	for name, to := range map[string]*string{
		"job": &e.Job, "knativeerrordest": &e.Destination, "knativeerrorcode": &e.Code, "knativeerrordata": &e.Reason,
	} {
		value, ok := extensions[name]
		if !ok {
			continue
		}
		text, err := types.Format(value)
		if err != nil {
			return events.Event{}, fmt.Errorf("%w: %s", ErrMalformed, name)
		}
		*to = text
	}
	for _, text := range []string{e.ID, e.Source, e.Type, e.Job} {
		// Section 3.1.2: no control characters, and no half characters.
		if len(text) > maxText || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return events.Event{}, fmt.Errorf("%w: an attribute is too long or is no text", ErrMalformed)
		}
	}
	e.Destination, e.Code, e.Reason = readable(e.Destination), readable(e.Code), readable(e.Reason)
	return e, nil
}

// readable shortens what a Broker has added: it is for reading, not for matching.
func readable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return strings.ToValidUTF8(text[:min(len(text), maxText)], "")
}
