package integration_test

import (
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

func TestUnknownChallenges(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	for _, query := range []string{"", "?login_challenge=", "?login_challenge=made-up", "?login_challenge=" + strings.Repeat("x", 3000), "?flow=made-up"} {
		page := j.visitor.Open(j.system.Endpoints.URL + "/login" + query)
		says(t, j.signIn(page), 404, "unknown_challenge")
	}
	says(t, j.visitor.Open(j.system.Endpoints.URL+"/consent?consent_challenge=made-up"), 404, "unknown_challenge")
	says(t, j.visitor.Open(j.system.Endpoints.URL+"/consent"), 404, "unknown_challenge")
}

func TestBackButtonAfterSigningIn(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	form := j.visitor.Open(j.app.Start())
	j.app.Arrive(t, j.signIn(form))

	page := j.visitor.Open(form.URL.String())
	says(t, page, 409, "finished")
	resubmitted := j.signIn(form)
	says(t, resubmitted, 409, "finished")
	for _, p := range []*harness.Page{page, resubmitted} {
		next := p.NextLink()
		if next == "" {
			t.Fatalf("the page has no way on: %s", p.Text())
		}
		if again := j.visitor.Open(next); !j.app.At(again) || again.URL.Query().Get("code") == "" {
			t.Errorf("going on leads to %s", again.URL)
		}
	}
}

func TestDoubleSubmitIsHarmless(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	form := j.visitor.Open(j.app.Start())
	n, answers := post(t, j.crowded(form), map[string][]string{"email": {j.email}, "password": {password}})
	// Most find all places taken, or their guesses counted.
	n.among(t, "200", "429 too_many_requests", "503 overloaded")
	next := toOnePlace(t, answers)
	j.oneSession(1)
	j.app.Arrive(t, j.visitor.Open(next))
	if page := j.visitor.Open(j.app.Start("prompt", "none")); !j.app.At(page) || page.URL.Query().Get("code") == "" {
		t.Errorf("the browser is not signed in: %s", page.URL)
	}
}

func TestTwoTabsOfOneApplication(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	first := j.visitor.Open(j.app.Start())
	second := j.visitor.Open(j.app.Start())
	arrival := j.app.Arrive(t, j.signIn(first))
	again := j.app.Arrive(t, j.signIn(second))
	if arrival.Error != "" || again.Error != "" || arrival.IDToken.Subject != again.IDToken.Subject {
		t.Errorf("the first tab: %+v, the second: %+v", arrival, again)
	}
}

func TestTwoTabsOfTwoApplications(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	other := j.system.NewApp(t, map[string]any{"skip_consent": true})
	first := j.visitor.Open(j.app.Start())
	second := j.visitor.Open(other.Start())
	j.app.Arrive(t, j.signIn(first))
	other.Arrive(t, j.signIn(second))
}

func TestChallengeBelongsToItsBrowser(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	form := j.visitor.Open(j.app.Start())
	form.Submit(map[string][]string{"email": {j.email}, "password": {"wrong for now"}}, "")
	stranger := harness.NewVisitor(t).Open(form.URL.String())
	says(t, j.signIn(stranger), 404, "unknown_challenge")
}

func TestHydraErrorsHaveAPage(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.visitor.Open(j.system.Endpoints.URL + "/oauth2/auth?client_id=nobody&response_type=code&redirect_uri=https://evil.example/")
	says(t, page, 400, "oauth_error")
	page = j.visitor.Open(j.system.Endpoints.URL + "/error?error=x&error_description=%3Cscript%3Ecall+this+number%3C/script%3E")
	says(t, page, 400, "oauth_error")
	if strings.Contains(page.Body, "call this number") {
		t.Error("a stranger's words are on our page")
	}
}
