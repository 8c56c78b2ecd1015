package integration_test

import (
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

func TestGuessingAnAccountsPasswordIsBounded(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	form := j.visitor.Open(j.app.Start())
	for _, email := range []string{j.email, someone()} {
		guess := func(password string) *harness.Page {
			return form.Once(map[string][]string{"email": {email}, "password": {password}})
		}
		for range 10 {
			says(t, guess("a wrong guess"), 422, "wrong_credentials")
		}
		locked := guess(password)
		says(t, locked, 429, "too_many_requests")
		if locked.Header.Get("Retry-After") == "" {
			t.Error("there is no Retry-After")
		}
	}
	other := someone()
	j.system.AddUser(t, other, "Grace", password)
	j.app.Arrive(t, form.Submit(map[string][]string{"email": {other}, "password": {password}}, ""))
}

func TestRightPasswordTakesTheCountBack(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	for range 2 {
		form := j.visitor.Open(j.app.Start("prompt", "login"))
		for range 8 {
			says(t, form.Once(map[string][]string{"email": {j.email}, "password": {"a wrong guess"}}), 422, "wrong_credentials")
		}
		j.app.Arrive(t, j.signIn(form))
	}
}

func TestFormsFromOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	form := j.visitor.Open(j.app.Start())
	// The bucket refills while the test runs: how fast that is must not matter.
	answer, sent := form.Once(map[string][]string{"email": {""}}), 1
	for ; answer.Status == 422 && sent < 2000; sent++ {
		answer = form.Once(map[string][]string{"email": {""}})
	}
	says(t, answer, 429, "too_many_requests")
	if sent < 200 {
		t.Errorf("the bound was reached after %d forms", sent)
	}
	// Somebody else, at another address, is not disturbed.
	elsewhere := harness.NewVisitor(t).Open(j.app.Start())
	says(t, elsewhere.Once(map[string][]string{"email": {""}}), 422, "email_required")
}

// The bound of an account from everywhere is for its owner to hear of, and for
// nobody else: it is the same for an address that nobody has.
func TestOwnerIsToldOfGuesses(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	home := j.visitor.Open(j.app.Start())
	j.app.Arrive(t, j.signIn(home))
	home = j.visitor.Open(j.app.Start("prompt", "login"))
	var last [2][]*harness.Page
	addresses := []string{j.email, someone()}
	for i, email := range addresses {
		j.system.ExhaustGuesses(t, email)
		for range 2 {
			form := harness.NewVisitor(t).Open(j.app.Start())
			last[i] = append(last[i], form.Once(map[string][]string{"email": {email}, "password": {password}}))
		}
	}
	for k := range last[0] {
		says(t, last[0][k], 429, "too_many_requests")
		alike(t, last[1][k], addresses[1], last[0][k], addresses[0])
	}
	if mail := j.system.AwaitMail(t, j.email, 1); !strings.Contains(mail.Text, "too many attempts") {
		t.Errorf("the mail says %s", mail.Text)
	}
	// The owner signs in where they have signed in before.
	j.app.Arrive(t, j.signIn(home))
	if owner, nobody := len(j.system.Mails(t, j.email)), len(j.system.Mails(t, addresses[1])); owner != 1 || nobody != 0 {
		t.Errorf("%d mails to the owner, %d to nobody", owner, nobody)
	}
	if !j.refusedFor("too_many_guesses") {
		t.Errorf("recorded %v", j.system.Recorded(t, j.email))
	}
}
