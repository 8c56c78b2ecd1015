package integration_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestEventsThatWillNeverWork(t *testing.T) {
	t.Parallel()
	k := beginKeeper(t, nil)
	k.add("ada@example.org")
	structured := map[string]string{"Content-Type": "application/cloudevents+json"}
	const malformed, tooLarge, source = "event_malformed", "event_too_large", "event_source"
	refused := map[string]int{}
	for name, c := range map[string]struct {
		header map[string]string
		body   io.Reader
		code   string
	}{
		"an unknown job":       {changed(recordedPing, "Ce-Job", "outbox.destroy"), nil, "unknown_job"},
		"no job":               {changed(recordedPing, "Ce-Job", ""), nil, "unknown_job"},
		"another type":         {changed(recordedPing, "Ce-Type", "com.github.push"), nil, "event_type"},
		"another kind":         {changed(recordedPing, "Ce-Source", "/apis/v1/namespaces/authway/apiserversources/outbox"), nil, source},
		"no namespace":         {changed(recordedPing, "Ce-Source", "/apis/v1/namespaces//pingsources/outbox"), nil, source},
		"more than a source":   {changed(recordedPing, "Ce-Source", recordedPing["Ce-Source"]+"/x"), nil, source},
		"a knock's source":     {changed(recordedPing, "Ce-Source", "/authway"), nil, source},
		"a ping's source":      {changed(recordedPing, "Ce-Type", "dev.authway.knock"), nil, source},
		"a long source":        {changed(recordedPing, "Ce-Source", "/"+strings.Repeat("x", 5000)), nil, malformed},
		"an old version":       {changed(recordedPing, "Ce-Specversion", "0.3"), nil, malformed},
		"a header of nothing":  {changed(recordedPing, "Ce-", "x"), nil, malformed},
		"no event":             {map[string]string{"Content-Type": "application/json"}, strings.NewReader("{}"), malformed},
		"a form":               {map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, strings.NewReader("job=outbox.deliver"), malformed},
		"broken JSON":          {structured, strings.NewReader(`{"specversion":"1.0"`), malformed},
		"a batch":              {map[string]string{"Content-Type": "application/cloudevents-batch+json"}, strings.NewReader("[]"), malformed},
		"too large":            {recordedPing, bytes.NewReader(make([]byte, 1<<20)), tooLarge},
		"too large, not said":  {recordedPing, io.LimitReader(neverEnding{}, 1<<20), tooLarge},
		"too large, in itself": {structured, io.LimitReader(neverEnding{}, 1<<20), tooLarge},
	} {
		refused[c.code]++
		status, body := k.post("/events", c.header, c.body)
		if status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", name, status, body)
		}
		var said struct{ Code, Title string }
		if err := json.Unmarshal([]byte(body), &said); err != nil || said.Code != c.code {
			t.Errorf("%s: the body says %s, want %s", name, body, c.code)
		}
	}
	k.receivers()
	for code, n := range refused {
		if got := k.count("audit_events WHERE action = 'event.refused' AND tenant_id IS NULL AND detail->>'reason' = '" + code + "'"); got != n {
			t.Errorf("%s: %d refusals are recorded, want %d", code, got, n)
		}
		if got := k.number("authway_events_refused_total", code); got != float64(n) {
			t.Errorf("%s: counted %v, want %d", code, got, n)
		}
	}
	if n := k.count("audit_events WHERE length(detail::text) > 3000"); n != 0 {
		t.Errorf("%d refusals are recorded at length", n)
	}
	if n := k.count("audit_events WHERE detail->>'source' = '" + recordedPing["Ce-Source"] + "' AND detail->>'id' = '" + recordedPing["Ce-Id"] + "'"); n == 0 {
		t.Error("no record names the event")
	}
	for path, want := range map[string]int{"/events": http.StatusMethodNotAllowed, "/": http.StatusNotFound, "/events/more": http.StatusNotFound} {
		answer, err := http.Get(k.at + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want && answer.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: got %d", path, answer.StatusCode)
		}
	}
}

// Nobody can fill the audit log, which nothing can be taken out of.
func TestRefusalsAreRecordedInBounds(t *testing.T) {
	t.Parallel()
	k := beginKeeper(t, nil)
	const posted, recorded = 130, 100
	for range posted {
		k.post("/events", changed(recordedPing, "Ce-Job", "outbox.destroy"), nil)
	}
	if n := k.count("audit_events WHERE action = 'event.refused'"); n != recorded {
		t.Errorf("%d are recorded, want %d", n, recorded)
	}
	if n := k.number("authway_events_refused_total", "unknown_job"); n != posted {
		t.Errorf("%v are counted", n)
	}
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { return len(p), nil }
