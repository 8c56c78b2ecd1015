package integration_test

import (
	"strings"
	"testing"

	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// neighbours are two tenants: a person of the first one, who is signed in there
// with a password and a phone, and an application of the second.
type neighbours struct {
	journey
	phone   *harness.Phone
	codes   []string
	slug    string
	foreign *harness.App
}

func newNeighbours(t *testing.T) neighbours {
	t.Helper()
	n := neighbours{journey: begin(t, map[string]any{"skip_consent": true})}
	n.phone, n.codes = n.system.EnrolPhone(t, n.email)
	n.slug = "tenant-" + someone()[:10]
	n.system.AddTenant(t, n.slug)
	n.foreign = n.system.NewApp(t, map[string]any{"skip_consent": true, "metadata": map[string]any{"tenant": n.slug}})
	return n
}

func (n neighbours) enterHome() {
	n.t.Helper()
	page := n.signIn(n.visitor.Open(n.app.Start()))
	n.app.Arrive(n.t, page.Submit(map[string][]string{"code": {n.phone.Code()}}, ""))
}

// out fails the test unless the person is asked for a password, and the foreign
// application has got nobody.
func (n neighbours) out(page *harness.Page) {
	n.t.Helper()
	if page.URL.Path != "/login" || n.foreign.At(page) {
		n.t.Errorf("at %s (%d): %s", page.URL, page.Status, page.Text())
	}
}

// at is the address of another page of the same sign-in.
func at(page *harness.Page, path string) string {
	there := *page.URL
	there.Path, there.RawQuery = path, "flow="+page.URL.Query().Get("flow")
	return there.String()
}

// An account of one tenant is of no use at another's applications, by whatever
// way somebody tries to carry it over.
func TestAnAccountIsOfNoUseAtAnotherTenant(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func(*testing.T, neighbours){
		"its password": func(t *testing.T, n neighbours) {
			says(t, n.signIn(n.visitor.Open(n.foreign.Start())), 422, "wrong_credentials")
		},
		"its session": func(_ *testing.T, n neighbours) {
			n.enterHome()
			n.out(n.visitor.Open(n.foreign.Start()))
		},
		"its session, asked for in silence": func(t *testing.T, n neighbours) {
			n.enterHome()
			if arrival := n.foreign.Arrive(t, n.visitor.Open(n.foreign.Start("prompt", "none"))); arrival.Error != "login_required" {
				t.Errorf("got %+v", arrival)
			}
		},
		"its second factor, after the password at home": func(_ *testing.T, n neighbours) {
			half := n.signIn(n.visitor.Open(n.app.Start()))
			foreign := n.visitor.Open(n.foreign.Start()).Submit(nil, "action=register")
			n.out(n.visitor.Open(at(foreign, half.URL.Path)))
			form := n.visitor.Open(half.URL.String())
			form.URL = parse(n.t, at(foreign, half.URL.Path))
			n.out(form.Submit(map[string][]string{"code": {n.phone.Code()}}, ""))
			form.URL = parse(n.t, at(foreign, half.URL.Path))
			n.out(form.Submit(map[string][]string{"code": {n.codes[0]}, "method": {"recovery"}}, ""))
		},
		"recovery": func(t *testing.T, n neighbours) {
			page := n.visitor.Open(n.foreign.Start()).Submit(nil, "action=recover")
			page = page.Submit(map[string][]string{"email": {n.email}}, "")
			says(t, enter(page, "12345678"), 422, "code_wrong")
			// The mail of a recovery at home comes, and its code counts there alone.
			home := n.forgot(n.visitor, n.email)
			code := n.system.AwaitMail(t, n.email, 1).Code()
			says(t, enter(page, code), 422, "code_wrong")
			if page := n.visitor.Open(at(page, "/login/recover/password")); page.URL.Path != "/login/recover/code" {
				t.Errorf("at %s", page.URL)
			}
			n.atNewPassword(enter(home, code))
			if page := n.visitor.Open(at(page, "/login/recover/password")); page.URL.Path != "/login/recover/code" {
				t.Errorf("after the code at home: at %s", page.URL)
			}
			if mails := n.system.Mails(t, n.email); len(mails) != 1 {
				t.Errorf("%d mails", len(mails))
			}
		},
		"the proof of its address": func(t *testing.T, n neighbours) {
			email := someone()
			home := n.fillIn(n.visitor.Open(n.app.Start()).Submit(nil, "action=register"), email)
			code := n.system.AwaitMail(t, email, 1).Code()
			foreign := n.fillIn(n.visitor.Open(n.foreign.Start()).Submit(nil, "action=register"), email)
			says(t, enter(foreign, code), 422, "code_wrong")
			n.app.Arrive(t, enter(home, code))
			if page := n.visitor.Open(foreign.URL.String()); page.URL.Path != "/login/verify" {
				t.Errorf("at %s", page.URL)
			}
			n.out(harness.NewVisitor(t).Open(n.foreign.Start()).Submit(map[string][]string{"email": {email}, "password": {newPassword}}, ""))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNeighbours(t)
			n.t = t
			try(t, n)
		})
	}
}

// The same address may have an account in each tenant: they are two people.
func TestOneAddressHasAnAccountInEachTenant(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t)
	page := n.fillIn(n.visitor.Open(n.foreign.Start()).Submit(nil, "action=register"), n.email)
	theirs := n.foreign.Arrive(t, enter(page, n.system.AwaitMail(t, n.email, 1).Code()))
	n.visitor = harness.NewVisitor(t)
	page = n.signIn(n.visitor.Open(n.app.Start()))
	ours := n.app.Arrive(t, page.Submit(map[string][]string{"code": {n.phone.Code()}}, ""))
	if theirs.IDToken.Subject == ours.IDToken.Subject || n.system.CountUsers(t, n.email) != 2 {
		t.Errorf("they are the same person: %s", ours.IDToken.Subject)
	}
	// A new password in one leaves the other's as it is.
	says(t, n.signIn(harness.NewVisitor(t).Open(n.foreign.Start())), 422, "wrong_credentials")
}

func TestMailWearsItsTenantsColours(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t)
	n.system.BrandTenant(t, n.slug, tenant.Brand{Name: "Acme Books", Accent: "#ffd200", Logo: "https://cdn.acme.example/logo.png", Support: "help@acme.example"})
	theirs, ours := someone(), someone()
	n.fillIn(n.visitor.Open(n.foreign.Start()).Submit(nil, "action=register"), theirs)
	n.fillIn(harness.NewVisitor(t).Open(n.app.Start()).Submit(nil, "action=register"), ours)
	mail := n.system.AwaitMail(t, theirs, 1)
	for _, part := range []struct{ where, text, want string }{
		{"text", mail.Text, "Acme Books"}, {"text", mail.Text, "help@acme.example"},
		{"HTML", mail.HTML, `src="https://cdn.acme.example/logo.png"`}, {"HTML", mail.HTML, "background-color:#ffd200;color:#000000"},
		{"HTML", mail.HTML, `href="mailto:help@acme.example"`},
	} {
		if !strings.Contains(part.text, part.want) {
			t.Errorf("the %s has no %s: %s", part.where, part.want, part.text)
		}
	}
	if mail := n.system.AwaitMail(t, ours, 1); strings.Contains(mail.Text+mail.HTML, "Acme") {
		t.Errorf("the neighbours' mail wears it too: %s", mail.Text)
	}
}
