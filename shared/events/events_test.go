package events_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	cloudhttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/authway/authway/shared/events"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func serve(t *testing.T, h http.HandlerFunc) *url.URL {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	sink, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return sink.JoinPath("events")
}

// What is written here by hand has to be what the SDK reads.
func TestPostedEventIsACloudEvent(t *testing.T) {
	t.Parallel()
	sent := events.New(events.TypeKnock, "/authway", "outbox.deliver")
	sink := serve(t, func(w http.ResponseWriter, r *http.Request) {
		e, err := binding.ToEvent(r.Context(), cloudhttp.NewMessageFromHttpRequest(r))
		if err != nil || e.Validate() != nil {
			t.Errorf("got %v, %v", e, err)
			return
		}
		if e.ID() != sent.ID || e.Source() != "/authway" || e.Type() != events.TypeKnock || e.SpecVersion() != "1.0" ||
			e.Extensions()["job"] != "outbox.deliver" || !e.Time().Equal(noon) || len(e.Data()) != 0 || r.URL.Path != "/events" {
			t.Errorf("got %v", e)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	if err := events.Post(t.Context(), sink, sent, noon); err != nil {
		t.Fatal(err)
	}
}

func TestRefusalIsAnError(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusFound, http.StatusBadRequest, http.StatusServiceUnavailable} {
		sink := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		err := events.Post(t.Context(), sink, events.New(events.TypeKnock, "/authway", "j"), noon)
		if refused, ok := errors.AsType[*events.RefusedError](err); !ok || refused.Status != status {
			t.Errorf("%d: got %v", status, err)
		}
	}
}

func TestKnocksAreGatheredAndNoneIsLost(t *testing.T) {
	t.Parallel()
	came, answer := make(chan string), make(chan struct{})
	var at, most atomic.Int64
	sink := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), at.Add(1)))
		came <- r.Header.Get("Ce-Job")
		<-answer
		at.Add(-1)
	})
	k := events.NewKnocker(sink)
	k.Knock("a")
	<-came
	for range 100 {
		k.Knock("a")
	}
	answer <- struct{}{}
	// The hundred are one.
	if job := <-came; job != "a" {
		t.Errorf("got %s", job)
	}
	answer <- struct{}{}
	k.Knock("b")
	if job := <-came; job != "b" {
		t.Errorf("another knock of a came: %s", job)
	}
	answer <- struct{}{}
	if most.Load() != 1 {
		t.Errorf("%d at once", most.Load())
	}
}

func TestNobodyToKnockAt(t *testing.T) {
	t.Parallel()
	events.NewKnocker(nil).Knock("a")
	(*events.Knocker)(nil).Knock("a")
}
