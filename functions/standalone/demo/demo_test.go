package demo_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/authway/authway/functions/standalone/demo"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/guard"
)

const home = "http://localhost:8080"

// browser keeps cookies and follows nothing.
type browser struct {
	t       *testing.T
	h       http.Handler
	cookies map[string]string
}

func open(t *testing.T, p *fakeProvider) *browser {
	t.Helper()
	public, err := url.Parse(home)
	if err != nil {
		t.Fatal(err)
	}
	h := demo.Handler(demo.Config{
		Public: public, Issuer: p.URL, HTTP: p.Client(), Clock: clock.System(), User: "demo@example.com", Password: "the-password",
	})
	return &browser{t: t, h: h, cookies: map[string]string{}}
}

func (b *browser) do(method, path string, headers ...string) *http.Response {
	b.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, home+path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	res := w.Result()
	for _, c := range res.Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return res
}

func (b *browser) page(path string) string {
	b.t.Helper()
	return read(b.t, b.do(http.MethodGet, path))
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func (b *browser) signIn(p *fakeProvider) *http.Response {
	b.t.Helper()
	res := b.do(http.MethodPost, "/demo/signin")
	if res.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("signin: got %d, %s", res.StatusCode, read(b.t, res))
	}
	return b.do(http.MethodGet, p.approve(b.t, res.Header.Get("Location")))
}

func TestSignInShowsTheVerifiedClaims(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := open(t, p)
	if start := b.page("/demo"); !strings.Contains(start, "demo@example.com") || !strings.Contains(start, "the-password") {
		t.Error("a newcomer is not told the account to try")
	}
	if res := b.signIn(p); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/demo" {
		t.Fatalf("got %d, %s", res.StatusCode, read(t, res))
	}
	page := b.page("/demo")
	for _, want := range []string{"Hello, Ada &lt;script&gt;", "ada@example.org", "ES256", "k1", "openid email", "u1"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "the-password") || strings.Contains(page, "\"at\"") {
		t.Error("the page of somebody who is signed in shows a secret")
	}
}

func TestAuthorizationRequest(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := open(t, p)
	u, err := url.Parse(b.do(http.MethodPost, "/demo/signin?register=1").Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"client_id": "demo", "response_type": "code", "scope": "openid offline_access profile email",
		"redirect_uri": home + "/demo/callback", "code_challenge_method": "S256", "prompt": "registration",
	} {
		if got := q.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(q.Get(name)) < 43 {
			t.Errorf("%s is %q, which can be guessed", name, q.Get(name))
		}
	}
}

func TestSignInChangesTheCookie(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := open(t, p)
	res := b.do(http.MethodPost, "/demo/signin")
	cookie := res.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/demo" {
		t.Errorf("got %s", cookie)
	}
	before := b.cookies["authway_demo"]
	b.do(http.MethodGet, p.approve(t, res.Header.Get("Location")))
	if b.cookies["authway_demo"] == before {
		t.Error("whoever planted the cookie is signed in as the person")
	}
	b.cookies["authway_demo"] = before
	if strings.Contains(b.page("/demo"), "Hello") {
		t.Error("the old cookie still opens the session")
	}
}

func TestCallbackThatIsNotOurs(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	for name, path := range map[string]func(b *browser) string{
		"no visitor": func(*browser) string { return "/demo/callback?code=c1&state=s" },
		"unknown state": func(b *browser) string {
			b.do(http.MethodPost, "/demo/signin")
			return "/demo/callback?code=c1&state=s"
		},
		"another browser's": func(b *browser) string {
			path := p.approve(t, b.do(http.MethodPost, "/demo/signin").Header.Get("Location"))
			delete(b.cookies, "authway_demo")
			b.do(http.MethodPost, "/demo/signin")
			return path
		},
	} {
		b := open(t, p)
		res := b.do(http.MethodGet, path(b))
		if body := read(t, res); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "Try again") {
			t.Errorf("%s: got %d", name, res.StatusCode)
		}
		if strings.Contains(b.page("/demo"), "Hello") {
			t.Errorf("%s: somebody is signed in", name)
		}
	}
}

func TestCallbackTwiceIsHarmless(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := open(t, p)
	path := p.approve(t, b.do(http.MethodPost, "/demo/signin").Header.Get("Location"))
	b.do(http.MethodGet, path)
	if res := b.do(http.MethodGet, path); res.StatusCode != http.StatusSeeOther || !strings.Contains(b.page("/demo"), "Hello") {
		t.Errorf("got %d", res.StatusCode)
	}
}

func TestTokensThatDoNotVerify(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]map[string]any{
		"another nonce":    {"nonce": "x"},
		"another audience": {"aud": []string{"somebody"}},
		"another issuer":   {"iss": "https://evil.example"},
		"expired":          {"exp": 1000},
	} {
		p := newProvider(t)
		b := open(t, p)
		p.change = change
		if res := b.signIn(p); res.StatusCode != http.StatusBadGateway {
			t.Errorf("%s: got %d", name, res.StatusCode)
		}
		if strings.Contains(b.page("/demo"), "Hello") {
			t.Errorf("%s: somebody is signed in", name)
		}
	}
}

func TestProviderErrorIsShownAsText(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := open(t, p)
	location, err := url.Parse(b.do(http.MethodPost, "/demo/signin").Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	res := b.do(http.MethodGet, "/demo/callback?error=access_denied&error_description="+url.QueryEscape("<script>x</script>")+
		"&state="+url.QueryEscape(location.Query().Get("state")))
	body := read(t, res)
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "access_denied") ||
		!strings.Contains(body, "&lt;script&gt;") || strings.Contains(body, "<script>") || !strings.Contains(body, "Try again") {
		t.Errorf("got %d, %s", res.StatusCode, body)
	}
	if strings.Contains(b.page("/demo/callback?error=evil&error_description=call+0800&state=made-up"), "0800") {
		t.Error("anybody can write a link whose text appears here")
	}
}

func TestUserInfoAndRefresh(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := open(t, p)
	b.signIn(p)
	b.do(http.MethodPost, "/demo/userinfo")
	if !strings.Contains(b.page("/demo"), "info@example.org") {
		t.Error("user info is not shown")
	}
	if res := b.do(http.MethodPost, "/demo/refresh"); res.StatusCode != http.StatusSeeOther || p.refreshed != 1 {
		t.Fatalf("got %d", res.StatusCode)
	}
	if page := b.page("/demo"); !strings.Contains(page, "New tokens") || strings.Contains(page, "info@example.org") {
		t.Error("the page does not show the new tokens")
	}
	p.change = map[string]any{"sub": "somebody else"}
	if res := b.do(http.MethodPost, "/demo/refresh"); res.StatusCode != http.StatusBadGateway || strings.Contains(b.page("/demo"), "Hello") {
		t.Errorf("a refresh made another person of them: %d", res.StatusCode)
	}
}

func TestRefreshThatIsRefusedEndsTheSession(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := open(t, p)
	b.signIn(p)
	p.refuse = "invalid_grant"
	res := b.do(http.MethodPost, "/demo/refresh")
	if body := read(t, res); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "invalid_grant") {
		t.Errorf("got %d, %s", res.StatusCode, body)
	}
	if strings.Contains(b.page("/demo"), "Hello") {
		t.Error("the grant is over and the person still signed in")
	}
}

func TestSignOutEndsBothSessions(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := open(t, p)
	b.signIn(p)
	u, err := url.Parse(b.do(http.MethodPost, "/demo/signout").Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Path != "/oauth2/sessions/logout" || strings.Count(q.Get("id_token_hint"), ".") != 2 ||
		q.Get("post_logout_redirect_uri") != home+"/demo" {
		t.Errorf("got %s", u)
	}
	if page := b.page("/demo?state=signed-out"); strings.Contains(page, "Hello") || !strings.Contains(page, "signed out") {
		t.Error("the person is not signed out here")
	}
}

func TestButtonsNeedASession(t *testing.T) {
	t.Parallel()
	b := open(t, newProvider(t))
	for _, path := range []string{"/demo/userinfo", "/demo/refresh", "/demo/signout"} {
		if res := b.do(http.MethodPost, path); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/demo" {
			t.Errorf("%s: got %d", path, res.StatusCode)
		}
	}
}

func TestAnotherSiteCannotSignOut(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := open(t, p)
	b.signIn(p)
	res := b.do(http.MethodPost, "/demo/signout", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	if res.StatusCode != http.StatusForbidden || !strings.Contains(b.page("/demo"), "Hello") {
		t.Errorf("got %d", res.StatusCode)
	}
}

func TestProviderThatIsDown(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := open(t, p)
	p.Close()
	res := b.do(http.MethodPost, "/demo/signin")
	if body := read(t, res); res.StatusCode != http.StatusBadGateway || !strings.Contains(body, "Authway did not answer") {
		t.Errorf("got %d, %s", res.StatusCode, body)
	}
}

func TestPagesAreStrict(t *testing.T) {
	t.Parallel()
	res := open(t, newProvider(t)).do(http.MethodGet, "/demo")
	if res.Header.Get("Content-Security-Policy") != guard.Policy || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %v", res.Header)
	}
	if body := read(t, res); strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Error("the page has a script or an inline style")
	}
}
