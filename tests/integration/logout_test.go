package integration_test

import (
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

func TestSignOut(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	arrival := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	page := j.visitor.Open(j.app.LogoutURL(arrival.Tokens))
	if page.URL.Path != "/logout" || !strings.Contains(page.Text(), "Test application") {
		t.Fatalf("at %s: %s", page.URL, page.Text())
	}

	if korean := page.Submit(nil, "action=locale:ko"); korean.Language() != "ko" || !strings.Contains(korean.Text(), "Test application") {
		t.Errorf("the chosen language gives %q: %s", korean.Language(), korean.Text())
	}
	stayed := page.Submit(nil, "decision=stay")
	if !strings.HasPrefix(stayed.URL.String(), strings.TrimSuffix(j.app.Goodbye(), "/bye")+"/home") {
		t.Errorf("who stays arrives at %s", stayed.URL)
	}
	j.app.Arrive(t, j.visitor.Open(j.app.Start("prompt", "none")))

	page = j.visitor.Open(j.app.LogoutURL(arrival.Tokens)).Submit(nil, "decision=signout")
	if !strings.HasPrefix(page.URL.String(), j.app.Goodbye()) || page.URL.Query().Get("state") != "bye" {
		t.Fatalf("at %s: %s", page.URL, page.Text())
	}
	if j.visitor.Cookie(j.system.Endpoints.URL, "authway_session") != "" {
		t.Error("the session cookie is still there")
	}
	if n := j.system.LivingSessions(t, j.email); n != 0 {
		t.Errorf("%d sessions live on", n)
	}
	if arrival := j.app.Arrive(t, j.visitor.Open(j.app.Start("prompt", "none"))); arrival.Error != "login_required" {
		t.Errorf("still signed in: %+v", arrival)
	}
}

func TestSignOutTwice(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	arrival := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	page := j.visitor.Open(j.app.LogoutURL(arrival.Tokens))
	page.Submit(nil, "decision=signout")
	if again := page.Submit(nil, "decision=signout"); again.Status != 200 {
		t.Errorf("at %s (%d): %s", again.URL, again.Status, again.Text())
	}
	if again := j.visitor.Open(page.URL.String()); again.URL.Path != "/signed-out" {
		t.Errorf("the used challenge leads to %s (%d): %s", again.URL, again.Status, again.Text())
	}
}

func TestSignOutWithoutAsking(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true, "skip_logout_consent": true})
	arrival := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	page := j.visitor.Open(j.app.LogoutURL(arrival.Tokens))
	if !strings.HasPrefix(page.URL.String(), j.app.Goodbye()) {
		t.Errorf("at %s: %s", page.URL, page.Text())
	}
	if n := j.system.LivingSessions(t, j.email); n != 0 {
		t.Errorf("%d sessions live on", n)
	}
}

func TestSignOutWithNobodySignedIn(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	for _, path := range []string{"/logout", "/oauth2/sessions/logout"} {
		if page := j.visitor.Open(j.system.Endpoints.URL + path); page.URL.Path != "/signed-out" || page.Status != 200 {
			t.Errorf("%s leads to %s (%d)", path, page.URL.Path, page.Status)
		}
	}
	says(t, j.visitor.Open(j.system.Endpoints.URL+"/logout?logout_challenge=made-up"), 404, "unknown_challenge")
}

func TestSomebodyElsesIDTokenSignsNobodyOut(t *testing.T) {
	t.Parallel()
	victim := begin(t, map[string]any{"skip_consent": true, "skip_logout_consent": true})
	victim.app.Arrive(t, victim.signIn(victim.visitor.Open(victim.app.Start())))
	attacker := victim
	attacker.visitor, attacker.email = harness.NewVisitor(t), someone()
	victim.system.AddUser(t, attacker.email, "Mallory", password)
	stolen := attacker.app.Arrive(t, attacker.signIn(attacker.visitor.Open(attacker.app.Start())))

	page := victim.visitor.Open(victim.app.LogoutURL(stolen.Tokens))
	if page.URL.Path != "/logout" {
		t.Errorf("the victim is not asked but at %s", page.URL)
	}
	if n := victim.system.LivingSessions(t, victim.email); n != 1 {
		t.Errorf("the victim has %d sessions left", n)
	}
}
