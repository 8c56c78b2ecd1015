package integration_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/tests/harness"
)

const newPassword = "a long enough password"

// resendWait is how long to wait before a code is sent for the second time.
const resendWait = 30 * time.Second

// apply opens the registration form in the middle of a flow and sends it.
func (j journey) apply(visitor *harness.Visitor, email string) *harness.Page {
	j.t.Helper()
	page := visitor.Open(j.app.Start()).Submit(nil, "action=register")
	return j.fillIn(page, email)
}

func (j journey) fillIn(page *harness.Page, email string) *harness.Page {
	j.t.Helper()
	page = page.Submit(map[string][]string{"name": {"Grace Hopper"}, "email": {email}, "password": {newPassword}}, "")
	if page.URL.Path != "/login/verify" || page.Status != 200 || page.Alert() != "" {
		j.t.Fatalf("at %s (%d) with %q: %s", page.URL, page.Status, page.Alert(), page.Text())
	}
	return page
}

// enter types a code.
func enter(page *harness.Page, code string) *harness.Page {
	return page.Submit(map[string][]string{"code": {code}}, "")
}

func wrongOf(code string) string {
	if code == "00000000" {
		return "00000001"
	}
	return "00000000"
}

// arrived fails the test unless the page is the end of the flow of a person
// with that address, who has proved it.
func (j journey) arrived(page *harness.Page, email string) harness.Arrival {
	j.t.Helper()
	arrival := j.app.Arrive(j.t, j.allow(page))
	if arrival.Claims["email"] != email || arrival.Claims["email_verified"] != true {
		j.t.Errorf("claims are %v", arrival.Claims)
	}
	return arrival
}

var numbers = regexp.MustCompile(`\d+`)

// alike fails the test unless two pages, each with an address of its own, differ
// in nothing but the address and how many seconds there are to wait.
func alike(t *testing.T, a *harness.Page, addressOfA string, b *harness.Page, addressOfB string) {
	t.Helper()
	plain := func(page *harness.Page, address string) string {
		return numbers.ReplaceAllString(strings.ReplaceAll(page.Text(), address, "X"), "N")
	}
	textOfA, textOfB := plain(a, addressOfA), plain(b, addressOfB)
	if a.Status != b.Status || a.Alert() != b.Alert() || a.URL.Path != b.URL.Path || textOfA != textOfB {
		t.Errorf("%s: %d %q and %d %q:\n%s\n%s", a.URL.Path, a.Status, a.Alert(), b.Status, b.Alert(), textOfA, textOfB)
	}
}

func TestRegisterWithTheCode(t *testing.T) {
	t.Parallel()
	j, email := begin(t, nil), someone()
	page := j.apply(j.visitor, email)
	if !strings.Contains(page.Text(), email) {
		t.Errorf("the page does not say where the code went: %s", page.Text())
	}
	code := j.system.AwaitMail(t, email, 1).Code()
	if n := j.system.CountUsers(t, email); n != 0 {
		t.Fatalf("there are %d accounts before the address is proved", n)
	}
	// As people copy it.
	arrival := j.arrived(enter(page, " "+code[:4]+" - "+code[4:]+" "), email)
	if arrival.Claims["name"] != "Grace Hopper" {
		t.Errorf("claims are %v", arrival.Claims)
	}
	if amr, _ := arrival.Claims["amr"].([]any); len(amr) != 1 || amr[0] != "pwd" {
		t.Errorf("a code from a mail counts as a factor: %v", arrival.Claims["amr"])
	}
	says(t, j.visitor.Open(page.URL.String()), 409, "finished")
	if n := len(j.system.Mails(t, email)); n != 1 {
		t.Errorf("%d mails were sent", n)
	}
}

func TestRegisterWithTheLinkInTheSameBrowser(t *testing.T) {
	t.Parallel()
	j, email := begin(t, nil), someone()
	page := j.apply(j.visitor, email)
	link := j.system.AwaitMail(t, email, 1).Link()
	confirm := j.visitor.Open(link)
	if confirm.URL.Path != "/login/confirm" || confirm.Status != 200 {
		t.Fatalf("at %s (%d): %s", confirm.URL, confirm.Status, confirm.Text())
	}
	// Pressed twice, and looked at once more: all lead on, and one account is made.
	for range 2 {
		if answer := confirm.Once(nil); answer.Status != 200 || answer.Next() == "" {
			t.Errorf("got %d, %q: %s", answer.Status, answer.Alert(), answer.Text())
		}
	}
	j.arrived(j.visitor.Open(link), email)
	says(t, j.visitor.Open(page.URL.String()), 409, "finished")
	if n := j.system.CountUsers(t, email); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestLinkInAnotherBrowserLetsTheFirstGoOn(t *testing.T) {
	t.Parallel()
	for name, goOn := range map[string]func(*harness.Visitor, *harness.Page) *harness.Page{
		"when its page is reloaded": func(first *harness.Visitor, page *harness.Page) *harness.Page { return first.Open(page.URL.String()) },
		"when its page is posted":   func(_ *harness.Visitor, page *harness.Page) *harness.Page { return enter(page, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, email := begin(t, nil), someone()
			page := j.apply(j.visitor, email)
			link := j.system.AwaitMail(t, email, 1).Link()
			other := harness.NewVisitor(t)
			says(t, other.Open(link).Submit(nil, ""), 200, "confirmed_elsewhere")
			says(t, other.Open(link), 200, "confirmed_elsewhere")
			if other.Cookie(j.system.Endpoints.URL, "authway_session") != "" {
				t.Error("the browser that only confirmed is signed in")
			}
			if n := j.system.CountUsers(t, email); n != 1 {
				t.Errorf("%d accounts", n)
			}
			// A flow is nobody's but its browser's.
			says(t, other.Open(page.URL.String()), 404, "unknown_challenge")
			j.arrived(goOn(j.visitor, page), email)
		})
	}
}

func TestMailScannerDoesNotUseTheLinkUp(t *testing.T) {
	t.Parallel()
	j, email := begin(t, nil), someone()
	j.apply(j.visitor, email)
	link := j.system.AwaitMail(t, email, 1).Link()
	scanner := harness.NewVisitor(t)
	for range 3 {
		if page := scanner.Open(link); page.Status != 200 || page.Alert() != "" {
			t.Errorf("got %d, %q", page.Status, page.Alert())
		}
	}
	if n := j.system.CountUsers(t, email); n != 0 {
		t.Fatalf("looking at the link made %d accounts", n)
	}
	j.arrived(j.visitor.Open(link).Submit(nil, ""), email)
}

func TestFiveWrongCodesAndAnother(t *testing.T) {
	t.Parallel()
	j, email := begin(t, nil), someone()
	page := j.apply(j.visitor, email)
	code := j.system.AwaitMail(t, email, 1).Code()
	says(t, enter(page, " "), 422, "code_required")
	says(t, enter(page, "no code"), 422, "code_wrong")
	for range proof.MaxAttempts {
		says(t, enter(page, wrongOf(code)), 422, "code_wrong")
	}
	page = enter(page, code)
	says(t, page, 422, "code_expired")

	early := page.Submit(nil, "action=resend")
	says(t, early, 429, "too_many_requests")
	if early.Header.Get("Retry-After") == "" {
		t.Error("it is not said when another code may be sent")
	}
	j.system.AgeProofs(t, email, resendWait)
	page = early.Submit(nil, "action=resend")
	says(t, page, 200, "code_sent")
	second := j.system.AwaitMail(t, email, 2).Code()
	says(t, enter(page, code), 422, "code_wrong")
	j.arrived(enter(page, second), email)
}

func TestExpiredCodeAndLink(t *testing.T) {
	t.Parallel()
	j, email := begin(t, nil), someone()
	page := j.apply(j.visitor, email)
	mail := j.system.AwaitMail(t, email, 1)
	j.system.AgeProofs(t, email, proof.Lifetime)
	says(t, enter(page, mail.Code()), 422, "code_expired")
	says(t, harness.NewVisitor(t).Open(mail.Link()), 410, "expired")
	expired := j.visitor.Open(mail.Link())
	says(t, expired, 410, "expired")
	// In its own browser it is one step back to where another one is sent.
	page = j.visitor.Open(j.system.Endpoints.URL + expired.NextLink())
	says(t, page.Submit(nil, "action=resend"), 200, "code_sent")
	j.arrived(enter(page, j.system.AwaitMail(t, email, 2).Code()), email)
}

func TestRegisterAgainWithAnotherAddress(t *testing.T) {
	t.Parallel()
	j, mistyped, email := begin(t, nil), someone(), someone()
	page := j.apply(j.visitor, mistyped)
	former := j.system.AwaitMail(t, mistyped, 1)
	page = page.Submit(nil, "action=restart")
	if page.URL.Path != "/register" {
		t.Fatalf("at %s", page.URL)
	}
	page = j.fillIn(page, email)
	mail := j.system.AwaitMail(t, email, 1)
	says(t, enter(page, former.Code()), 422, "code_wrong")
	says(t, j.visitor.Open(former.Link()), 404, "unknown_challenge")
	j.arrived(enter(page, mail.Code()), email)
	if n := j.system.CountUsers(t, mistyped); n != 0 {
		t.Errorf("the mistyped address has %d accounts", n)
	}
}

func TestRegisterAKnownAddress(t *testing.T) {
	t.Parallel()
	j, unknown := begin(t, nil), someone()
	known := j.apply(j.visitor, j.email)
	other := harness.NewVisitor(t)
	fresh := j.apply(other, unknown)
	alike(t, known, j.email, fresh, unknown)
	code := j.system.AwaitMail(t, unknown, 1).Code()
	for range proof.MaxAttempts + 1 {
		alike(t, enter(known, wrongOf(code)), j.email, enter(fresh, wrongOf(code)), unknown)
	}

	mail := j.system.AwaitMail(t, j.email, 1)
	if mail.Code() != "" || strings.Contains(mail.Text, "confirm") {
		t.Errorf("the mail to a known address holds something to prove: %s", mail.Text)
	}
	arrival := j.app.Arrive(t, j.allow(j.signIn(j.visitor.Open(mail.Link()))))
	if arrival.Claims["name"] != "Ada Lovelace" {
		t.Errorf("the account was overwritten: %v", arrival.Claims)
	}
}

func TestSameAddressInTwoFlows(t *testing.T) {
	t.Parallel()
	j, email := begin(t, nil), someone()
	first := j.apply(j.visitor, email)
	codeOfFirst := j.system.AwaitMail(t, email, 1).Code()
	other := harness.NewVisitor(t)
	second := j.apply(other, email)
	mailOfSecond := j.system.AwaitMail(t, email, 2)

	says(t, enter(second, codeOfFirst), 422, "code_wrong")
	j.arrived(enter(first, codeOfFirst), email)
	late := enter(second, mailOfSecond.Code())
	says(t, late, 422, "cannot_register")
	if n := j.system.CountUsers(t, email); n != 1 {
		t.Errorf("%d accounts", n)
	}
	// They read the mail, so they may be told, and their own flow goes on.
	page := other.Open(j.system.Endpoints.URL + late.NextLink())
	j.app.Arrive(t, j.allow(page.Submit(map[string][]string{"email": {email}, "password": {newPassword}}, "")))
}

func TestLinkOfATakenAddressInAnotherBrowser(t *testing.T) {
	t.Parallel()
	j, email := begin(t, nil), someone()
	page := j.apply(j.visitor, email)
	link := j.system.AwaitMail(t, email, 1).Link()
	j.system.AddUser(t, email, "Somebody faster", password)
	says(t, harness.NewVisitor(t).Open(link).Submit(nil, ""), 422, "cannot_register")
	says(t, j.visitor.Open(page.URL.String()), 422, "cannot_register")
}

func TestCodeSentTwiceLeadsOn(t *testing.T) {
	t.Parallel()
	j, email := begin(t, nil), someone()
	page := j.apply(j.visitor, email)
	typed := code(j.system.AwaitMail(t, email, 1).Code())
	j.email = email
	// Who comes late finds the code used, and the browser signed in.
	for range 2 {
		n, _ := post(t, page, typed)
		n.among(t, "200")
	}
	j.happened("user.registered")
	j.oneSession(1)
	j.arrived(page.Submit(typed, ""), email)
	if n := j.system.CountUsers(t, email); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestLinkPressedAtOnceMakesOneAccount(t *testing.T) {
	t.Parallel()
	for name, elsewhere := range map[string]bool{"in its browser": false, "in another": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, email := begin(t, nil), someone()
			page := j.apply(j.visitor, email)
			visitor := j.visitor
			if elsewhere {
				visitor = harness.NewVisitor(t)
			}
			n, answers := post(t, visitor.Open(j.system.AwaitMail(t, email, 1).Link()), nil)
			n.among(t, "200")
			toOnePlace(t, answers)
			j.email = email
			j.happened("user.registered")
			j.arrived(j.visitor.Open(page.URL.String()), email)
			if n := j.system.CountUsers(t, email); n != 1 {
				t.Errorf("%d accounts", n)
			}
		})
	}
}

func TestVerifyingNothingLeadsToTheForm(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.visitor.Open(j.app.Start()).Submit(nil, "action=register")
	verify := strings.Replace(page.URL.String(), "/register", "/login/verify", 1)
	if page := j.visitor.Open(verify); page.URL.Path != "/register" {
		t.Errorf("at %s", page.URL)
	}
	for _, token := range []string{"", "?token=", "?token=x", "?token=" + strings.Repeat("x", 200)} {
		says(t, j.visitor.Open(j.system.Endpoints.URL+"/login/confirm"+token), 404, "unknown_challenge")
	}
}
