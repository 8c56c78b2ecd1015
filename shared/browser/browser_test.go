package browser_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/problem"
)

func cookies(t *testing.T, public string) browser.Cookies {
	t.Helper()
	parsed, err := url.Parse(public)
	if err != nil {
		t.Fatal(err)
	}
	return browser.CookiesFor(parsed)
}

func TestSessionCookieIsBoundToTheHostOverHTTPS(t *testing.T) {
	t.Parallel()
	for public, want := range map[string]string{
		"https://id.example.org": "__Host-authway_session=token; Path=/; HttpOnly; Secure; SameSite=Lax",
		"http://localhost:8080":  "authway_session=token; Path=/; HttpOnly; SameSite=Lax",
	} {
		w := httptest.NewRecorder()
		cookies(t, public).SetSession(w, "token", false)
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("%s: %s", public, got)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", w.Header().Get("Set-Cookie"))
		if got := cookies(t, public).Session(r); got != "token" {
			t.Errorf("%s: read back %q", public, got)
		}
	}
	// A sibling domain can set a cookie of the plain name, but not of the prefixed one.
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Cookie", "authway_session=planted")
	if got := cookies(t, "https://id.example.org").Session(r); got != "" {
		t.Errorf("a planted cookie is read: %q", got)
	}
}

func TestBrowserSecretIsMadeOnce(t *testing.T) {
	t.Parallel()
	c := cookies(t, "http://localhost")
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	secret := c.Browser(w, r)
	r.Header.Set("Cookie", w.Header().Get("Set-Cookie"))
	again := httptest.NewRecorder()
	if c.Browser(again, r) != secret || again.Header().Get("Set-Cookie") != "" {
		t.Error("a browser that has a secret gets another")
	}
	r.Header.Set("Cookie", "authway_browser=short")
	if c.Browser(again, r) == "short" {
		t.Error("a secret that we did not make is taken")
	}
}

func TestClientIP(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ forwarded, remote, want string }{
		{"192.0.2.1", "10.0.0.1:5", "192.0.2.1"},
		{"192.0.2.1, 10.0.0.7", "10.0.0.1:5", "192.0.2.1"},
		{"::ffff:192.0.2.1", "10.0.0.1:5", "192.0.2.1"},
		{"2001:db8::1", "10.0.0.1:5", "2001:db8::1"},
		{"<script>", "10.0.0.1:5", "10.0.0.1"},
		{"fe80::1%<script>", "10.0.0.1:5", "fe80::1"},
		{"", "[fe80::1%eth0]:5", "fe80::1"},
		{"", "[::1]:5", "::1"},
		{"", "@", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		r.Header.Set("X-Forwarded-For", c.forwarded)
		if got := browser.ClientIP(r); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func FuzzClientIP(f *testing.F) {
	f.Add("192.0.2.1, 10.0.0.7", "10.0.0.1:5")
	f.Add("::ffff:192.0.2.1", "[::1]:5")
	f.Add("fe80::1%eth0", "@")
	f.Fuzz(func(t *testing.T, forwarded, remote string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		r.Header["X-Forwarded-For"] = []string{forwarded}
		got := browser.ClientIP(r)
		if got == "" {
			return
		}
		// One spelling for each machine: it is counted by, and kept in the history.
		if address, err := netip.ParseAddr(got); err != nil || address.String() != got || address.Is4In6() || address.Zone() != "" {
			t.Fatalf("%q from %q is %q, %v", forwarded, remote, got, err)
		}
		r.Header["X-Forwarded-For"] = []string{got + ", " + forwarded}
		if again := browser.ClientIP(r); again != got {
			t.Fatalf("%q is read as %q", got, again)
		}
	})
}

var errForm = problem.New(http.StatusUnprocessableEntity, "wrong_credentials", "No.")

func answer(t *testing.T, accept string, h problem.Handler) *httptest.ResponseRecorder {
	t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/login?login_challenge=x", strings.NewReader(""))
	r.Header.Set("Accept", accept)
	browser.NewPages(slog.New(slog.DiscardHandler)).Handle(h).ServeHTTP(w, r)
	return w
}

func TestScriptsAreAnsweredInJSON(t *testing.T) {
	t.Parallel()
	w := answer(t, "application/json", func(w http.ResponseWriter, r *http.Request) error {
		return browser.Continue(w, r, "https://id.example.org/next")
	})
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"redirectTo":"https://id.example.org/next"}` {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	w = answer(t, "application/json", func(_ http.ResponseWriter, r *http.Request) error {
		browser.Keep(r, pages.View{Page: "login", Email: "ada@example.org"})
		return errForm
	})
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"code":"wrong_credentials"`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestUnmappedErrorsKeepTheirStatusOnPages(t *testing.T) {
	t.Parallel()
	w := answer(t, "text/html", func(http.ResponseWriter, *http.Request) error { return errors.New("the private cause") })
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "private cause") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
