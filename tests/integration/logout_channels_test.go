package integration_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/net/html"

	"github.com/authway/authway/tests/harness"
)

// told is an application that wants to hear of logouts.
type told struct {
	*harness.App
	front string
	// tokens are the logout tokens that came by the back channel.
	tokens chan string
}

// newTold registers an application with both channels.
func newTold(t *testing.T, system *harness.System, changes map[string]any) told {
	t.Helper()
	tokens := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/back" {
			return
		}
		if kind := r.Header.Get("Content-Type"); kind != "application/x-www-form-urlencoded" {
			t.Errorf("the back channel brings %s", kind)
		}
		tokens <- r.PostFormValue("logout_token")
	}))
	t.Cleanup(server.Close)
	registration := map[string]any{
		"skip_consent":           true,
		"backchannel_logout_uri": server.URL + "/back", "backchannel_logout_session_required": true,
		"frontchannel_logout_uri": server.URL + "/front", "frontchannel_logout_session_required": true,
	}
	for name, value := range changes {
		registration[name] = value
	}
	return told{App: system.NewApp(t, registration), front: server.URL + "/front", tokens: tokens}
}

// hears waits for a logout token and verifies it as OpenID Connect Back-Channel
// Logout 1.0 section 2.6 asks for.
func (a told) hears(t *testing.T, issuer, sid string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var raw string
	select {
	case raw = <-a.tokens:
	case <-ctx.Done():
		t.Fatal("no logout token has come")
	}
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		t.Fatal(err)
	}
	// Hydra's logout tokens have no exp, which the specification made a must only
	// in its errata; issuer, audience and signature are checked.
	token, err := provider.Verifier(&oidc.Config{
		ClientID: a.ClientID, SkipExpiryCheck: true, SupportedSigningAlgs: []string{"ES256"},
	}).Verify(ctx, raw)
	if err != nil {
		t.Fatalf("the logout token: %v", err)
	}
	var claims struct {
		ID     string                     `json:"jti"`
		SID    string                     `json:"sid"`
		Nonce  *string                    `json:"nonce"`
		Events map[string]json.RawMessage `json:"events"`
	}
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	event := strings.TrimSpace(string(claims.Events["http://schemas.openid.net/event/backchannel-logout"]))
	if event != "{}" || claims.Nonce != nil || claims.ID == "" || claims.SID != sid || sid == "" {
		t.Errorf("the logout token says %+v of the session %q", claims, sid)
	}
	if age := time.Since(token.IssuedAt); age < -time.Minute || age > time.Minute {
		t.Errorf("the logout token is %s old", age)
	}
}

// silent fails the test if more tokens have come.
func (a told) silent(t *testing.T) {
	t.Helper()
	select {
	case <-a.tokens:
		t.Error("a logout token came twice, or to whom it does not concern")
	default:
	}
}

// frames are the addresses of the page's frames.
func frames(t *testing.T, page *harness.Page) (sources []*url.URL) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page.Body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "iframe" {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == "src" {
				sources = append(sources, parse(t, a.Val))
			}
		}
	}
	return sources
}

// framed fails the test unless the page frames exactly the applications' front
// channels, and its policy lets a browser do so.
func framed(t *testing.T, page *harness.Page, issuer, sid string, apps ...told) {
	t.Helper()
	if policy := page.Header.Get("Content-Security-Policy"); policy != "" {
		t.Errorf("the page's policy blocks its frames: %s", policy)
	}
	sources := frames(t, page)
	if len(sources) != len(apps) {
		t.Fatalf("%d frames for %d applications: %s", len(sources), len(apps), page.Body)
	}
	for _, app := range apps {
		if !slices.ContainsFunc(sources, func(u *url.URL) bool {
			query := u.Query()
			return strings.HasPrefix(u.String(), app.front+"?") && query.Get("iss") == issuer && query.Get("sid") == sid
		}) {
			t.Errorf("no frame tells %s of %s: %v", app.front, sid, sources)
		}
	}
}

func sidOf(arrival harness.Arrival) string {
	sid, _ := arrival.Claims["sid"].(string)
	return sid
}

func TestSignOutOfOneApplicationTellsAll(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	issuer := j.system.Issuer(t)
	first, second, other := newTold(t, j.system, nil), newTold(t, j.system, nil), newTold(t, j.system, nil)
	arrival := first.Arrive(t, j.signIn(j.visitor.Open(first.Start())))
	second.Arrive(t, j.visitor.Open(second.Start()))
	stranger := begin(t, nil)
	other.Arrive(t, stranger.signIn(stranger.visitor.Open(other.Start())))

	page := j.visitor.Open(first.LogoutURL(arrival.Tokens)).Submit(nil, "decision=signout")
	framed(t, page, issuer, sidOf(arrival), first, second)
	if !strings.Contains(page.Body, first.Goodbye()) {
		t.Errorf("the page does not lead on to the application: %s", page.Body)
	}
	for _, app := range []told{first, second} {
		app.hears(t, issuer, sidOf(arrival))
		app.silent(t)
	}
	other.silent(t)
	if n := j.system.LivingSessions(t, j.email); n != 0 {
		t.Errorf("%d sessions live on", n)
	}
	if n := stranger.system.LivingSessions(t, stranger.email); n != 1 {
		t.Errorf("somebody else has %d sessions", n)
	}
}

// Whoever comes to the address of logout by themselves, as the account pages do,
// is asked and led to a page of ours.
func TestSignOutWithoutAnApplication(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	app := newTold(t, j.system, nil)
	arrival := app.Arrive(t, j.signIn(j.visitor.Open(app.Start())))
	start := j.system.Endpoints.URL + "/oauth2/sessions/logout"

	page := j.visitor.Open(start)
	if page.URL.Path != "/logout" || page.View().Client.Name != "" {
		t.Fatalf("at %s: %s", page.URL, page.Text())
	}
	stayed := page.Once(map[string][]string{"decision": {"stay"}})
	if stayed.Status != 200 || stayed.Next() != "/account/" {
		t.Errorf("who stays is led to %q (%d)", stayed.Next(), stayed.Status)
	}
	if n := j.system.LivingSessions(t, j.email); n != 1 {
		t.Errorf("who stays has %d sessions", n)
	}
	app.silent(t)

	page = j.visitor.Open(start).Submit(nil, "decision=signout")
	framed(t, page, j.system.Issuer(t), sidOf(arrival), app)
	app.hears(t, j.system.Issuer(t), sidOf(arrival))
	if !strings.Contains(page.Body, "/signed-out") {
		t.Errorf("the page does not lead to a page of ours: %s", page.Body)
	}
	if n := j.system.LivingSessions(t, j.email); n != 0 {
		t.Errorf("%d sessions live on", n)
	}
}

// Behind the real edge there is no demo to fall back to.
func TestWhoStaysArrivesSomewhereBehindNginx(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	j.visitor.Through(j.system.Endpoints.URL, startNginx(t, j.system))
	j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	page := j.visitor.Open(j.system.Endpoints.URL+"/oauth2/sessions/logout").Submit(nil, "decision=stay")
	if page.URL.Path != "/account/" || page.Status != 200 {
		t.Errorf("at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	page = j.visitor.Open(j.system.Endpoints.URL+"/oauth2/sessions/logout").Submit(nil, "decision=signout")
	if page.URL.Path != "/signed-out" || page.Status != 200 {
		t.Errorf("at %s (%d): %s", page.URL, page.Status, page.Text())
	}
}

// Nobody is at the browser: an administrator ends the session at Hydra. Hydra
// tells the application, and us by the callback.
func TestSessionEndedAtHydraEndsHere(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	app := newTold(t, j.system, nil)
	arrival := app.Arrive(t, j.signIn(j.visitor.Open(app.Start())))
	if n := j.system.LivingSessions(t, j.email); n != 1 {
		t.Fatalf("%d sessions", n)
	}
	j.system.HydraAdmin(t, http.MethodDelete, "/admin/oauth2/auth/sessions/login?sid="+url.QueryEscape(sidOf(arrival)), nil, nil)
	app.hears(t, j.system.Issuer(t), sidOf(arrival))
	if n := j.system.LivingSessions(t, j.email); n != 0 {
		t.Errorf("%d sessions live on", n)
	}
	if page := j.visitor.Open(app.Start()); page.URL.Path != "/login" {
		t.Errorf("still signed in: at %s", page.URL)
	}
	if events := j.system.Recorded(t, j.email); !slices.ContainsFunc(events, func(event string) bool { return strings.HasPrefix(event, "session.ended ") }) {
		t.Errorf("recorded %v", events)
	}
}
