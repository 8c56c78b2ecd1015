package integration_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

func TestAccountIsLinkedWithItsOwnSignIn(t *testing.T) {
	t.Parallel()
	g := visiting(t).settled(true)
	page := g.reach("/login/provider", g.by(harness.ProviderOpen))
	says(t, page, 200, "provider_link_first")
	if got := page.Fields().Get("email"); got != g.email {
		t.Errorf("the address is %q", got)
	}
	says(t, page.Submit(map[string][]string{"password": {"not the password"}}, ""), 422, "wrong_credentials")
	if n := len(g.system.Identities(t, g.email)); n != 0 {
		t.Fatalf("%d identities before the sign-in", n)
	}
	first := g.app.Arrive(t, page.Submit(map[string][]string{"password": {password}}, ""))
	shows(t, first, "aal1", "pwd")
	if mail := g.system.AwaitMail(t, g.email, 1); !strings.Contains(mail.Text, "Name of acme") {
		t.Errorf("the owner is told %q", mail.Text)
	}
	if events := g.system.Recorded(t, g.email); !slices.Contains(events, `identity.linked {"provider":"acme"}`) {
		t.Errorf("recorded are %v", events)
	}

	g.visitor = harness.NewVisitor(t)
	second := g.app.Arrive(t, g.by(harness.ProviderOpen))
	shows(t, second, "aal1", "fed")
	if second.IDToken.Subject != first.IDToken.Subject {
		t.Errorf("another subject: %s", second.IDToken.Subject)
	}
}

func TestLinkWaitsForTheSecondFactor(t *testing.T) {
	t.Parallel()
	g := visiting(t).settled(true)
	phone, _ := g.system.EnrolPhone(t, g.email)
	page := g.reach("/login/factor", g.signIn(g.by(harness.ProviderOpen)))
	if n := len(g.system.Identities(t, g.email)); n != 0 {
		t.Fatalf("%d identities with one factor", n)
	}
	shows(t, g.app.Arrive(t, page.Submit(code(phone.Code()), "")), "aal2", "pwd", "otp", "mfa")
	if linked := g.system.Identities(t, g.email); !slices.Equal(linked, []string{"acme"}) {
		t.Errorf("linked: %v", linked)
	}
}

func TestSomebodyElsesSignInLinksNothing(t *testing.T) {
	t.Parallel()
	g := visiting(t).settled(true)
	other := someone()
	g.system.AddUser(t, other, "Ada Lovelace", password)
	g.system.VerifyEmail(t, other)
	page := g.by(harness.ProviderOpen)
	g.app.Arrive(t, page.Submit(map[string][]string{"email": {other}, "password": {password}}, ""))
	if linked := append(g.system.Identities(t, g.email), g.system.Identities(t, other)...); len(linked) != 0 {
		t.Errorf("linked: %v", linked)
	}
}

// An attacker has made an account with somebody's address before they came, or
// an import has: it must not become theirs together.
func TestUnverifiedAccountIsNotLinked(t *testing.T) {
	t.Parallel()
	g := visiting(t).settled(false)
	page := g.reach("/login/provider", g.by(harness.ProviderOpen))
	says(t, page, 200, "provider_email_unverified")
	g.app.Arrive(t, g.signIn(page))
	if n := len(g.system.Identities(t, g.email)); n != 0 {
		t.Errorf("%d identities", n)
	}
}

// An attacker writes somebody's address into their profile at the provider.
func TestUnverifiedAddressOfTheProviderLinksNothing(t *testing.T) {
	t.Parallel()
	g := visiting(t).settled(true)
	g.says["verified"] = nil
	page := g.reach("/login/verify", g.by(harness.ProviderOpen))
	mail := g.system.AwaitMail(t, g.email, 1)
	if mail.Code() != "" {
		t.Fatalf("the mail has a code: %s", mail.Text)
	}
	says(t, page.Submit(code("1234 5678"), ""), 422, "code_wrong")
	if n := len(g.system.Identities(t, g.email)); n != 0 {
		t.Errorf("%d identities", n)
	}
}

func TestUnverifiedAddressIsConfirmedByMail(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	g.says["verified"] = nil
	page := g.reach("/login/verify", g.by(harness.ProviderOpen))
	if n := g.system.CountUsers(t, g.email); n != 0 {
		t.Fatalf("%d accounts before the mail is answered", n)
	}
	arrival := g.app.Arrive(t, page.Submit(code(g.system.AwaitMail(t, g.email, 1).Code()), ""))
	shows(t, arrival, "aal1", "fed")
	if arrival.Claims["email_verified"] != true {
		t.Errorf("the claims are %v", arrival.Claims)
	}
	g.visitor = harness.NewVisitor(t)
	again := g.app.Arrive(t, g.by(harness.ProviderOpen))
	if again.IDToken.Subject != arrival.IDToken.Subject {
		t.Error("the identity is not the account's")
	}
}

func TestProviderMayBeTrustedWithAddresses(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	g.says["verified"] = nil
	arrival := g.app.Arrive(t, g.by(harness.ProviderTrusted))
	if arrival.Claims["email_verified"] != true {
		t.Errorf("the claims are %v", arrival.Claims)
	}
}

func TestProviderWithoutAnAddress(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	g.says["email"] = []string{""}
	says(t, g.reach("/login/provider", g.by(harness.ProviderOpen)), 200, "provider_email_unverified")
}

type links struct {
	Identities []struct{ Provider, Name, Email string }
	Providers  []struct{ ID, Name string }
}

func (r resident) links() (l links) {
	r.t.Helper()
	r.call(http.MethodGet, "", nil).Into(r.t, 200, &l)
	return l
}

func TestLinkAndUnlinkFromTheAccount(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.system.VerifyEmail(t, r.email)
	g := visiting(t)
	g.visitor = r.visitor
	link := func() *harness.Page { return r.visitor.Open(r.at("/account/link/acme")) }
	page := link().Submit(g.says, "")
	if page.URL.Path != "/account/security" || page.URL.RawQuery != "linked=acme" {
		t.Fatalf("at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	l := r.links()
	if len(l.Identities) != 1 || l.Identities[0].Provider != "acme" || l.Identities[0].Name != "Name of acme" || l.Identities[0].Email != g.email {
		t.Errorf("linked are %+v", l.Identities)
	}
	if len(l.Providers) != 3 {
		t.Errorf("offered are %+v", l.Providers)
	}
	r.system.AwaitMail(t, r.email, 1)

	g.app.Arrive(t, g.visitor.Open(g.app.Start()))
	g.visitor = harness.NewVisitor(t)
	shows(t, g.app.Arrive(t, g.by(harness.ProviderOpen)), "aal1", "fed")

	r.call(http.MethodDelete, "/identities/acme", nil).Into(t, 204, nil)
	r.call(http.MethodDelete, "/identities/acme", nil).Refused(t, 404, "not_found", "")
	events := r.system.Recorded(t, r.email)
	for _, want := range []string{`identity.linked {"provider":"acme"}`, `identity.unlinked {"provider":"acme"}`} {
		if !slices.Contains(events, want) {
			t.Errorf("%s was not recorded: %v", want, events)
		}
	}
	// Whoever it was at the provider is somebody new now.
	g.visitor = harness.NewVisitor(t)
	g.app.Arrive(t, g.by(harness.ProviderOpen))
	if n := r.system.CountUsers(t, g.email); n != 1 {
		t.Errorf("%d accounts of the provider's address", n)
	}
	if page := link(); page.URL.RawQuery != "problem=identity_taken" {
		t.Errorf("somebody else's identity: %s", page.URL)
	}
}

// Neither an account nor an identity that somebody made in advance, with an address that
// is not theirs, is linked: they would keep a way in when its owner comes.
func TestLinkFromTheAccountWantsBothAddressesVerified(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	g := visiting(t)
	begin := func() *harness.Page { return r.visitor.Open(r.at("/account/link/acme")) }
	if page := begin(); page.URL.RawQuery != "problem=email_unverified" {
		t.Errorf("from an account whose address nobody has confirmed it goes on to %s", page.URL)
	}
	r.system.VerifyEmail(t, r.email)
	g.says["verified"] = nil
	if page := begin().Submit(g.says, ""); page.URL.RawQuery != "problem=provider_email_unverified" {
		t.Errorf("an identity whose address nobody has confirmed: %s", page.URL)
	}
	if n := len(r.links().Identities); n != 0 {
		t.Errorf("%d identities", n)
	}
}

// answerOfAcme is where the provider sends the resident back, who signs in there as a guest.
func (r resident) answerOfAcme(g guest) string {
	r.t.Helper()
	r.visitor.Until = r.at("/login/provider/acme/callback?")
	defer func() { r.visitor.Until = "" }()
	return r.visitor.Open(r.at("/account/link/acme")).Submit(g.says, "").URL.String()
}

func TestLinkFromTheAccountIsNotForOthers(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.system.VerifyEmail(t, r.email)
	answer := r.answerOfAcme(visiting(t))
	thief := atHome(t)
	if page := thief.visitor.Open(answer); page.URL.Path != "/account/security" || page.URL.RawQuery != "" {
		t.Errorf("another session's answer leads to %s", page.URL)
	}
	if n := len(thief.links().Identities) + len(r.links().Identities); n != 0 {
		t.Errorf("%d identities", n)
	}
	if page := r.visitor.Open(answer); page.URL.RawQuery != "linked=acme" {
		t.Errorf("the answer leads to %s", page.URL)
	}
	if page := r.visitor.Open(answer); page.URL.RawQuery != "" {
		t.Errorf("used twice, the answer leads to %s", page.URL)
	}

	page := r.visitor.Open(r.at("/account/link/acme"))
	r.system.Provider(t)
	if page.URL.Query().Get("linked") == "" {
		t.Errorf("known at the provider: %s", page.URL)
	}
	if denied := r.visitor.OpenFrom("cross-site", r.at("/account/link/acme")); denied.Status != 403 {
		t.Errorf("another site led to %s (%d)", denied.URL, denied.Status)
	}
	r.system.AgeSessions(t, r.email, 11*time.Minute)
	if page := r.visitor.Open(r.at("/account/link/acme")); page.URL.Path != "/login" {
		t.Errorf("an old sign-in leads to %s", page.URL)
	}
	if page := r.visitor.Open(r.at("/account/link/nobody")); page.URL.Path != "/login" {
		t.Errorf("an old sign-in leads to %s", page.URL)
	}
}

func TestLastWayInIsNotUnlinked(t *testing.T) {
	t.Parallel()
	g := visiting(t)
	g.app.Arrive(t, g.by(harness.ProviderOpen))
	r := resident{g.journey}
	page := r.visitor.Open(r.at("/account/sign-in?page=security"))
	if page.URL.Path != "/account/security" {
		t.Fatalf("at %s", page.URL)
	}
	r.call(http.MethodDelete, "/identities/acme", nil).Refused(t, 409, "last_sign_in_method", "")
	r.call(http.MethodPut, "/password", map[string]any{"current": "", "password": password, "endOthers": false}).Into(t, 204, nil)
	r.call(http.MethodDelete, "/identities/acme", nil).Into(t, 204, nil)
	if page := r.visitor.Open(r.at("/account/link/acme-down")); page.URL.RawQuery != "problem=provider_unavailable" {
		t.Errorf("a provider that is down: %s", page.URL)
	}
}
