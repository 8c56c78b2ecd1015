package received_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/events/received"
)

func read(t testing.TB, header map[string]string, body string) (events.Event, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/events", strings.NewReader(body))
	for name, value := range header {
		r.Header[http.CanonicalHeaderKey(name)] = []string{value}
	}
	return received.Event(httptest.NewRecorder(), r)
}

// ping is what a PingSource sends.
func ping(changes ...string) map[string]string {
	h := map[string]string{
		"Ce-Specversion": "1.0", "Ce-Type": "dev.knative.sources.ping",
		"Ce-Source": "/apis/v1/namespaces/authway/pingsources/outbox", "Ce-Id": "5f7c0d5e-7d0e-4c1c-9a3e-1f9c2f6f0a11",
		"Ce-Time": "2026-11-24T09:30:00.123456789Z", "Content-Type": "application/json", "Kn-Namespace": "authway",
		"Ce-Job": "outbox.deliver",
	}
	for i := 0; i+1 < len(changes); i += 2 {
		h[changes[i]] = changes[i+1]
		if changes[i+1] == "" {
			delete(h, changes[i])
		}
	}
	return h
}

const structured = `{"specversion":"1.0","id":"1","source":"/s","type":"dev.authway.knock","job":"outbox.deliver","data":{"a":1}}`

func TestEventsAreRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header map[string]string
		body   string
		want   events.Event
	}{
		"a ping": {ping(), `{"a":"b"}`, events.Event{
			ID: "5f7c0d5e-7d0e-4c1c-9a3e-1f9c2f6f0a11", Source: "/apis/v1/namespaces/authway/pingsources/outbox",
			Type: events.TypePing, Job: "outbox.deliver",
		}},
		"without data":  {ping("Content-Type", ""), "", events.Event{ID: ping()["Ce-Id"], Source: ping()["Ce-Source"], Type: events.TypePing, Job: "outbox.deliver"}},
		"plain data":    {ping("Content-Type", "text/plain"), "x", events.Event{ID: ping()["Ce-Id"], Source: ping()["Ce-Source"], Type: events.TypePing, Job: "outbox.deliver"}},
		"structured":    {map[string]string{"Content-Type": "application/cloudevents+json; charset=utf-8"}, structured, events.Event{ID: "1", Source: "/s", Type: events.TypeKnock, Job: "outbox.deliver"}},
		"a dead letter": {ping("Ce-Knativeerrordest", "http://x", "Ce-Knativeerrorcode", "500", "Ce-Knativeerrordata", "eA=="), "", events.Event{ID: ping()["Ce-Id"], Source: ping()["Ce-Source"], Type: events.TypePing, Job: "outbox.deliver", Destination: "http://x", Code: "500", Reason: "eA=="}},
		"a number":      {map[string]string{"Content-Type": "application/cloudevents+json"}, strings.Replace(structured, `"outbox.deliver"`, "7", 1), events.Event{ID: "1", Source: "/s", Type: events.TypeKnock, Job: "7"}},
	} {
		if got, err := read(t, c.header, c.body); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestWhatIsNoEventIsRefused(t *testing.T) {
	t.Parallel()
	inJSON := map[string]string{"Content-Type": "application/cloudevents+json"}
	for name, c := range map[string]struct {
		header map[string]string
		body   string
		want   error
	}{
		"no event":            {map[string]string{"Content-Type": "application/json"}, "{}", received.ErrMalformed},
		"nothing":             {nil, "", received.ErrMalformed},
		"an old version":      {ping("Ce-Specversion", "0.3"), "", received.ErrMalformed},
		"no id":               {ping("Ce-Id", ""), "", received.ErrMalformed},
		"no type":             {ping("Ce-Type", ""), "", received.ErrMalformed},
		"no source":           {ping("Ce-Source", ""), "", received.ErrMalformed},
		"a bad time":          {ping("Ce-Time", "noon"), "", received.ErrMalformed},
		"a name of nothing":   {ping("Ce-", "x"), "", received.ErrMalformed},
		"a name with a dash":  {ping("Ce-A-B", "x"), "", received.ErrMalformed},
		"broken JSON":         {inJSON, `{"specversion":`, received.ErrMalformed},
		"an array":            {inJSON, `[]`, received.ErrMalformed},
		"a batch":             {map[string]string{"Content-Type": "application/cloudevents-batch+json"}, "[" + structured + "]", received.ErrMalformed},
		"control characters":  {inJSON, strings.Replace(structured, `"id":"1"`, `"id":"1\u0000"`, 1), received.ErrMalformed},
		"a long id":           {ping("Ce-Id", strings.Repeat("x", 2000)), "", received.ErrMalformed},
		"an object as job":    {inJSON, strings.Replace(structured, `"outbox.deliver"`, `{"a":1}`, 1), received.ErrMalformed},
		"too large, declared": {ping(), strings.Repeat("x", 64<<10+1), received.ErrTooLarge},
	} {
		if _, err := read(t, c.header, c.body); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestUndeclaredLengthIsBounded(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]map[string]string{"binary": ping(), "structured": {"Content-Type": "application/cloudevents+json"}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/events", struct{ *bytes.Reader }{bytes.NewReader(make([]byte, 1<<20))})
		r.ContentLength = -1
		for key, value := range header {
			r.Header.Set(key, value)
		}
		if _, err := received.Event(httptest.NewRecorder(), r); !errors.Is(err, received.ErrTooLarge) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestOfTwoHeadersNoneCounts(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/events", http.NoBody)
	for name, value := range ping() {
		r.Header.Set(name, value)
	}
	r.Header.Add("Ce-Job", "another")
	if _, err := received.Event(httptest.NewRecorder(), r); !errors.Is(err, received.ErrMalformed) {
		t.Errorf("got %v", err)
	}
}

func FuzzEvent(f *testing.F) {
	f.Add("Ce-Job", "outbox.deliver", "application/json", "{}")
	f.Add("Ce-", "x", "", "")
	f.Add("Ce-Id", "1", "application/cloudevents+json", structured)
	f.Add("Ce-Time", "2026", "application/cloudevents-batch+json", "["+structured+"]")
	f.Fuzz(func(t *testing.T, name, value, contentType, body string) {
		h := ping("Content-Type", contentType)
		if contentType == "application/cloudevents+json" {
			h = map[string]string{"Content-Type": contentType}
		}
		h[name] = value
		e, err := read(t, h, body)
		if err != nil {
			return
		}
		if e.ID == "" || e.Source == "" || e.Type == "" || strings.ContainsFunc(e.ID+e.Job+e.Reason, unicode.IsControl) {
			t.Fatalf("got %+v", e)
		}
	})
}
