package telemetry_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/shared/telemetry"
)

// span is one as a collector reads it.
type span struct {
	TraceID, SpanID, ParentSpanID string
	Name                          string
	Kind                          int
	StartTimeUnixNano             string
	EndTimeUnixNano               string
	Attributes                    []struct {
		Key   string
		Value struct{ StringValue, IntValue string }
	}
	Status struct{ Code int }
}

func (s span) attributes() map[string]string {
	all := map[string]string{}
	for _, a := range s.Attributes {
		all[a.Key] = a.Value.StringValue + a.Value.IntValue
	}
	return all
}

// collector takes what is sent to it.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	texts []string
	spans []span
	of    []string
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		var sent struct {
			ResourceSpans []struct {
				Resource   struct{ Attributes json.RawMessage }
				ScopeSpans []struct {
					Scope struct{ Name string }
					Spans []span
				}
			}
		}
		if err != nil || json.Unmarshal(text, &sent) != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s (%s): %v: %s", r.Method, r.URL.Path, r.Header.Get("Content-Type"), err, text)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.texts = append(c.texts, string(text))
		for _, one := range sent.ResourceSpans {
			c.of = append(c.of, string(one.Resource.Attributes))
			for _, scope := range one.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) tracer(t *testing.T, share float64, log io.Writer) *telemetry.Tracer {
	t.Helper()
	to, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	return telemetry.NewTracer("login", telemetry.Tracing{Endpoint: to, Share: share}, telemetry.NewLogger(log, "login", slog.LevelInfo))
}

const (
	theirTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	theirSpan  = "00f067aa0ba902b7"
)

func TestARequestIsASpanOfTheTraceItNames(t *testing.T) {
	t.Parallel()
	collected := newCollector(t)
	// Whom the function asks.
	heard := make(chan http.Header, 1)
	peer := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.Header.Clone() }))
	t.Cleanup(peer.Close)
	client := &http.Client{Transport: telemetry.Traced("hydra", http.DefaultTransport)}

	var log bytes.Buffer
	tracer := collected.tracer(t, 1, &log)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login/{step}", func(w http.ResponseWriter, r *http.Request) {
		request, err := http.NewRequestWithContext(r.Context(), http.MethodPut, peer.URL+"/s3cret?challenge=s3cret", nil)
		if err != nil {
			t.Error(err)
			return
		}
		request.Header.Set("Tracestate", "s3cret=1")
		response, err := client.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		_ = response.Body.Close()
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	r := httptest.NewRequest(http.MethodPost, "/login/s3cret?login_challenge=s3cret", strings.NewReader("password=s3cret"))
	r.Header.Set("Cookie", "session=s3cret")
	r.Header.Set("X-Request-Id", "from-the-edge.1")
	r.Header.Set("User-Agent", "s3cret")
	r.Header.Set("Traceparent", "00-"+theirTrace+"-"+theirSpan+"-01")
	r.Header.Set("Tracestate", "vendor=s3cret")
	telemetry.Middleware(telemetry.NewLogger(&log, "login", slog.LevelInfo), telemetry.NewMetrics("login"), tracer)(mux).
		ServeHTTP(httptest.NewRecorder(), r)
	tracer.Stop(t.Context())

	if len(collected.spans) != 2 {
		t.Fatalf("%d spans: %v", len(collected.spans), collected.texts)
	}
	outer, inner := collected.spans[1], collected.spans[0]
	if outer.TraceID != theirTrace || outer.ParentSpanID != theirSpan || outer.Name != "POST /login/{step}" || outer.Kind != 2 || outer.Status.Code != 2 {
		t.Errorf("the request is %+v", outer)
	}
	if inner.TraceID != theirTrace || inner.ParentSpanID != outer.SpanID || inner.Name != "PUT hydra" || inner.Kind != 3 || inner.Status.Code != 0 {
		t.Errorf("what it asks is %+v", inner)
	}
	for s, want := range map[*span]map[string]string{
		&outer: {"http.request.method": "POST", "http.route": "/login/{step}", "http.response.status_code": "503", "authway.request_id": "from-the-edge.1"},
		&inner: {"http.request.method": "PUT", "peer.service": "hydra", "http.response.status_code": "200"},
	} {
		got := s.attributes()
		if len(got) != len(want) {
			t.Errorf("%s has %v", s.Name, got)
		}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s is %q, want %q", s.Name, name, got[name], value)
			}
		}
		times := regexp.MustCompile(`^[1-9][0-9]{18}$`)
		if !times.MatchString(s.StartTimeUnixNano) || !times.MatchString(s.EndTimeUnixNano) || s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Errorf("%s lasts from %s to %s", s.Name, s.StartTimeUnixNano, s.EndTimeUnixNano)
		}
	}
	if asked := <-heard; asked.Get("Traceparent") != "00-"+theirTrace+"-"+inner.SpanID+"-01" || asked.Get("Tracestate") != "" {
		t.Errorf("the peer is told %q and %q", asked.Get("Traceparent"), asked.Get("Tracestate"))
	}
	for _, text := range append(collected.texts, log.String()) {
		if strings.Contains(text, "s3cret") {
			t.Errorf("this tells a secret: %s", text)
		}
	}
	if !strings.Contains(log.String(), `"trace_id":"`+theirTrace+`"`) {
		t.Errorf("the log names no trace: %s", log.String())
	}
	if len(collected.of) != 1 || !strings.Contains(collected.of[0], `{"key":"service.name","value":{"stringValue":"login"}}`) {
		t.Errorf("the spans are of %v", collected.of)
	}
}

func TestTheShareIsOfWhatNobodyHasDecided(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		share       float64
		traceparent string
		spans       int
	}{
		"all of nobody's":   {1, "", 1},
		"none of nobody's":  {0, "", 0},
		"somebody says yes": {1, "00-" + theirTrace + "-" + theirSpan + "-01", 1},
		// Anybody can say so, of all of their requests.
		"a stranger wants it":     {0, "00-" + theirTrace + "-" + theirSpan + "-01", 0},
		"somebody says no":        {1, "00-" + theirTrace + "-" + theirSpan + "-00", 0},
		"what cannot be read":     {1, "00-" + strings.Repeat("0", 32) + "-" + theirSpan + "-00", 1},
		"another unreadable word": {0, "s3cret", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			collected := newCollector(t)
			tracer := collected.tracer(t, c.share, io.Discard)
			r := httptest.NewRequest(http.MethodGet, "/wp-admin", nil)
			if c.traceparent != "" {
				r.Header.Set("Traceparent", c.traceparent)
			}
			telemetry.Middleware(slog.New(slog.DiscardHandler), telemetry.NewMetrics("login"), tracer)(http.NewServeMux()).ServeHTTP(httptest.NewRecorder(), r)
			tracer.Stop(t.Context())
			if len(collected.spans) != c.spans {
				t.Fatalf("%d spans: %v", len(collected.spans), collected.texts)
			}
			for _, s := range collected.spans {
				if s.Name != "none" || s.attributes()["http.route"] != "none" {
					t.Errorf("a path that nobody has is %+v", s)
				}
			}
		})
	}
}

// A collector is a help: nobody waits for one.
func TestACollectorThatIsAway(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-held:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(held) })
	to, err := url.Parse(silent.URL)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	tracer := telemetry.NewTracer("login", telemetry.Tracing{Endpoint: to, Share: 1}, telemetry.NewLogger(&log, "login", slog.LevelInfo))
	h := telemetry.Middleware(slog.New(slog.DiscardHandler), telemetry.NewMetrics("login"), tracer)(http.NewServeMux())
	begun := time.Now()
	// More than are kept.
	for range 5000 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("requests waited for the collector: %s", took)
	}
	begun = time.Now()
	tracer.Stop(t.Context())
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("the end took %s", took)
	}
}

// What is allocated is counted for the whole process, so that nothing may run beside it.
func TestWithoutACollectorNothingIsDone(t *testing.T) {
	if tracer := telemetry.NewTracer("login", telemetry.Tracing{Share: 1}, slog.New(slog.DiscardHandler)); tracer != nil {
		t.Error("there is a tracer for nobody")
	}
	var none *telemetry.Tracer
	none.Stop(t.Context())
	same := func(want *http.Request) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r != want {
				t.Error("the request was changed")
			}
			return nil, io.EOF
		})
	}
	r := httptest.NewRequest(http.MethodGet, "http://peer/", nil)
	r.Header.Set("Traceparent", "00-"+theirTrace+"-"+theirSpan+"-01")
	transport := telemetry.Traced("hydra", same(r))
	if n := testing.AllocsPerRun(100, func() { _, _ = transport.RoundTrip(r) }); n > 0 {
		t.Errorf("%v things are allocated for each request", n)
	}
	var log bytes.Buffer
	telemetry.Middleware(telemetry.NewLogger(&log, "login", slog.LevelInfo), telemetry.NewMetrics("login"), none)(http.NewServeMux()).ServeHTTP(httptest.NewRecorder(), r)
	if strings.Contains(log.String(), "trace_id") {
		t.Errorf("a trace that goes nowhere is named: %s", log.String())
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
