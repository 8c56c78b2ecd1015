package integration_test

import (
	"slices"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// inBrowsers is a code that is shown in several browsers at once, in each of them often.
// It signs one of them in, whose answers all lead to one place.
func (j journey) inBrowsers(shown, refused string) {
	j.t.Helper()
	const browsers = 5
	var pages []*harness.Page
	for range browsers {
		j.visitor = harness.NewVisitor(j.t)
		pages = append(pages, j.atFactor())
	}
	n, answers := postEach(j.t, func(i int) (*harness.Page, map[string][]string) { return pages[i%browsers], code(shown) })
	n.among(j.t, "200", refused)
	if n["200"] != together/browsers {
		j.t.Errorf("answers are %v", n)
	}
	toOnePlace(j.t, answers)
	j.happened("factor.used")
	j.oneSession(1)
}

func TestCodeOfAnAppSignsOneBrowserIn(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	phone, _ := j.system.EnrolPhone(t, j.email)
	j.inBrowsers(phone.Code(), "422 code_replayed")
}

func TestRecoveryCodeSignsOneBrowserIn(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	_, codes := j.system.EnrolPhone(t, j.email)
	j.inBrowsers(codes[0], "422 code_wrong")
}

func TestSecondPasskeyCountsOnce(t *testing.T) {
	t.Parallel()
	h := withPasskey(t, func(a *harness.Authenticator) { a.Verifies = false })
	h.system.KeepCodes(t, h.email)
	page := h.atFactor()
	n, answers := post(t, page, harness.Passkey(h.device.Sign(page.AskPasskey())))
	n.once(t, "200", "422 passkey_expired")
	h.happened("passkey.used")
	h.oneSession(1)
	shows(t, h.app.Arrive(t, h.visitor.Open(toOnePlace(t, answers))), "aal2", "pwd", "hwk", "mfa")
}

func TestStepUpHappensOnce(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	phone, _ := j.system.EnrolPhone(t, j.email)
	page := j.reach("/login/factor", j.visitor.Open(j.app.Start("acr_values", "aal2")))
	n, answers := post(t, page, code(phone.Code()))
	n.among(t, "200")
	j.happened("factor.used", "session.stepped_up")
	j.oneSession(1)
	shows(t, j.app.Arrive(t, j.visitor.Open(toOnePlace(t, answers))), "aal2", "pwd", "otp", "mfa")
	// Whichever answer the browser has heard last, it is signed in.
	shows(t, j.app.Arrive(t, j.visitor.Open(j.app.Start("acr_values", "aal2", "prompt", "none"))), "aal2", "pwd", "otp", "mfa")
}

// Each browser has a session of its own: a code raises one of them.
func TestStepUpWithARecoveryCodeHappensOnce(t *testing.T) {
	t.Parallel()
	const browsers = 5
	j := begin(t, map[string]any{"skip_consent": true})
	var visitors []*harness.Visitor
	for range browsers {
		j.visitor = harness.NewVisitor(t)
		j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
		visitors = append(visitors, j.visitor)
	}
	_, codes := j.system.EnrolPhone(t, j.email)
	var pages []*harness.Page
	for _, visitor := range visitors {
		pages = append(pages, j.reach("/login/factor", visitor.Open(j.app.Start("acr_values", "aal2"))))
	}
	n, answers := postEach(t, func(i int) (*harness.Page, map[string][]string) { return pages[i%browsers], code(codes[0]) })
	n.among(t, "200", "422 code_wrong")
	if n["200"] != together/browsers {
		t.Fatalf("answers are %v", n)
	}
	j.happened(`factor.used {"kind":"recovery","left":"9"}`, "factor.used", "session.stepped_up")
	raised := slices.IndexFunc(answers, func(answer *harness.Page) bool { return answer.Next() != "" }) % browsers
	shows(t, j.app.Arrive(t, visitors[raised].Open(toOnePlace(t, answers))), "aal2", "pwd", "otp", "mfa")
	for i, visitor := range visitors {
		arrival := j.app.Arrive(t, visitor.Open(j.app.Start("acr_values", "aal2", "prompt", "none")))
		if stayed := arrival.Error == "interaction_required"; stayed != (i != raised) {
			t.Errorf("browser %d, when %d was raised: error %q", i, raised, arrival.Error)
		}
	}
}

func TestAppIsEnrolledOnceAndItsCodesAreKeptOnce(t *testing.T) {
	t.Parallel()
	j := strict(t)
	page := j.reach("/login/enrol", j.signIn(j.visitor.Open(j.app.Start())))
	n, _ := post(t, page, code(harness.NewPhone(t, page.View().Secret).Code()))
	n.among(t, "200")
	j.happened("factor.added")
	j.mailed(1)
	page = j.reach("/login/enrol/codes", j.visitor.Open(page.URL.String()))
	if n := len(page.View().Codes); n != 10 {
		t.Errorf("%d recovery codes", n)
	}
	n, _ = post(t, page, map[string][]string{"action": {"done"}})
	n.among(t, "200")
	j.happened("recovery_codes.kept")
	j.oneSession(1)
	shows(t, j.app.Arrive(t, j.visitor.Open(j.system.Endpoints.URL+"/login?"+page.URL.RawQuery)), "aal2", "pwd", "otp", "mfa")
}

func TestAccountIsTakenBackOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.call("DELETE", "", map[string]string{"email": r.email}).Into(t, 200, nil)
	page := r.reach("/login/restore", r.signIn(r.visitor.Open(r.app.Start())))
	n, _ := post(t, page, map[string][]string{"action": {"restore"}})
	n.among(t, "200")
	r.happened("user.stayed")
	// One from before, and one from now.
	r.oneSession(2)
	r.app.Arrive(t, r.allow(r.visitor.Open(r.at("/login?"+page.URL.RawQuery))))
}

func TestIdentityIsLinkedOnceByASignIn(t *testing.T) {
	t.Parallel()
	g := visiting(t).settled(true)
	page := g.reach("/login/provider", g.by(harness.ProviderOpen))
	n, answers := post(t, g.crowded(page), map[string][]string{"password": {password}})
	n.among(t, "200", "429 too_many_requests", "503 overloaded")
	g.happened("identity.linked")
	g.oneSession(1)
	g.mailed(1)
	g.app.Arrive(t, g.visitor.Open(toOnePlace(t, answers)))
}

func TestSignOutHappensOnce(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	arrival := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	n, answers := post(t, j.visitor.Open(j.app.LogoutURL(arrival.Tokens)), map[string][]string{"decision": {"signout"}})
	n.among(t, "200")
	j.happened("session.ended")
	if page := j.visitor.Open(toOnePlace(t, answers)); page.URL.Query().Get("state") != "bye" {
		t.Errorf("at %s (%d)", page.URL, page.Status)
	}
}
