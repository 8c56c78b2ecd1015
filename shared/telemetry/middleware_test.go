package telemetry_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/telemetry"
)

type observed struct {
	line    map[string]any
	log     string
	res     *http.Response
	metrics *telemetry.Metrics
}

func observe(t *testing.T, handler http.HandlerFunc, r *http.Request) observed {
	t.Helper()
	var log bytes.Buffer
	m := telemetry.NewMetrics("login")
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login/{step}", handler)
	w := httptest.NewRecorder()
	func() {
		defer func() { _ = recover() }()
		telemetry.Middleware(telemetry.NewLogger(&log, "login", slog.LevelInfo), m, nil)(mux).ServeHTTP(w, r)
	}()
	o := observed{log: log.String(), res: w.Result(), metrics: m}
	if err := json.Unmarshal(log.Bytes(), &o.line); err != nil {
		t.Fatalf("%v in %s", err, log.String())
	}
	return o
}

func series(t *testing.T, g prometheus.Gatherer, name string) []*dto.Metric {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()
		}
	}
	return nil
}

func labels(m *dto.Metric) string {
	var parts []string
	for _, l := range m.GetLabel() {
		parts = append(parts, l.GetName()+"="+l.GetValue())
	}
	return strings.Join(parts, " ")
}

func TestARequestIsCountedAndLoggedWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/login/password?login_challenge=s3cret", strings.NewReader("password=s3cret"))
	r.Header.Set("Cookie", "session=s3cret")
	r.Header.Set("X-Request-Id", "from-the-edge.1")
	var inside string
	o := observe(t, func(w http.ResponseWriter, r *http.Request) {
		inside = problem.Reference(r.Context())
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "made")
	}, r)
	want := map[string]any{
		"function": "login", "msg": "request", "level": "INFO", "method": "POST", "route": "POST /login/{step}",
		"status": 201.0, "bytes": 4.0, "request_id": "from-the-edge.1",
	}
	for name, value := range want {
		if o.line[name] != value {
			t.Errorf("%s is %v, want %v", name, o.line[name], value)
		}
	}
	if strings.Contains(o.log, "s3cret") || strings.Contains(o.log, "password") {
		t.Errorf("the log tells a secret: %s", o.log)
	}
	if inside != "from-the-edge.1" || o.res.Header.Get("X-Request-Id") != inside {
		t.Errorf("the id is %q inside and %q outside", inside, o.res.Header.Get("X-Request-Id"))
	}
	counted := series(t, o.metrics.Registry, "http_requests_total")
	if len(counted) != 1 || labels(counted[0]) != "code=201 function=login method=POST route=POST /login/{step}" || counted[0].GetCounter().GetValue() != 1 {
		t.Errorf("counted %v", counted)
	}
	timed := series(t, o.metrics.Registry, "http_request_duration_seconds")
	if len(timed) != 1 || labels(timed[0]) != "function=login route=POST /login/{step}" || timed[0].GetHistogram().GetSampleCount() != 1 {
		t.Errorf("timed %v", timed)
	}
}

func TestWhatEndedHowIsToldRight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		status  float64
	}{
		"nothing written": {func(http.ResponseWriter, *http.Request) {}, 200},
		"written at once": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }, 200},
		"an early hint":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) }, 404},
		"a panic":         {func(http.ResponseWriter, *http.Request) { panic("!") }, 500},
		"a panic later":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204); panic("!") }, 204},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := observe(t, c.handler, httptest.NewRequest(http.MethodPost, "/login/a", nil))
			if o.line["status"] != c.status {
				t.Errorf("status %v, want %v", o.line["status"], c.status)
			}
		})
	}
}

func TestNobodyCanGrowTheSeries(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics("login")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /a/{id}", func(http.ResponseWriter, *http.Request) {})
	h := telemetry.Middleware(slog.New(slog.DiscardHandler), m, nil)(mux)
	for _, method := range []string{"GET", "BREW", "PROPFIND", "get"} {
		for _, path := range []string{"/a/1", "/a/2", "/wp-admin", "/.env"} {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
		}
	}
	got := map[string]bool{}
	for _, s := range series(t, m.Registry, "http_requests_total") {
		got[labels(s)] = true
	}
	for _, want := range []string{
		"code=200 function=login method=GET route=GET /a/{id}", "code=404 function=login method=GET route=none",
		"code=404 function=login method=other route=none", "code=405 function=login method=other route=none",
	} {
		if !got[want] {
			t.Errorf("%s is not there", want)
		}
		delete(got, want)
	}
	if len(got) > 0 {
		t.Errorf("there are also %v", got)
	}
}

func FuzzRequestID(f *testing.F) {
	for _, seed := range []string{"", "a", "from-the-edge.1", strings.Repeat("x", 65), "a b", "a\nb", "é", "<script>"} {
		f.Add(seed)
	}
	h := telemetry.Middleware(slog.New(slog.DiscardHandler), telemetry.NewMetrics("fuzz"), nil)(http.NotFoundHandler())
	f.Fuzz(func(t *testing.T, offered string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["X-Request-Id"] = []string{offered}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got := w.Header().Get("X-Request-Id")
		if len(got) == 0 || len(got) > 64 {
			t.Fatalf("%q became %q", offered, got)
		}
		for _, c := range got {
			if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", c) {
				t.Fatalf("%q became %q", offered, got)
			}
		}
		if got != offered && len(got) != 32 {
			t.Fatalf("%q was repaired to %q", offered, got)
		}
	})
}
