package edge

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

// mirror answers with what it was asked, under the name of its upstream.
func mirror(name Upstream) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "the upstream's own")
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(seen{name, r.Method, r.URL.RequestURI(), r.Host, r.Header, string(body)})
	}
}

type seen struct {
	Upstream              Upstream
	Method, Address, Host string
	Header                http.Header
	Body                  string
}

var site = fstest.MapFS{
	"en/login.html":       {Data: []byte("<title>Sign in</title>")},
	"ko/login.html":       {Data: []byte("<title>로그인</title>")},
	"ar/login.html":       {Data: []byte("<title>تسجيل الدخول</title>")},
	"en/register.html":    {Data: []byte("<title>Register</title>")},
	"en/not-found.html":   {Data: []byte("<title>Nothing here</title>")},
	"ko/not-found.html":   {Data: []byte("<title>없음</title>")},
	"en/unavailable.html": {Data: []byte("<title>Back in a moment</title>")},
	"ui/assets/a-1.js":    {Data: []byte(strings.Repeat("console.log(1);", 100))},
	"ui/assets/b-2.svg":   {Data: []byte("<svg/>")},
}

const public = "http://localhost:8080"

// start runs an edge in front of mirrors; the ones in down do not answer.
func start(t *testing.T, address string, down ...Upstream) http.Handler {
	t.Helper()
	here, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		Public: here, Upstreams: map[Upstream]*url.URL{}, Pages: site,
		Own: map[string]http.Handler{
			"/":      http.RedirectHandler("/demo", http.StatusFound),
			"/demo":  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "demo") }),
			"/demo/": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "below demo") }),
		},
	}
	for _, name := range Upstreams {
		server := httptest.NewServer(mirror(name))
		t.Cleanup(server.Close)
		if c.Upstreams[name], err = url.Parse(server.URL); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range down {
		closed := httptest.NewServer(nil)
		closed.Close()
		if c.Upstreams[name], err = url.Parse(closed.URL); err != nil {
			t.Fatal(err)
		}
	}
	h, err := Handler(c)
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(problem.WithReference(r.Context(), "ref-1")))
	})
}

func ask(t *testing.T, h http.Handler, method, target string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(""))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func mirrored(t *testing.T, res *http.Response) seen {
	t.Helper()
	var s seen
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		t.Fatalf("no upstream answered: %d, %v", res.StatusCode, err)
	}
	return s
}

func TestSignInPageIsStaticUnlessTheBrowserIsKnown(t *testing.T) {
	t.Parallel()
	h := start(t, public)
	for _, unknown := range []string{"", "other=1", "xauthway_session=1", "authway_locale=ko; authway_browser=1"} {
		res := ask(t, h, http.MethodGet, public+"/login?login_challenge=c", "Cookie", unknown)
		if res.StatusCode != http.StatusOK || !strings.Contains(text(t, res), "<title>") {
			t.Errorf("cookies %q: not the static page (%d)", unknown, res.StatusCode)
		}
	}
	for _, name := range knownCookies {
		got := mirrored(t, ask(t, h, http.MethodGet, public+"/login?login_challenge=c", "Cookie", "a=b; "+name+"=x"))
		if got.Upstream != Login || got.Address != "/login?login_challenge=c" {
			t.Errorf("cookie %s: went to %s%s", name, got.Upstream, got.Address)
		}
	}
	if got := mirrored(t, ask(t, h, http.MethodPost, public+"/login?login_challenge=c")); got.Upstream != Login {
		t.Errorf("a post went to %s", got.Upstream)
	}
	res := ask(t, h, http.MethodGet, public+"/register", "Cookie", "authway_session=x")
	if !strings.Contains(text(t, res), "Register") {
		t.Error("the register page is static for everybody")
	}
}

func TestPagesCarryTheirHeaders(t *testing.T) {
	t.Parallel()
	res := ask(t, start(t, "https://auth.example.org"), http.MethodGet, "https://auth.example.org/login")
	for name, want := range map[string]string{
		"Content-Security-Policy":   guard.Policy,
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "same-origin",
		"Strict-Transport-Security": "max-age=31536000",
		"Cache-Control":             "private, no-cache",
		"Content-Type":              "text/html; charset=utf-8",
		"Content-Language":          "en",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if res.Header.Get("ETag") == "" {
		t.Error("a page without an ETag is sent whole every time")
	}
}

func TestPageIsNotSentTwice(t *testing.T) {
	t.Parallel()
	h := start(t, public)
	tag := ask(t, h, http.MethodGet, public+"/login").Header.Get("ETag")
	if res := ask(t, h, http.MethodGet, public+"/login", "If-None-Match", tag); res.StatusCode != http.StatusNotModified {
		t.Errorf("got %d", res.StatusCode)
	}
	if res := ask(t, h, http.MethodGet, public+"/login", "If-None-Match", tag, "Accept-Language", "ko"); res.StatusCode != http.StatusOK {
		t.Errorf("another language is another page: got %d", res.StatusCode)
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	t.Parallel()
	h := start(t, public)
	res := ask(t, h, http.MethodGet, public+"/ui/assets/a-1.js", "Accept-Encoding", "gzip, br")
	if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != immutable {
		t.Fatalf("got %d, %q", res.StatusCode, res.Header.Get("Cache-Control"))
	}
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("got %v", res.Header)
	}
	plain, err := gzip.NewReader(bytes.NewReader([]byte(text(t, res))))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(plain); err != nil || len(body) != 1500 {
		t.Errorf("got %d bytes, %v", len(body), err)
	}
	missing := ask(t, h, http.MethodGet, public+"/ui/assets/none.js")
	if missing.StatusCode != http.StatusNotFound || missing.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a missing asset is remembered: %d, %q", missing.StatusCode, missing.Header.Get("Cache-Control"))
	}
}

func TestForwardedHeadersAreOurOwn(t *testing.T) {
	t.Parallel()
	got := mirrored(t, ask(t, start(t, public), http.MethodGet, public+"/userinfo",
		"X-Forwarded-For", "6.6.6.6", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "Forwarded", "for=6.6.6.6",
		"X-Real-Ip", "6.6.6.6", "X-Request-Id", "client's", "Connection", "X-Forwarded-For, X-Request-Id",
		"Authorization", "Bearer t"))
	for name, want := range map[string]string{
		"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "localhost:8080", "X-Forwarded-Proto": "http",
		"Forwarded": "", "X-Real-Ip": "", "X-Request-Id": "ref-1", "Authorization": "Bearer t",
	} {
		if g := strings.Join(got.Header.Values(name), ","); g != want {
			t.Errorf("%s: got %q, want %q", name, g, want)
		}
	}
	if got.Host == "localhost:8080" {
		t.Error("the upstream sees the public host where a Knative ingress wants its own")
	}
}

func TestUpstreamAnswerHasOneRequestID(t *testing.T) {
	t.Parallel()
	if ids := ask(t, start(t, public), http.MethodGet, public+"/userinfo").Header.Values("X-Request-Id"); len(ids) != 0 {
		t.Errorf("got %q beside the one of the middleware", ids)
	}
}

func TestUnknownHostIsMisdirected(t *testing.T) {
	t.Parallel()
	h := start(t, public)
	for _, host := range []string{"http://evil.example", "http://127.0.0.1:8080", "http://localhost", "http://localhost:8081"} {
		if res := ask(t, h, http.MethodGet, host+"/health"); res.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s: got %d", host, res.StatusCode)
		}
	}
	secure := start(t, "https://auth.example.org")
	if res := ask(t, secure, http.MethodGet, "https://AUTH.example.org:443/health"); res.StatusCode != http.StatusOK {
		t.Errorf("the implied port, spelled out: got %d", res.StatusCode)
	}
}

func TestPathsThatMeanAnotherPathAreRefused(t *testing.T) {
	t.Parallel()
	h := start(t, public)
	for _, path := range []string{
		"/api/login/../../hooks/token", "/api/login/%2e%2e/%2e%2e/hooks/token", "//login", "/oauth2//token", "/oauth2/./token",
		"/api/login/..%2f..%2fhooks/token", "/oauth2/%5c..%5cadmin", "/hooks/token", "/metrics",
	} {
		if res := ask(t, h, http.MethodGet, public+path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %d", path, res.StatusCode)
		}
	}
}

func TestMethodsOutsideTheTable(t *testing.T) {
	t.Parallel()
	res := ask(t, start(t, public), http.MethodDelete, public+"/login")
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("got %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
}

func TestHealthOfAFunctionIsItsProbe(t *testing.T) {
	t.Parallel()
	h := start(t, public)
	if got := mirrored(t, ask(t, h, http.MethodGet, public+"/health/consent")); got.Upstream != Consent || got.Address != "/healthz" {
		t.Errorf("got %s%s", got.Upstream, got.Address)
	}
	if got := mirrored(t, ask(t, h, http.MethodGet, public+"/health")); got.Upstream != Login || got.Address != "/health" {
		t.Errorf("got %s%s", got.Upstream, got.Address)
	}
}

func TestAuthorizationThatAsksSetsTheCookie(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]bool{
		public + "/oauth2/auth?client_id=a":                     false,
		public + "/oauth2/auth?client_id=a&login_hint=":         false,
		public + "/oauth2/auth?client_id=a&login_hint=b%40c.de": true,
		public + "/oauth2/auth?ui_locales=ko":                   true,
		public + "/oauth2/token?login_hint=b":                   false,
	} {
		cookies := ask(t, start(t, public), http.MethodGet, target).Cookies()
		if (len(cookies) == 1) != want {
			t.Errorf("%s: got %v", target, cookies)
		}
		if want && (cookies[0].String() != "authway_ask=1; Path=/login; Max-Age=120; HttpOnly; SameSite=Lax") {
			t.Errorf("%s: got %s", target, cookies[0])
		}
	}
	second := ask(t, start(t, public), http.MethodGet, public+"/oauth2/auth?client_id=a", "Cookie", "x=1; ory_hydra_login_csrf_dev_614098109=y").Cookies()
	if len(second) != 1 {
		t.Errorf("in a second tab: got %v", second)
	}
	secure := ask(t, start(t, "https://a.example"), http.MethodGet, "https://a.example/oauth2/auth?ui_locales=ko").Cookies()
	if len(secure) != 1 || !secure[0].Secure {
		t.Errorf("over https: got %v", secure)
	}
}

// A form that is sent before the page's first request has been answered would come from
// another browser.
func TestPageWithAFormGivesTheBrowserItsSecret(t *testing.T) {
	t.Parallel()
	h := start(t, "https://a.example")
	for path, want := range map[string]int{"/login": 1, "/register": 1, "/account": 0, "/admin/": 0, "/nowhere": 0} {
		if cookies := ask(t, h, http.MethodGet, "https://a.example"+path).Cookies(); len(cookies) != want {
			t.Errorf("%s: got %v", path, cookies)
		}
	}
	made := ask(t, h, http.MethodGet, "https://a.example/login").Cookies()[0]
	if made.Name != "__Host-authway_browser" || len(made.Value) < 32 || !made.Secure || !made.HttpOnly || made.MaxAge != 0 || made.SameSite != http.SameSiteLaxMode {
		t.Errorf("got %s", made)
	}
	if again := ask(t, h, http.MethodGet, "https://a.example/login", "Cookie", made.Name+"="+made.Value).Cookies(); len(again) != 0 {
		t.Errorf("a browser that has one gets %v", again)
	}
}

func TestUpstreamThatIsDown(t *testing.T) {
	t.Parallel()
	h := start(t, public, Consent)
	page := ask(t, h, http.MethodGet, public+"/consent?consent_challenge=secret", "Accept", "text/html,*/*")
	if page.StatusCode != http.StatusServiceUnavailable || page.Header.Get("Retry-After") != "2" ||
		page.Header.Get("Cache-Control") != "no-store" || !strings.Contains(text(t, page), "Back in a moment") {
		t.Errorf("got %d, %v", page.StatusCode, page.Header)
	}
	program := ask(t, h, http.MethodGet, public+"/health/consent")
	if body := text(t, program); program.StatusCode != http.StatusServiceUnavailable ||
		!strings.Contains(body, `"code":"unavailable"`) || !strings.Contains(body, "ref-1") {
		t.Errorf("got %d, %s", program.StatusCode, body)
	}
}

func TestTooLargeBody(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, public+"/oauth2/token",
		strings.NewReader(strings.Repeat("x", maxBody+1)))
	w := httptest.NewRecorder()
	start(t, public).ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d", w.Code)
	}
}

func TestNotFoundPageSpeaksTheLanguage(t *testing.T) {
	t.Parallel()
	res := ask(t, start(t, public), http.MethodGet, public+"/nowhere", "Accept", "text/html", "Accept-Language", "ko-KR,ko;q=0.9")
	if body := text(t, res); res.StatusCode != http.StatusNotFound || !strings.Contains(body, "없음") {
		t.Errorf("got %d, %s", res.StatusCode, body)
	}
}

func TestOwnHandlers(t *testing.T) {
	t.Parallel()
	h := start(t, public)
	for path, want := range map[string]string{"/demo": "demo", "/demo/x/y": "below demo"} {
		if got := text(t, ask(t, h, http.MethodGet, public+path)); got != want {
			t.Errorf("%s: got %q", path, got)
		}
	}
	if res := ask(t, h, http.MethodGet, public+"/"); res.StatusCode != http.StatusFound {
		t.Errorf("/: got %d", res.StatusCode)
	}
	if res := ask(t, h, http.MethodGet, public+"/nowhere"); res.StatusCode != http.StatusNotFound {
		t.Errorf("the redirect of / answers everything: got %d", res.StatusCode)
	}
}
