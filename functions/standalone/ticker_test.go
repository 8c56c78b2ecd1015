package standalone

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/events/received"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/outbox"
)

func TestTickerPostsWhatAPingSourceSends(t *testing.T) {
	t.Parallel()
	came := make(chan events.Event)
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := received.Event(w, r)
		if err != nil || r.URL.Path != "/events" {
			t.Errorf("%s: got %v", r.URL.Path, err)
		}
		came <- e
		w.WriteHeader(http.StatusNoContent)
	}))
	defer sink.Close()
	at, err := url.Parse(sink.URL)
	if err != nil {
		t.Fatal(err)
	}
	ticker := startTicker(eventsOf(at), clock.NewFixed(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)))
	defer ticker.stop()
	want := map[string]bool{}
	for _, entry := range journal.Catalogue {
		if entry.Name == outbox.Job && entry.Every > time.Minute {
			t.Errorf("mail is looked for every %s", entry.Every)
		}
		want[entry.Name] = true
	}
	for range journal.Catalogue {
		e := <-came
		if !want[e.Job] || e.Type != events.TypePing || e.Source != pingSources+e.Job || e.ID == "" {
			t.Errorf("got %+v", e)
		}
		delete(want, e.Job)
	}
}
