package integration_test

import (
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

func TestRegisterInTheMiddleOfTheFlow(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	email := someone()
	page := j.visitor.Open(j.app.Start()).Submit(nil, "action=register")
	if page.URL.Path != "/register" || len(page.URL.String()) > 200 {
		t.Fatalf("at %s", page.URL)
	}
	for _, c := range []struct{ name, email, password, alert string }{
		{"", email, "a long enough password", "name_required"},
		{"Grace", "", "a long enough password", "email_required"},
		{"Grace", "grace", "a long enough password", "email_invalid"},
		{"Grace", email, "", "password_required"},
		{"Grace", email, "too short", "password_short"},
		{"Grace Hopper", email, "grace.hopper.1", "password_is_personal"},
	} {
		page = page.Submit(map[string][]string{"name": {c.name}, "email": {c.email}, "password": {c.password}}, "")
		says(t, page, 422, c.alert)
		if fields := page.Fields(); fields.Get("name") != c.name || fields.Get("email") != c.email || fields.Get("password") != "" {
			t.Errorf("%s: the form holds %v", c.alert, fields)
		}
	}
	page = j.fillIn(page, email)
	j.arrived(enter(page, j.system.AwaitMail(t, email, 1).Code()), email)
}

func TestRegisterLeadsBackToSignIn(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.visitor.Open(j.app.Start()).Submit(nil, "action=register").Submit(nil, "action=login")
	if page.URL.Path != "/login" {
		t.Fatalf("at %s", page.URL)
	}
	j.app.Arrive(t, j.allow(j.signIn(page)))
}

func TestRegisterAtOnceSendsOneMailAndMakesOneAccount(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	email := someone()
	page := j.visitor.Open(j.app.Start()).Submit(nil, "action=register")
	n, _ := post(t, j.crowded(page), map[string][]string{"name": {"Grace"}, "email": {email}, "password": {newPassword}})
	n.among(t, "200", "429 too_many_requests", "503 overloaded")
	page = j.visitor.Open(strings.Replace(page.URL.String(), "/register", "/login/verify", 1))
	j.arrived(enter(page, j.system.AwaitMail(t, email, 1).Code()), email)
	if users, mails := j.system.CountUsers(t, email), len(j.system.Mails(t, email)); users != 1 || mails != 1 {
		t.Errorf("%d accounts, %d mails", users, mails)
	}
}

func TestAccountsOfOneTenantCannotSignInToAnother(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	j.system.AddTenant(t, "acme")
	foreign := j.system.NewApp(t, map[string]any{"skip_consent": true, "metadata": map[string]any{"tenant": "acme"}})
	page := j.visitor.Open(foreign.Start())
	if page.URL.Path != "/login" {
		t.Fatalf("a session of one tenant counts in another: at %s", page.URL)
	}
	says(t, j.signIn(page), 422, "wrong_credentials")

	lost := j.system.NewApp(t, map[string]any{"metadata": map[string]any{"tenant": "nobody"}})
	page = harness.NewVisitor(t).Open(lost.Start()).Submit(map[string][]string{"email": {j.email}, "password": {password}}, "")
	says(t, page, 404, "unknown_challenge")
}
