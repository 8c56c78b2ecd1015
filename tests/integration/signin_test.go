package integration_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSignInWithoutScript(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.visitor.Open(j.app.Start())
	if page.URL.Path != "/login" || page.Status != 200 {
		t.Fatalf("at %s (%d): %s", page.URL.Path, page.Status, page.Text())
	}

	page = page.Submit(map[string][]string{"email": {j.email}, "password": {"not the password"}, "remember": {"on"}}, "")
	says(t, page, 422, "wrong_credentials")
	fields := page.Fields()
	if fields.Get("email") != j.email || fields.Get("remember") == "" || fields.Get("password") != "" {
		t.Errorf("after a wrong password the form holds %v", fields)
	}

	page = j.signIn(page)
	if page.URL.Path != "/consent" {
		t.Fatalf("at %s (%d): %s", page.URL.Path, page.Status, page.Text())
	}
	arrival := j.app.Arrive(t, j.allow(page))

	for claim, want := range map[string]any{"email": j.email, "name": "Ada Lovelace", "tenant": "default", "email_verified": false} {
		if got := arrival.Claims[claim]; got != want {
			t.Errorf("claim %s is %v, want %v", claim, got, want)
		}
	}
	if roles, ok := arrival.Claims["roles"].([]any); !ok || len(roles) != 0 {
		t.Errorf("roles are %v", arrival.Claims["roles"])
	}
	if amr, _ := arrival.Claims["amr"].([]any); !slices.Contains(amr, any("pwd")) {
		t.Errorf("amr is %v", arrival.Claims["amr"])
	}
	if info := j.app.UserInfo(t, arrival.Tokens); info["sub"] != arrival.IDToken.Subject || info["email"] != j.email {
		t.Errorf("userinfo is %v", info)
	}
}

func TestRefreshKeepsTheClaims(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	first := j.through()
	second := j.app.Refresh(t, first.Tokens)
	for _, claim := range []string{"sub", "sid", "email", "name", "tenant", "auth_time"} {
		if first.Claims[claim] == nil || first.Claims[claim] != second.Claims[claim] {
			t.Errorf("claim %s was %v and is %v", claim, first.Claims[claim], second.Claims[claim])
		}
	}
	j.system.RenameUser(t, j.email, "Ada King")
	third := j.app.Refresh(t, second.Tokens)
	if third.Claims["name"] != "Ada King" {
		t.Errorf("a new name did not reach the application: %v", third.Claims["name"])
	}
}

func TestDisabledAccount(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	arrival := j.through()
	j.system.DisableUser(t, j.email)
	if _, err := j.app.TryRefresh(t.Context(), arrival.Tokens); err == nil {
		t.Error("a disabled account's refresh token still works")
	}
	page := j.visitor.Open(j.app.Start())
	if page.URL.Path != "/login" {
		t.Fatalf("a disabled account's session still counts: at %s", page.URL.Path)
	}
	says(t, j.signIn(page), 403, "account_disabled")
}

func TestUnknownAccountAndWrongPasswordAreOneAnswer(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.visitor.Open(j.app.Start())
	wrong := page.Submit(map[string][]string{"email": {j.email}, "password": {"not the password"}}, "")
	unknown := page.Submit(map[string][]string{"email": {someone()}, "password": {"not the password"}}, "")
	says(t, wrong, 422, "wrong_credentials")
	says(t, unknown, 422, "wrong_credentials")
	if wrong.Text() != unknown.Text() {
		t.Errorf("the answers differ:\n%s\n%s", wrong.Text(), unknown.Text())
	}
}

func TestFormErrorsNameTheirField(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.visitor.Open(j.app.Start())
	for _, c := range []struct{ email, password, alert string }{
		{"", password, "email_required"},
		{"nobody", password, "email_invalid"},
		{j.email, "", "password_required"},
	} {
		says(t, page.Submit(map[string][]string{"email": {c.email}, "password": {c.password}}, ""), 422, c.alert)
	}
}

func TestKnownSessionSkips(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	first := j.through()
	other := j.system.NewApp(t, map[string]any{"skip_consent": true})
	arrival := other.Arrive(t, j.visitor.Open(other.Start()))
	if arrival.IDToken.Subject != first.IDToken.Subject {
		t.Errorf("another subject: %s", arrival.IDToken.Subject)
	}
	if arrival.Claims["auth_time"] != first.Claims["auth_time"] {
		t.Errorf("auth_time is %v, but the person signed in at %v", arrival.Claims["auth_time"], first.Claims["auth_time"])
	}
}

func TestPromptNone(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	if arrival := j.app.Arrive(t, j.visitor.Open(j.app.Start("prompt", "none"))); arrival.Error != "login_required" {
		t.Errorf("without a session: %+v", arrival)
	}
	first := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	page := j.visitor.Open(j.app.Start("prompt", "none"))
	if arrival := j.app.Arrive(t, page); arrival.IDToken == nil || arrival.IDToken.Subject != first.IDToken.Subject {
		t.Errorf("with a session: %+v", arrival)
	}
	j.system.EndSessions(t, j.email)
	if arrival := j.app.Arrive(t, j.visitor.Open(j.app.Start("prompt", "none"))); arrival.Error != "login_required" {
		t.Errorf("Authway's session has ended, Hydra's has not: %+v", arrival)
	}
}

func TestPromptLoginAsksAgain(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	first := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	page := j.visitor.Open(j.app.Start("prompt", "login"))
	if page.URL.Path != "/login" {
		t.Fatalf("at %s: %s", page.URL, page.Text())
	}
	if page.Fields().Get("email") != j.email {
		t.Errorf("the known address is not filled in: %v", page.Fields())
	}
	second := j.app.Arrive(t, j.signIn(page))
	if second.IDToken.Subject != first.IDToken.Subject {
		t.Errorf("another subject: %s", second.IDToken.Subject)
	}
}

func TestMaxAge(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	j.app.Arrive(t, j.visitor.Open(j.app.Start("max_age", "3600")))
	j.system.AgeSessions(t, j.email, 2*time.Hour)
	page := j.visitor.Open(j.app.Start("max_age", "3600"))
	if page.URL.Path != "/login" {
		t.Fatalf("at %s: %s", page.URL, page.Text())
	}
	j.app.Arrive(t, j.signIn(page))
}

func TestSomebodyElseSignsInAtPromptLogin(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	first := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	other := someone()
	j.system.AddUser(t, other, "Grace Hopper", password)
	j.system.EndSessions(t, j.email)
	page := j.visitor.Open(j.app.Start())
	arrival := j.app.Arrive(t, page.Submit(map[string][]string{"email": {other}, "password": {password}}, ""))
	if arrival.IDToken.Subject == first.IDToken.Subject || arrival.Claims["email"] != other {
		t.Errorf("signed in as %v", arrival.Claims)
	}
}

func TestLoginHintAndLocale(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.visitor.Open(j.app.Start("login_hint", "hint@example.org", "ui_locales", "fr ko en"))
	if got := page.Fields().Get("email"); got != "hint@example.org" {
		t.Errorf("the hint is not filled in: %q", got)
	}
	if page.Language() != "ko" {
		t.Errorf("the page is in %q", page.Language())
	}
	j.visitor.Language = "ar,en;q=0.5"
	if page := j.visitor.Open(j.app.Start()); page.Language() != "ar" {
		t.Errorf("Accept-Language ar gives %q", page.Language())
	}
	page = j.visitor.Open(j.app.Start()).Submit(map[string][]string{"email": {"typed@example.org"}}, "action=locale:ko")
	if page.Language() != "ko" || page.Fields().Get("email") != "typed@example.org" {
		t.Errorf("the chosen language gives %q with %v", page.Language(), page.Fields())
	}
	if page := j.visitor.Open(j.app.Start()); page.Language() != "ko" {
		t.Errorf("the chosen language is forgotten: %q", page.Language())
	}
}

func TestRememberedSignInOutlivesTheBrowser(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	for remember, want := range map[string]bool{"on": true, "": false} {
		page := j.visitor.Open(j.app.Start("prompt", "login"))
		answer := page.Once(map[string][]string{"email": {j.email}, "password": {password}, "remember": {remember}})
		found := false
		for _, line := range answer.Header.Values("Set-Cookie") {
			if name, rest, _ := strings.Cut(line, "="); name == "authway_session" {
				found = true
				if got := strings.Contains(rest, "Max-Age="); got != want {
					t.Errorf("remember %q: %s", remember, rest)
				}
				for _, attribute := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
					if !strings.Contains(rest, attribute) {
						t.Errorf("the cookie lacks %s", attribute)
					}
				}
			}
		}
		if !found {
			t.Errorf("remember %q: no session cookie", remember)
		}
	}
}

func TestSessionEndedAtHydraAsksAgain(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	first := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	j.system.HydraAdmin(t, http.MethodDelete, "/admin/oauth2/auth/sessions/login?subject="+first.IDToken.Subject, nil, nil)
	page := j.visitor.Open(j.app.Start())
	if page.URL.Path != "/login" {
		t.Fatalf("an operator ended the session, but the person is at %s", page.URL)
	}
	second := j.app.Arrive(t, j.signIn(page))
	if second.Claims["auth_time"].(float64) < first.Claims["auth_time"].(float64) {
		t.Errorf("auth_time went from %v to %v", first.Claims["auth_time"], second.Claims["auth_time"])
	}
}

// A request that was opened and left must not count as the first sight of the
// same request, sent again much later to have the person prove it anew.
func TestAbandonedRequestDoesNotDisarmPromptLogin(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	request := j.app.Start("login_hint", j.email)
	j.visitor.Open(request)
	j.system.AgeFlows(t, j.app, 2*time.Hour)
	other := j.system.NewApp(t, map[string]any{"skip_consent": true})
	other.Arrive(t, j.signIn(j.visitor.Open(other.Start())))
	if page := j.visitor.Open(request + "&prompt=login"); page.URL.Path != "/login" {
		t.Errorf("at %s", page.URL)
	}
}
