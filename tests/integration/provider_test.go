package integration_test

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// guest is somebody who has an account at the provider.
type guest struct {
	journey
	subject string
	// says is what the provider says of them.
	says map[string][]string
}

// visiting is a guest without an account here, whose address the provider has
// verified, in front of an application.
func visiting(t *testing.T) guest {
	t.Helper()
	system := harness.Run(t)
	system.Provider(t)
	g := guest{subject: rand.Text(), journey: journey{
		t: t, system: system, visitor: harness.NewVisitor(t), email: someone(),
		app: system.NewApp(t, map[string]any{"skip_consent": true}),
	}}
	g.says = map[string][]string{
		"subject": {g.subject}, "email": {g.email}, "name": {"Grace Hopper"}, "verified": {"on"},
	}
	return g
}

// settled gives the guest an account here as well.
func (g guest) settled(verified bool) guest {
	g.t.Helper()
	g.system.AddUser(g.t, g.email, "Grace Hopper", password)
	if verified {
		g.system.VerifyEmail(g.t, g.email)
	}
	return g
}

// choose goes from the sign-in page to a provider, as one does without script.
func (g guest) choose(page *harness.Page, provider string) *harness.Page {
	g.t.Helper()
	if page.URL.Path == "/login" && page.Link("/login/provider/") == "" {
		page = page.Submit(nil, "action=others")
	}
	return page.Follow("/login/provider/" + provider + "?flow=")
}

// by signs the guest in at a provider on the way from the application.
func (g guest) by(provider string, parameters ...string) *harness.Page {
	g.t.Helper()
	page := g.choose(g.visitor.Open(g.app.Start(parameters...)), provider)
	return page.Submit(g.says, "")
}

// answer is where the provider sends the browser, which does not go there.
func (g guest) answer() string {
	g.t.Helper()
	g.visitor.Until = g.system.Endpoints.URL + "/login/provider/" + harness.ProviderOpen + "/callback?"
	page := g.by(harness.ProviderOpen)
	g.visitor.Until = ""
	if !strings.Contains(page.URL.RawQuery, "code=") {
		g.t.Fatalf("the provider does not answer but leads to %s: %s", page.URL, page.Text())
	}
	return page.URL.String()
}

func TestSomebodyNewComesByAProvider(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	first := g.app.Arrive(t, g.by(harness.ProviderOpen))
	shows(t, first, "aal1", "fed")
	for claim, want := range map[string]any{"email": g.email, "email_verified": true, "name": "Grace Hopper"} {
		if got := first.Claims[claim]; got != want {
			t.Errorf("claim %s is %v, want %v", claim, got, want)
		}
	}
	events := g.system.Recorded(t, g.email)
	for _, want := range []string{`user.registered {"proved_by":"provider","provider":"acme"}`, `identity.linked {"provider":"acme"}`} {
		if !slices.Contains(events, want) {
			t.Errorf("%s was not recorded: %v", want, events)
		}
	}

	// What the provider says later changes nothing: the subject is the person.
	g.visitor = harness.NewVisitor(t)
	g.says["email"], g.says["verified"], g.says["name"] = []string{someone()}, nil, []string{""}
	again := g.app.Arrive(t, g.by(harness.ProviderOpen))
	if again.IDToken.Subject != first.IDToken.Subject || again.Claims["email"] != g.email {
		t.Errorf("the known person is %v, and was %v", again.Claims, first.Claims)
	}
	g.system.DisableUser(t, g.email)
	g.visitor = harness.NewVisitor(t)
	says(t, g.by(harness.ProviderOpen), 403, "account_disabled")
}

func TestScriptLearnsOfTheProviders(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	page := g.visitor.Open(g.app.Start())
	var flow struct {
		Flow      string
		Providers []struct{ ID, Name string }
	}
	g.visitor.Call("GET", g.system.Endpoints.URL+"/api/login/flow?"+page.URL.RawQuery, nil).Into(t, 200, &flow)
	if len(flow.Flow) != 26 || len(flow.Providers) != 3 || flow.Providers[0].ID != "acme" || flow.Providers[0].Name != "Name of acme" {
		t.Errorf("the script is told %+v", flow)
	}
	for _, provider := range flow.Providers {
		if strings.Contains(page.Text(), provider.Name) {
			t.Errorf("the static page knows %s", provider.Name)
		}
	}
	// A link may also carry the challenge itself.
	page = g.visitor.Open(g.system.Endpoints.URL + "/login/provider/acme?" + page.URL.RawQuery)
	g.app.Arrive(t, page.Submit(g.says, ""))
}

func TestPersonDeniesAtTheProvider(t *testing.T) {
	t.Parallel()
	g := visiting(t).settled(true)
	page := g.choose(g.visitor.Open(g.app.Start()), harness.ProviderOpen).Submit(nil, "action=deny")
	says(t, g.reach("/login/provider", page), 200, "provider_denied")
	shows(t, g.app.Arrive(t, g.signIn(page)), "aal1", "pwd")
	if events := g.system.Recorded(t, g.email); slices.ContainsFunc(events, func(e string) bool { return strings.HasPrefix(e, "login.failed") }) {
		t.Errorf("a change of mind is recorded as a failure: %v", events)
	}
}

func TestProviderIsDown(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	page := g.choose(g.visitor.Open(g.app.Start()), harness.ProviderDown)
	says(t, g.reach("/login/provider", page), 200, "provider_unavailable")
	g.app.Arrive(t, g.choose(page, harness.ProviderOpen).Submit(g.says, ""))
}

func TestAnswerCountsOnceAndInItsOwnBrowser(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	answer := g.answer()
	stranger := harness.NewVisitor(t)
	says(t, stranger.Open(answer), 404, "unknown_challenge")
	for _, spoil := range []func(url.Values){
		func(q url.Values) { q.Del("state") },
		func(q url.Values) { q.Set("state", q.Get("state")[:40]) },
		func(q url.Values) { q.Set("state", strings.Repeat("A", 26)+"."+strings.Repeat("A", 26)) },
	} {
		says(t, g.visitor.Open(with(answer, spoil)), 404, "unknown_challenge")
	}
	// The right flow, and a state that it does not wait for: nothing is used up.
	other := with(answer, func(q url.Values) { q.Set("state", q.Get("state")[:27]+strings.Repeat("A", 26)) })
	g.reach("/login", g.visitor.Open(other))
	// A state that leads to a session: there is none.
	page := g.visitor.Open(with(answer, func(q url.Values) { q.Set("state", "session."+rand.Text()) }))
	if page.URL.Path != "/login" {
		t.Errorf("without a session: %s (%d)", page.URL, page.Status)
	}
	g.app.Arrive(t, g.visitor.Open(answer))

	// Reloading and the back button lead on.
	says(t, g.visitor.Open(answer), 409, "finished")
	if n := g.system.LivingSessions(t, g.email); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

func with(address string, change func(url.Values)) string {
	parsed, _ := url.Parse(address)
	query := parsed.Query()
	change(query)
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

func TestForeignIssuerIsRefused(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	answer := with(g.answer(), func(q url.Values) { q.Set("iss", "https://elsewhere.example") })
	says(t, g.reach("/login/provider", g.visitor.Open(answer)), 200, "provider_refused")
	g.reach("/login", g.visitor.Open(answer))
	if n := g.system.CountUsers(t, g.email); n != 0 {
		t.Errorf("%d accounts", n)
	}
	g.visitor = harness.NewVisitor(t)
	g.app.Arrive(t, g.by(harness.ProviderOpen))
}

// A code that is not this request's is the provider's to refuse.
func TestCodeOfAnotherRequestIsRefused(t *testing.T) {
	t.Parallel()
	g, other := visiting(t), visiting(t)
	code, _ := url.Parse(other.answer())
	answer := with(g.answer(), func(q url.Values) { q.Set("code", code.Query().Get("code")) })
	says(t, g.reach("/login/provider", g.visitor.Open(answer)), 200, "provider_refused")
	if n := g.system.CountUsers(t, g.email) + g.system.CountUsers(t, other.email); n != 0 {
		t.Errorf("%d accounts", n)
	}
}

func TestFiftyAnswersAtOnceSignInOnce(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	answer := g.answer()
	g.visitor.Until = g.app.Callback()
	arrived := 0
	for _, page := range atOnce(t, func(int) (*harness.Page, error) { return g.visitor.TryOpen(answer) }) {
		if page.Status >= 500 {
			t.Errorf("at %s (%d): %s", page.URL, page.Status, page.Text())
		}
		if g.app.At(page) {
			arrived++
		}
	}
	if arrived == 0 {
		t.Error("nobody arrived")
	}
	if n := g.system.CountUsers(t, g.email); n != 1 {
		t.Errorf("%d accounts", n)
	}
	g.happened("user.registered", "identity.linked")
	g.oneSession(1)
}

func TestProviderIsForItsTenants(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	page := g.visitor.Open(g.app.Start()).Submit(nil, "action=others")
	if page.Link("/login/provider/"+harness.ProviderClosed) != "" {
		t.Error("a provider is offered to a tenant that is not its own")
	}
	closed := g.system.Endpoints.URL + "/login/provider/" + harness.ProviderClosed + "?" + page.URL.RawQuery
	says(t, g.visitor.Open(closed), 404, "not_found")
	elsewhere := with(g.answer(), func(url.Values) {})
	elsewhere = strings.Replace(elsewhere, "/"+harness.ProviderOpen+"/", "/"+harness.ProviderClosed+"/", 1)
	says(t, g.visitor.Open(elsewhere), 404, "not_found")

	g.visitor = harness.NewVisitor(t)
	first := g.app.Arrive(t, g.by(harness.ProviderOpen))
	g.system.AddTenant(t, harness.ClosedTenant)
	g.app = g.system.NewApp(t, map[string]any{"skip_consent": true, "metadata": map[string]any{"tenant": harness.ClosedTenant}})
	g.visitor = harness.NewVisitor(t)
	second := g.app.Arrive(t, g.by(harness.ProviderClosed))
	if second.IDToken.Subject == first.IDToken.Subject || second.Claims["tenant"] != harness.ClosedTenant {
		t.Errorf("one person in two tenants is one account: %v", second.Claims)
	}
}

func TestFreshSignInIsAskedOfTheProvider(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	g.app.Arrive(t, g.by(harness.ProviderOpen))
	// The provider knows the browser.
	g.system.EndSessions(t, g.email)
	g.app.Arrive(t, g.choose(g.visitor.Open(g.app.Start()), harness.ProviderOpen))
	for _, parameter := range [][2]string{{"prompt", "login"}, {"max_age", "0"}} {
		page := g.choose(g.visitor.Open(g.app.Start(parameter[:]...)), harness.ProviderOpen)
		if !strings.HasPrefix(page.URL.String(), g.system.Provider(t).URL+"/login") {
			t.Fatalf("%v is not asked of the provider: at %s", parameter, page.URL)
		}
		g.app.Arrive(t, page.Submit(g.says, ""))
	}
}

func TestSecondFactorIsAskedAfterAProvider(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	g.app.Arrive(t, g.by(harness.ProviderOpen))
	phone, _ := g.system.EnrolPhone(t, g.email)
	g.visitor = harness.NewVisitor(t)
	page := g.reach("/login/factor", g.by(harness.ProviderOpen))
	shows(t, g.app.Arrive(t, page.Submit(code(phone.Code()), "")), "aal2", "fed", "otp", "mfa")
}
