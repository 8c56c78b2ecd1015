package integration_test

import (
	"sync"
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
	page = page.Submit(map[string][]string{"name": {"Grace Hopper"}, "email": {email}, "password": {"a long enough password"}}, "")
	arrival := j.app.Arrive(t, j.allow(page))
	if arrival.Claims["email"] != email || arrival.Claims["name"] != "Grace Hopper" {
		t.Errorf("claims are %v", arrival.Claims)
	}
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

func TestRegisterAKnownAddress(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.visitor.Open(j.app.Start()).Submit(nil, "action=register")
	fill := func(password string) map[string][]string {
		return map[string][]string{"name": {"Somebody"}, "email": {j.email}, "password": {password}}
	}
	says(t, page.Submit(fill("another long password"), ""), 422, "cannot_register")
	arrival := j.app.Arrive(t, j.allow(page.Submit(fill(password), "")))
	if arrival.Claims["name"] != "Ada Lovelace" {
		t.Errorf("the account was overwritten: %v", arrival.Claims)
	}
}

func TestRegisterTwiceAtOnceMakesOneAccount(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	email := someone()
	page := j.visitor.Open(j.app.Start()).Submit(nil, "action=register")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			answer, err := page.TryOnce(map[string][]string{"name": {"Grace"}, "email": {email}, "password": {"a long enough password"}})
			if err != nil || answer.Status != 200 && answer.Status != 503 {
				t.Errorf("got %+v, %v", answer, err)
			}
		})
	}
	wg.Wait()
	if n := j.system.CountUsers(t, email); n != 1 {
		t.Errorf("%d accounts", n)
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
