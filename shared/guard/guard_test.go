package guard_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

var public = &url.URL{Scheme: "https", Host: "auth.example.com"}

func site(h http.Handler) http.Handler {
	return guard.Guard{Audience: problem.JSON}.Site(public, h)
}

var echo = problem.Writer{}.For(problem.JSON, func(w http.ResponseWriter, r *http.Request) error {
	if _, err := io.Copy(w, r.Body); err != nil {
		return err
	}
	return r.Body.Close()
})

func TestChainRunsInTheOrderWritten(t *testing.T) {
	t.Parallel()
	var order []string
	note := func(name string) guard.Middleware {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				order = append(order, name)
				next.ServeHTTP(w, r)
			})
		}
	}
	guard.Chain(http.NotFoundHandler(), note("first"), note("second")).
		ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if got := strings.Join(order, " "); got != "first second" {
		t.Errorf("ran %s", got)
	}
}

func TestPanicsBecomeTheInternalError(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	g := guard.Guard{Problems: problem.Writer{Log: slog.New(slog.NewJSONHandler(&log, nil))}, Audience: problem.JSON}
	w := httptest.NewRecorder()
	g.Recover(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("row 7") })).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"internal"`) || strings.Contains(w.Body.String(), "row 7") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "row 7") || !strings.Contains(log.String(), "guard_test.go") {
		t.Errorf("the log has no cause and stack: %s", log.String())
	}
}

func TestAPanicInTheMiddleOfAnAnswerCutsTheConnection(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{"any": "broken", "net/http's own": http.ErrAbortHandler} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(guard.Guard{}.Recover(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "half")
				_ = http.NewResponseController(w).Flush()
				panic(v)
			})))
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
			server.Start()
			defer server.Close()
			res, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if _, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the half answer ended with %v", err)
			}
		})
	}
}

// chunked hides a body's length.
type chunked struct{ io.Reader }

func TestBodiesThatAreTooLongAreRefused(t *testing.T) {
	t.Parallel()
	fits, long := strings.Repeat("x", guard.SiteBody), strings.Repeat("x", guard.SiteBody+1)
	for name, c := range map[string]struct {
		body   io.Reader
		status int
	}{
		"fits":                    {strings.NewReader(fits), 200},
		"fits, length unknown":    {chunked{strings.NewReader(fits)}, 200},
		"declared too long":       {strings.NewReader(long), 413},
		"too long without notice": {chunked{strings.NewReader(long)}, 413},
		"no body":                 {nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := guard.Guard{Audience: problem.JSON}.Limit(guard.SiteBody)(problem.Writer{}.For(problem.JSON,
				func(_ http.ResponseWriter, r *http.Request) error {
					_, err := io.Copy(io.Discard, r.Body)
					return err
				}))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", c.body))
			if w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			}
		})
	}
}

var contentTypes = map[string]bool{
	"application/x-www-form-urlencoded":                true,
	"application/json":                                 true,
	"Application/JSON; charset=UTF-8":                  true,
	"application/x-www-form-urlencoded; charset=utf-8": true,
	"application/json; charset=utf-7":                  false,
	"application/jsonp":                                false,
	"application/problem+json":                         false,
	"text/plain":                                       false,
	"text/plain; application/json":                     false,
	"text/html, application/json":                      false,
	"multipart/form-data; boundary=x":                  false,
	"":                                                 false,
	"application/json; charset":                        false,
	"application/json\x00":                             false,
}

func TestOnlyFormsAndJSONAreBodies(t *testing.T) {
	t.Parallel()
	for kind, ok := range contentTypes {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x"))
		r.Header["Content-Type"] = []string{kind}
		guard.Chain(echo, guard.Guard{Audience: problem.JSON}.ContentTypes()).ServeHTTP(w, r)
		if (w.Code == 200) != ok || (!ok && w.Code != 415) {
			t.Errorf("%q answered %d", kind, w.Code)
		}
	}
}

func TestBodiesWithoutOrWithTwoTypesAreRefused(t *testing.T) {
	t.Parallel()
	h := guard.Guard{Audience: problem.JSON}.ContentTypes("application/cloudevents+json")(echo)
	for name, c := range map[string]struct {
		kinds  []string
		body   io.Reader
		status int
	}{
		"named":                    {[]string{"application/cloudevents+json"}, strings.NewReader("x"), 200},
		"not named any more":       {[]string{"application/json"}, strings.NewReader("x"), 415},
		"none":                     {nil, strings.NewReader("x"), 415},
		"none, length unknown":     {nil, chunked{strings.NewReader("x")}, 415},
		"two":                      {[]string{"application/cloudevents+json", "text/plain"}, strings.NewReader("x"), 415},
		"none, but no body":        {nil, nil, 200},
		"another, but no body":     {[]string{"text/plain"}, nil, 200},
		"an empty body is no body": {nil, strings.NewReader(""), 200},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/", c.body)
		if c.kinds != nil {
			r.Header["Content-Type"] = c.kinds
		}
		h.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d", name, w.Code, c.status)
		}
	}
}

func FuzzContentTypes(f *testing.F) {
	for kind := range contentTypes {
		f.Add(kind)
	}
	h := guard.Guard{Audience: problem.JSON}.ContentTypes()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	f.Fuzz(func(t *testing.T, kind string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x"))
		r.Header["Content-Type"] = []string{kind}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		essence, _, _ := strings.Cut(strings.ToLower(kind), ";")
		essence = strings.TrimSpace(essence)
		if w.Code == 200 && essence != "application/json" && essence != "application/x-www-form-urlencoded" {
			t.Errorf("%q was let through", kind)
		}
	})
}

func TestRequestsFromOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method  string
		headers map[string]string
		status  int
	}{
		"our own page":                      {"POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		"our page, seen through the edge":   {"POST", map[string]string{"Origin": "https://auth.example.com"}, 200},
		"a person's own click":              {"POST", map[string]string{"Sec-Fetch-Site": "none"}, 200},
		"another site":                      {"POST", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403},
		"a sibling on our domain":           {"POST", map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "https://shop.example.com"}, 403},
		"another site, an older browser":    {"POST", map[string]string{"Origin": "https://evil.example"}, 403},
		"a sandboxed frame":                 {"POST", map[string]string{"Origin": "null"}, 403},
		"our host, but without encryption":  {"POST", map[string]string{"Origin": "http://auth.example.com"}, 403},
		"looking from another site is fine": {"GET", map[string]string{"Sec-Fetch-Site": "cross-site"}, 200},
		"no browser":                        {"POST", nil, 200},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(c.method, "http://login.internal/login", nil)
		for name, value := range c.headers {
			r.Header.Set(name, value)
		}
		site(echo).ServeHTTP(w, r)
		if w.Code != c.status || (c.status == 403 && !strings.Contains(w.Body.String(), `"cross_site"`)) {
			t.Errorf("%s: answered %d %s", name, w.Code, w.Body)
		}
	}
}

func TestWithoutAPublicAddressOnlyTheSameHostIsTrusted(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "http://login.internal/login", nil)
	r.Header.Set("Origin", "http://login.internal")
	guard.Guard{}.CrossSite(nil)(echo).ServeHTTP(w, r)
	if w.Code != 200 {
		t.Errorf("status %d", w.Code)
	}
}

func TestPagesTellTheBrowserWhatTheyMay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		public *url.URL
		hsts   string
	}{
		"https":  {public, "max-age=31536000"},
		"http":   {&url.URL{Scheme: "http", Host: "localhost:8080"}, ""},
		"no one": {nil, ""},
	} {
		w := httptest.NewRecorder()
		guard.Guard{}.Site(c.public, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Referrer-Policy", "no-referrer")
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		for header, want := range map[string]string{
			"Content-Security-Policy":    guard.Policy,
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
			"Cache-Control":              "no-store",
			"Strict-Transport-Security":  c.hsts,
		} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
	if strings.Contains(guard.Policy, "unsafe") || !strings.HasPrefix(guard.Policy, "default-src 'none'; ") {
		t.Errorf("the policy is %s", guard.Policy)
	}
}

func TestProgramsNeedNoOriginButTheirBodiesAreChecked(t *testing.T) {
	t.Parallel()
	h := guard.Guard{Audience: problem.OAuth}.Service(echo)
	for kind, status := range map[string]int{"application/json": 200, "text/plain": 415} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/hooks/token", strings.NewReader("{}"))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Origin", "https://hydra.example")
		h.ServeHTTP(w, r)
		if w.Code != status || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s answered %d %v", kind, w.Code, w.Header())
		}
	}
}
