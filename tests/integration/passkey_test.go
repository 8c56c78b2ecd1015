package integration_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// holder is a person with a passkey.
type holder struct {
	journey
	device *harness.Authenticator
}

func withPasskey(t *testing.T, change func(*harness.Authenticator)) holder {
	t.Helper()
	return holder{journey: begin(t, map[string]any{"skip_consent": true})}.with(change)
}

func (h holder) with(change func(*harness.Authenticator)) holder {
	h.t.Helper()
	h.device = harness.NewAuthenticator(h.t, h.system.Endpoints.URL)
	if change != nil {
		change(h.device)
	}
	h.system.EnrolPasskey(h.t, h.email, h.device)
	return h
}

// show answers the page with the passkey.
func (h holder) show(page *harness.Page) *harness.Page {
	h.t.Helper()
	return page.Submit(harness.Passkey(h.device.Sign(page.AskPasskey())), "")
}

func (h holder) recorded(event string) {
	h.t.Helper()
	found := slices.ContainsFunc(h.system.Recorded(h.t, h.email), func(e string) bool {
		return strings.HasPrefix(e, event)
	})
	if !found {
		h.t.Errorf("%s was not recorded: %v", event, h.system.Recorded(h.t, h.email))
	}
}

func TestSignInWithNothingButAPasskey(t *testing.T) {
	t.Parallel()
	h := withPasskey(t, nil)
	codes := h.reach("/login/enrol/codes", h.show(h.visitor.Open(h.app.Start("acr_values", "aal2"))))
	if n := len(codes.View().Codes); n != 10 {
		t.Errorf("%d recovery codes are shown", n)
	}
	shows(t, h.app.Arrive(t, codes.Submit(nil, "action=done")), "aal2", "hwk", "mfa")
	h.recorded(`passkey.used {"methods":"hwk mfa"`)
	h.recorded("login.succeeded ")

	// Once the codes are kept, nothing comes between.
	h.visitor = harness.NewVisitor(t)
	shows(t, h.app.Arrive(t, h.show(h.visitor.Open(h.app.Start()))), "aal2", "hwk", "mfa")
	// And a session of it is enough for whoever wants two factors.
	shows(t, h.app.Arrive(t, h.visitor.Open(h.app.Start("acr_values", "aal2", "prompt", "none"))), "aal2", "hwk", "mfa")
}

func TestSignInWithASyncedPasskeyIsRemembered(t *testing.T) {
	t.Parallel()
	h := withPasskey(t, func(a *harness.Authenticator) { a.Synced = true })
	h.system.KeepCodes(t, h.email)
	page := h.visitor.Open(h.app.Start())
	fields := harness.Passkey(h.device.Sign(page.AskPasskey()))
	fields["remember"] = []string{"on"}
	shows(t, h.app.Arrive(t, page.Submit(fields, "")), "aal2", "swk", "mfa")
	if n := h.system.RememberedSessions(t, h.email); n != 1 {
		t.Errorf("%d sessions are remembered", n)
	}
}

func TestTenantThatRequiresASecondFactorTakesAPasskey(t *testing.T) {
	t.Parallel()
	h := holder{journey: strict(t)}.with(nil)
	// The codes are not kept, and still nobody enrols another factor around it.
	page := h.reach("/login/factor", h.signIn(h.visitor.Open(h.app.Start())))
	h.reach("/login/factor", h.visitor.Open(h.system.Endpoints.URL+"/login/enrol?"+page.URL.RawQuery))
	page = h.reach("/login/enrol/codes", h.show(page))
	shows(t, h.app.Arrive(t, page.Submit(nil, "action=done")), "aal2", "pwd", "hwk", "mfa")

	h.visitor = harness.NewVisitor(t)
	shows(t, h.app.Arrive(t, h.show(h.visitor.Open(h.app.Start()))), "aal2", "hwk", "mfa")
}

func TestPasskeyIsAskedForOnceThereIsAWayWithoutIt(t *testing.T) {
	t.Parallel()
	h := withPasskey(t, func(a *harness.Authenticator) { a.Verifies = false })
	// Its owner sits elsewhere, and has not kept the codes.
	shows(t, h.app.Arrive(t, h.signIn(h.visitor.Open(h.app.Start()))), "aal1", "pwd")

	codes := h.system.KeepCodes(t, h.email)
	h.visitor = harness.NewVisitor(t)
	page := h.atFactor()
	if view := page.View(); !slices.Equal(view.Methods, []string{"passkey", "recovery"}) || view.Method != "passkey" {
		t.Errorf("the page offers %v, shows %q", view.Methods, view.Method)
	}
	shows(t, h.app.Arrive(t, h.show(page)), "aal2", "pwd", "hwk", "mfa")

	h.visitor = harness.NewVisitor(t)
	page = h.atFactor().Submit(nil, "action=method:recovery")
	shows(t, h.app.Arrive(t, page.Submit(code(codes[0]), "")), "aal2", "pwd", "otp", "mfa")
}

func TestPasskeyBesideAnApp(t *testing.T) {
	t.Parallel()
	h := withPasskey(t, nil)
	h.system.KeepCodes(t, h.email)
	phone, _ := h.system.EnrolPhone(t, h.email)
	page := h.atFactor()
	if view := page.View(); !slices.Equal(view.Methods, []string{"passkey", "totp", "recovery"}) {
		t.Errorf("the page offers %v", view.Methods)
	}
	page = page.Submit(nil, "action=method:totp")
	shows(t, h.app.Arrive(t, page.Submit(code(phone.Code()), "")), "aal2", "pwd", "otp", "mfa")
	h.visitor = harness.NewVisitor(t)
	shows(t, h.app.Arrive(t, h.show(h.atFactor())), "aal2", "pwd", "hwk", "mfa")
}

func TestStepUpWithAPasskey(t *testing.T) {
	t.Parallel()
	h := holder{journey: begin(t, map[string]any{"skip_consent": true})}
	first := h.app.Arrive(t, h.signIn(h.visitor.Open(h.app.Start())))
	shows(t, first, "aal1", "pwd")
	h = h.with(func(a *harness.Authenticator) { a.Verifies = false })
	page := h.reach("/login/factor", h.visitor.Open(h.app.Start("acr_values", "aal2")))
	page = h.reach("/login/enrol/codes", h.show(page))
	second := h.app.Arrive(t, page.Submit(nil, "action=done"))
	shows(t, second, "aal2", "pwd", "hwk", "mfa")
	if second.Claims["sid"] != first.Claims["sid"] || second.Claims["auth_time"] != first.Claims["auth_time"] {
		t.Errorf("sid, auth_time were %v, %v and are %v, %v", first.Claims["sid"], first.Claims["auth_time"], second.Claims["sid"], second.Claims["auth_time"])
	}
}

func TestPasskeyAnswerCountsOnce(t *testing.T) {
	t.Parallel()
	h := withPasskey(t, nil)
	h.system.KeepCodes(t, h.email)
	page := h.visitor.Open(h.app.Start())
	n, answers := post(t, page, harness.Passkey(h.device.Sign(page.AskPasskey())))
	n.once(t, "200", "422 passkey_expired")
	h.happened("passkey.used")
	h.oneSession(1)
	shows(t, h.app.Arrive(t, h.visitor.Open(toOnePlace(t, answers))), "aal2", "hwk", "mfa")
}

func TestPasskeyThatIsRefused(t *testing.T) {
	t.Parallel()
	h := withPasskey(t, nil)
	h.system.KeepCodes(t, h.email)
	page := h.visitor.Open(h.app.Start())
	for _, nothing := range []string{"", "{}", "null", "[]", "not JSON", strings.Repeat("[", 10_000)} {
		page.AskPasskey()
		says(t, page.Submit(harness.Passkey(json.RawMessage(nothing)), ""), 422, "passkey_refused")
		says(t, page.Submit(harness.Passkey(json.RawMessage(nothing)), ""), 422, "passkey_expired")
	}
	elsewhere := h.device.Copy()
	elsewhere.Origin = "https://evil.example"
	says(t, page.Submit(harness.Passkey(elsewhere.Sign(page.AskPasskey())), ""), 422, "passkey_refused")
	h.recorded(`passkey.refused {"passkey":`)

	copied := h.device.Copy()
	h.app.Arrive(t, h.show(page))
	h.visitor = harness.NewVisitor(t)
	page = h.visitor.Open(h.app.Start())
	says(t, page.Submit(harness.Passkey(copied.Sign(page.AskPasskey())), ""), 422, "passkey_refused")
	if !slices.ContainsFunc(h.system.Recorded(t, h.email), func(e string) bool { return strings.Contains(e, `"reason":"cloned"`) }) {
		t.Error("that there are two of it was not recorded")
	}

	asked := page.AskPasskey()
	h.system.DisableUser(t, h.email)
	says(t, page.Submit(harness.Passkey(h.device.Sign(asked)), ""), 403, "account_disabled")
	asked = page.AskPasskey()
	h.system.RemovePasskeys(t, h.email)
	says(t, page.Submit(harness.Passkey(h.device.Sign(asked)), ""), 422, "passkey_unknown")
	if n := h.system.LivingSessions(t, h.email); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

func TestPasskeyOfAnotherTenant(t *testing.T) {
	t.Parallel()
	h := withPasskey(t, nil)
	h.system.KeepCodes(t, h.email)
	slug := "other-" + strings.ToLower(rand.Text())
	h.system.AddTenant(t, slug)
	h.app = h.system.NewApp(t, map[string]any{"metadata": map[string]any{"tenant": slug}})
	// It is refused and not unknown: an unknown one is taken away by the browser.
	says(t, h.show(h.visitor.Open(h.app.Start())), 422, "passkey_refused")
	if n := h.system.LivingSessions(t, h.email); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestPasskeyOfAnotherFlow(t *testing.T) {
	t.Parallel()
	h := withPasskey(t, nil)
	h.system.KeepCodes(t, h.email)
	asked := h.visitor.Open(h.app.Start()).AskPasskey()
	thief := harness.NewVisitor(t).Open(h.app.Start())
	says(t, thief.Submit(harness.Passkey(h.device.Sign(asked)), ""), 422, "passkey_expired")
	thief.AskPasskey()
	says(t, thief.Submit(harness.Passkey(h.device.Sign(asked)), ""), 422, "passkey_refused")
}

func TestSecondPasskeyIsAskedOfWhoHasBegun(t *testing.T) {
	t.Parallel()
	h := withPasskey(t, nil)
	h.system.KeepCodes(t, h.email)
	page := h.atFactor()
	asked := page.AskPasskey()
	h.system.RemovePasskeys(t, h.email)
	says(t, page.Submit(harness.Passkey(h.device.Sign(asked)), ""), 422, "passkey_unknown")
	api := h.system.Endpoints.URL + "/api/login/factor/passkey?" + page.URL.RawQuery
	var answer struct{ RedirectTo string }
	h.visitor.Call(http.MethodPost, api, nil).Into(t, 200, &answer)
	if !strings.HasPrefix(answer.RedirectTo, "/login?flow=") {
		t.Errorf("without a factor it leads to %q", answer.RedirectTo)
	}
	harness.NewVisitor(t).Call(http.MethodPost, api, nil).Refused(t, 404, "unknown_challenge", "")
	h.visitor.Call(http.MethodGet, api, nil).Refused(t, 404, "not_found", "")
}

func TestPasskeysAreAskedForWithinBounds(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.visitor.Open(j.app.Start())
	api := j.system.Endpoints.URL + "/api/login/passkey?" + page.URL.RawQuery
	// The bucket refills while the test runs: how fast that is must not matter.
	answer, asked := j.visitor.Call(http.MethodPost, api, nil), 1
	for ; answer.Status == 200 && asked < 2000; asked++ {
		answer = j.visitor.Call(http.MethodPost, api, nil)
	}
	answer.Refused(t, 429, "too_many_requests", "")
	if asked < 200 {
		t.Errorf("the bound was reached after %d", asked)
	}
	// It is not the forms' bound.
	says(t, page.Once(map[string][]string{"email": {""}}), 422, "email_required")
}

func TestPasskeysAreAddedWithinBounds(t *testing.T) {
	t.Parallel()
	k := atKeys(t)
	add := func() *harness.Answer { return k.call(http.MethodPost, "/passkeys", map[string]any{"name": ""}) }
	for range 10 {
		add().Refused(t, 422, "passkey_expired", "")
	}
	add().Refused(t, 429, "too_many_requests", "")
}
