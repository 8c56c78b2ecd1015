package integration_test

import (
	"strings"
	"testing"

	"github.com/authway/authway/functions/login"
	"github.com/authway/authway/tests/harness"
)

// forgot goes from the authorization request to the page of the code.
func (j journey) forgot(visitor *harness.Visitor, email string) *harness.Page {
	j.t.Helper()
	page := visitor.Open(j.app.Start()).Submit(nil, "action=recover")
	if page.URL.Path != "/login/recover" || page.Status != 200 {
		j.t.Fatalf("at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	page = page.Submit(map[string][]string{"email": {email}}, "")
	if page.URL.Path != "/login/recover/code" || page.Status != 200 || page.Alert() != "" {
		j.t.Fatalf("at %s (%d) with %q: %s", page.URL, page.Status, page.Alert(), page.Text())
	}
	return page
}

// atNewPassword fails the test unless the page is the one of the new password.
func (j journey) atNewPassword(page *harness.Page) *harness.Page {
	j.t.Helper()
	if page.URL.Path != "/login/recover/password" || page.Status != 200 {
		j.t.Fatalf("at %s (%d) with %q: %s", page.URL, page.Status, page.Alert(), page.Text())
	}
	return page
}

func choose(page *harness.Page, password string) *harness.Page {
	return page.Submit(map[string][]string{"password": {password}}, "")
}

func TestRecoverWithTheCode(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	elsewhere := harness.NewVisitor(t)
	signedIn := j
	signedIn.visitor = elsewhere
	signedIn.through()

	page := j.forgot(j.visitor, j.email)
	code := j.system.AwaitMail(t, j.email, 1).Code()
	says(t, enter(page, wrongOf(code)), 422, "code_wrong")
	page = j.atNewPassword(enter(page, code))
	if !strings.Contains(page.Body, j.email) {
		t.Error("the page does not name the account")
	}
	for password, alert := range map[string]string{"": "password_required", "short": "password_short", "ada.lovelace": "password_is_personal"} {
		says(t, choose(page, password), 422, alert)
	}
	arrival := j.arrived(choose(page, newPassword), j.email)
	if amr, _ := arrival.Claims["amr"].([]any); len(amr) != 1 || amr[0] != "pwd" {
		t.Errorf("amr is %v", arrival.Claims["amr"])
	}
	if mail := j.system.AwaitMail(t, j.email, 2); mail.Code() != "" {
		t.Errorf("the mail about the change holds a code: %s", mail.Text)
	}

	if n := j.system.LivingSessions(t, j.email); n != 1 {
		t.Errorf("%d sessions live on", n)
	}
	page = elsewhere.Open(j.app.Start())
	if page.URL.Path != "/login" {
		t.Fatalf("the other device is still signed in: at %s", page.URL)
	}
	says(t, j.signIn(page), 422, "wrong_credentials")
	j.app.Arrive(t, j.allow(page.Submit(map[string][]string{"email": {j.email}, "password": {newPassword}}, "")))
}

func TestRecoverWithTheLink(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	waiting := j.forgot(j.visitor, j.email)
	link := j.system.AwaitMail(t, j.email, 1).Link()
	page := j.atNewPassword(j.visitor.Open(link).Submit(nil, ""))
	j.atNewPassword(j.visitor.Open(link))
	j.atNewPassword(j.visitor.Open(waiting.URL.String()))
	// Sent twice, the form leads on twice: the password is the one that was set.
	// Another one has come too late.
	for _, chosen := range []string{newPassword, newPassword, "another long password"} {
		if answer := page.Once(map[string][]string{"password": {chosen}}); answer.Status != 200 || answer.Next() == "" {
			t.Errorf("got %d, %q: %s", answer.Status, answer.Alert(), answer.Text())
		}
	}
	j.arrived(choose(page, newPassword), j.email)
	says(t, j.visitor.Open(page.URL.String()), 409, "finished")
	other := harness.NewVisitor(t).Open(j.app.Start())
	says(t, other.Submit(map[string][]string{"email": {j.email}, "password": {"another long password"}}, ""), 422, "wrong_credentials")
}

// Anybody can ask for somebody else's recovery: the owner's press of a button
// in a genuine mail must not hand the account over.
func TestRecoveryLinkIsOfNoUseInAnotherBrowser(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.forgot(j.visitor, j.email)
	mail := j.system.AwaitMail(t, j.email, 1)
	other := harness.NewVisitor(t)
	says(t, other.Open(mail.Link()), 409, "link_elsewhere")
	if page := j.visitor.Open(page.URL.String()); page.URL.Path != "/login/recover/code" {
		t.Fatalf("the first browser goes on: at %s", page.URL)
	}
	j.arrived(choose(j.atNewPassword(enter(page, mail.Code())), newPassword), j.email)
}

func TestRecoverAndKeepOtherSessions(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	elsewhere := harness.NewVisitor(t)
	j.app.Arrive(t, j.signIn(elsewhere.Open(j.app.Start())))
	page := enter(j.forgot(j.visitor, j.email), j.system.AwaitMail(t, j.email, 1).Code())
	j.app.Arrive(t, j.atNewPassword(page).Submit(map[string][]string{"password": {newPassword}, "end_sessions": nil}, ""))
	j.app.Arrive(t, elsewhere.Open(j.app.Start()))
}

func TestRecoverAnUnknownAddressLooksTheSame(t *testing.T) {
	t.Parallel()
	j, unknown, disabled := begin(t, nil), someone(), someone()
	j.system.AddUser(t, disabled, "Grace Hopper", password)
	j.system.DisableUser(t, disabled)
	var pages [][]*harness.Page
	addresses := []string{unknown, disabled, j.email}
	for _, address := range addresses {
		page := j.forgot(harness.NewVisitor(t), address)
		seen := []*harness.Page{page}
		for range 6 {
			seen = append(seen, enter(page, "12345678"))
		}
		seen = append(seen, page.Submit(nil, "action=resend"))
		pages = append(pages, seen)
	}
	for i, seen := range pages {
		for k, page := range seen {
			alike(t, page, addresses[i], pages[2][k], j.email)
		}
	}
	// The mail that was asked for last has come, and the others have not.
	j.system.AwaitMail(t, j.email, 1)
	for _, address := range []string{unknown, disabled} {
		if mails := j.system.Mails(t, address); len(mails) != 0 {
			t.Errorf("mail was sent: %v", mails)
		}
	}
}

func TestNewPasswordNeedsAProof(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.visitor.Open(j.app.Start()).Submit(nil, "action=recover")
	address := strings.Replace(page.URL.String(), "/login/recover", "/login/recover/password", 1)
	if page := j.visitor.Open(address); page.URL.Path != "/login/recover" {
		t.Errorf("without a mail: at %s", page.URL)
	}
	page = j.forgot(j.visitor, j.email)
	address = strings.Replace(page.URL.String(), "/login/recover/code", "/login/recover/password", 1)
	if page := j.visitor.Open(address); page.URL.Path != "/login/recover/code" {
		t.Errorf("without the code: at %s", page.URL)
	}
	says(t, harness.NewVisitor(t).Open(address), 404, "unknown_challenge")
}

func TestMailsToOneMailboxAreBounded(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	for _, address := range []string{j.email, someone()} {
		form := j.visitor.Open(j.app.Start()).Submit(nil, "action=recover")
		for range 10 {
			if page := form.Once(map[string][]string{"email": {address}}); page.Status != 200 {
				t.Fatalf("got %d", page.Status)
			}
		}
		says(t, form.Once(map[string][]string{"email": {address}}), 429, "too_many_requests")
	}
	j.system.AwaitMail(t, j.email, 1)
	if n := len(j.system.Mails(t, j.email)); n != 1 {
		t.Errorf("a form that was sent ten times brought %d mails", n)
	}
}

// What a stopwatch could measure is the same, whether there is an account or
// not: as many statements, one hash for a registration and none for a recovery.
func TestKnownAndUnknownAddressesCostTheSame(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	database := parse(t, j.system.Endpoints.DatabaseURL)
	tap := harness.NewTap(t, database.Host)
	database.Host = tap.Address()
	address := harness.StartFunction(t, login.Spec, harness.Database{}, map[string]string{
		"AUTHWAY_URL": j.system.Endpoints.URL, "DATABASE_URL": database.String(),
		"REDIS_URL": j.system.Endpoints.RedisURL, "HYDRA_ADMIN_URL": j.system.Endpoints.HydraAdminURL,
	})
	door := parse(t, address).Host
	for _, c := range []struct {
		name, button string
		fields       map[string][]string
		code         string
	}{
		{"register", "action=register", map[string][]string{"name": {"Grace Hopper"}, "password": {newPassword}}, "/login/verify"},
		{"recover", "action=recover", map[string][]string{}, "/login/recover/code"},
	} {
		var counts [2][]int
		for i, email := range []string{j.email, someone()} {
			visitor := harness.NewVisitor(t)
			form := visitor.Open(j.app.Start()).Submit(nil, c.button)
			note := func(page *harness.Page, status int) {
				t.Helper()
				if page.Status != status {
					t.Fatalf("%s: %d: %s", c.name, page.Status, page.Text())
				}
				counts[i] = append(counts[i], tap.Count())
			}
			c.fields["email"] = []string{email}
			tap.Count()
			note(form.OnceAt(door, c.fields), 200)
			note(form.OnceAt(door, c.fields), 200)
			page := visitor.Open(j.system.Endpoints.URL + c.code + "?" + form.URL.RawQuery)
			tap.Count()
			note(page.OnceAt(door, map[string][]string{"code": {"12345678"}}), 422)
			j.system.AgeProofs(t, email, resendWait)
			note(page.OnceAt(door, map[string][]string{"action": {"resend"}}), 303)
		}
		for k := range counts[0] {
			if counts[0][k] == 0 || counts[0][k] != counts[1][k] {
				t.Errorf("%s, step %d: %d statements for a known address, %d for an unknown one", c.name, k, counts[0][k], counts[1][k])
			}
		}
	}
}
