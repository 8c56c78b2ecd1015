package integration_test

import (
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
