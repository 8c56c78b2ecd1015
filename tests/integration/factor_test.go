package integration_test

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

// atFactor is a person with an app who has shown the password.
func (j journey) atFactor(parameters ...string) *harness.Page {
	j.t.Helper()
	return j.reach("/login/factor", j.signIn(j.visitor.Open(j.app.Start(parameters...))))
}

func (j journey) reach(path string, page *harness.Page) *harness.Page {
	j.t.Helper()
	if page.URL.Path != path || page.Status != 200 {
		j.t.Fatalf("not at %s but at %s (%d): %s", path, page.URL, page.Status, page.Text())
	}
	return page
}

func code(text string) map[string][]string { return map[string][]string{"code": {text}} }

// shows fails the test unless the ID token says acr and these methods.
func shows(t *testing.T, arrival harness.Arrival, acr string, methods ...string) {
	t.Helper()
	var amr []string
	list, _ := arrival.Claims["amr"].([]any)
	for _, method := range list {
		amr = append(amr, method.(string))
	}
	if arrival.Error != "" || arrival.Claims["acr"] != acr || !slices.Equal(amr, methods) {
		t.Errorf("error %q, acr %v, amr %v; want %s with %v", arrival.Error, arrival.Claims["acr"], amr, acr, methods)
	}
}

// strict is a person of a tenant that requires a second factor.
func strict(t *testing.T) journey {
	t.Helper()
	system := harness.Run(t)
	slug := "strict-" + strings.ToLower(rand.Text())
	system.AddTenant(t, slug)
	system.RequireMFA(t, slug)
	j := journey{
		t: t, system: system, visitor: harness.NewVisitor(t), email: someone(),
		app: system.NewApp(t, map[string]any{"skip_consent": true, "metadata": map[string]any{"tenant": slug}}),
	}
	system.AddUserTo(t, slug, j.email, "Ada Lovelace", password)
	return j
}

func TestTenantThatRequiresASecondFactor(t *testing.T) {
	t.Parallel()
	j := strict(t)
	page := j.reach("/login/enrol", j.signIn(j.visitor.Open(j.app.Start())))
	view := page.View()
	link, err := url.Parse(view.URI)
	if err != nil || link.Scheme != "otpauth" || link.Query().Get("secret") != strings.ReplaceAll(view.Secret, " ", "") {
		t.Fatalf("the key is %q, the link %q, %v", view.Secret, view.URI, err)
	}
	if !strings.Contains(page.Text(), view.Secret) {
		t.Error("the key cannot be read without script")
	}
	if again := j.visitor.Open(page.URL.String()).View(); again.Secret != view.Secret {
		t.Error("a second look at the page shows another key")
	}
	phone := harness.NewPhone(t, view.Secret)
	says(t, page.Submit(code(phone.Wrong()), ""), 422, "code_wrong")
	if n := j.system.LivingSessions(t, j.email); n != 0 {
		t.Fatalf("%d sessions before the second factor", n)
	}

	page = j.reach("/login/enrol/codes", page.Submit(code(phone.Code()), ""))
	codes := page.View().Codes
	if len(codes) != 10 {
		t.Fatalf("the codes are %v", codes)
	}
	for _, c := range codes {
		if !strings.Contains(page.Text(), c) {
			t.Errorf("%s cannot be read without script", c)
		}
	}
	if again := j.visitor.Open(page.URL.String()).View().Codes; !slices.Equal(again, codes) {
		t.Errorf("before they are said to be kept, the codes change to %v", again)
	}
	address := page.URL.String()
	shows(t, j.app.Arrive(t, page.Submit(nil, "action=done")), "aal2", "pwd", "otp", "mfa")
	if late := j.visitor.Open(address); strings.Contains(late.Body, codes[0]) {
		t.Error("the codes are shown again")
	}
	for _, event := range []string{`factor.refused {"kind":"totp","reason":"code_wrong"}`, `factor.added {"kind":"totp"}`, `recovery_codes.kept {}`} {
		if events := j.system.Recorded(t, j.email); !slices.Contains(events, event) {
			t.Errorf("%s was not recorded: %v", event, events)
		}
	}

	j.system.AwaitMail(t, j.email, 1)

	j.visitor = harness.NewVisitor(t)
	page = j.atFactor()
	shows(t, j.app.Arrive(t, page.Submit(code(phone.Code()), "")), "aal2", "pwd", "otp", "mfa")
}

func TestCodesAreShownUntilTheyAreKept(t *testing.T) {
	t.Parallel()
	j := strict(t)
	page := j.reach("/login/enrol", j.signIn(j.visitor.Open(j.app.Start())))
	phone := harness.NewPhone(t, page.View().Secret)
	codes := j.reach("/login/enrol/codes", page.Submit(code(phone.Code()), "")).View().Codes

	j.visitor = harness.NewVisitor(t)
	page = j.reach("/login/enrol/codes", j.atFactor().Submit(code(phone.Code()), ""))
	if again := page.View().Codes; !slices.Equal(again, codes) {
		t.Errorf("the codes were %v and are %v", codes, again)
	}
	j.app.Arrive(t, page.Submit(nil, "action=done"))
}

func TestSignInWithAnApp(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	phone, _ := j.system.EnrolPhone(t, j.email)
	page := j.atFactor()
	if view := page.View(); !slices.Equal(view.Methods, []string{"totp", "recovery"}) || view.Method != "totp" || view.CodesLeft != 0 {
		t.Errorf("the page offers %v, shows %q, with %d codes", view.Methods, view.Method, view.CodesLeft)
	}
	says(t, page.Submit(code(""), ""), 422, "code_wrong")
	says(t, page.Submit(code(phone.Wrong()), ""), 422, "code_wrong")
	if n := j.system.LivingSessions(t, j.email); n != 0 {
		t.Fatalf("%d sessions before the second factor", n)
	}
	korean := page.Submit(nil, "action=locale:ko")
	if korean.Language() != "ko" || korean.Alert() != "" {
		t.Errorf("in another language: %q, %q", korean.Language(), korean.Alert())
	}
	first := phone.Code()
	shows(t, j.app.Arrive(t, page.Submit(code(first[:3]+" "+first[3:]), "")), "aal2", "pwd", "otp", "mfa")

	j.visitor = harness.NewVisitor(t)
	page = j.atFactor()
	says(t, page.Submit(code(phone.Again()), ""), 422, "code_replayed")
	shows(t, j.app.Arrive(t, page.Submit(code(phone.Code()), "")), "aal2", "pwd", "otp", "mfa")
}

func TestFactorCannotBeWalkedAround(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	j.system.EnrolPhone(t, j.email)
	page := j.visitor.Open(j.app.Start())
	login := j.system.Endpoints.URL + "/login"
	query := "?flow=" + page.Submit(nil, "action=register").URL.Query().Get("flow")
	for _, path := range []string{"/factor", "/enrol", "/enrol/codes"} {
		j.reach("/login", j.visitor.Open(login+path+query))
	}
	j.reach("/login/factor", j.signIn(page))
	for _, path := range []string{"/factor", "/enrol", "/enrol/codes"} {
		j.reach("/login/factor", j.visitor.Open(login+path+query))
		says(t, harness.NewVisitor(t).Open(login+path+query), 404, "unknown_challenge")
	}
	j.reach("/login", j.visitor.Open(login+query))
	if n := j.system.LivingSessions(t, j.email); n != 0 {
		t.Errorf("%d sessions", n)
	}
	other := someone()
	j.system.AddUser(t, other, "Grace", password)
	j.app.Arrive(t, j.visitor.Open(login+query).Submit(map[string][]string{"email": {other}, "password": {password}}, ""))
}

func TestCodeSentTwiceIsHarmless(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	phone, _ := j.system.EnrolPhone(t, j.email)
	page := j.atFactor()
	n, answers := post(t, page, code(phone.Code()))
	n.among(t, "200")
	j.happened("factor.used")
	j.oneSession(1)
	shows(t, j.app.Arrive(t, j.visitor.Open(toOnePlace(t, answers))), "aal2", "pwd", "otp", "mfa")
}

func TestRecoveryCodeWorksOnce(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	_, codes := j.system.EnrolPhone(t, j.email)
	for i := range 7 {
		j.visitor = harness.NewVisitor(t)
		page := j.atFactor().Submit(nil, "action=method:recovery")
		if view := page.View(); view.Method != "recovery" || i == 0 && view.CodesLeft != 0 {
			t.Fatalf("the page asks for %q and tells of %d codes", view.Method, view.CodesLeft)
		}
		if i > 0 {
			says(t, page.Submit(code(codes[i-1]), ""), 422, "code_wrong")
		}
		typed := strings.ToLower(strings.ReplaceAll(codes[i], "-", " "))
		shows(t, j.app.Arrive(t, page.Submit(code(typed), "")), "aal2", "pwd", "otp", "mfa")
	}
	if events := j.system.Recorded(t, j.email); !slices.Contains(events, `factor.used {"kind":"recovery","left":"3"}`) {
		t.Errorf("recorded: %v", events)
	}
	j.visitor = harness.NewVisitor(t)
	if left := j.atFactor().Submit(nil, "action=method:recovery").View().CodesLeft; left != 3 {
		t.Errorf("the page tells of %d codes", left)
	}
}

func TestGuessingCodesIsStopped(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	phone, codes := j.system.EnrolPhone(t, j.email)
	page := j.atFactor()
	wrong := phone.Wrong()
	for range 9 {
		says(t, page.Once(code(wrong)), 422, "code_wrong")
	}
	for _, guess := range []string{wrong, phone.Code()} {
		locked := page.Once(code(guess))
		says(t, locked, 429, "too_many_requests")
		if locked.Header.Get("Retry-After") == "" || locked.View().Wait == "" {
			t.Error("nobody is told how long to wait")
		}
	}
	j.system.AwaitMail(t, j.email, 1)
	// It is the account's, whatever browser or address the guesses come from.
	j.visitor = harness.NewVisitor(t)
	page = j.atFactor()
	says(t, page.Once(code(phone.Again())), 429, "too_many_requests")
	j.app.Arrive(t, page.Submit(code(codes[0]), ""))
}

func TestStepUpAsksForTheFactorAlone(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	first := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	shows(t, first, "aal1", "pwd")
	phone, _ := j.system.EnrolPhone(t, j.email)
	j.system.AgeSessions(t, j.email, time.Hour)
	before := j.visitor.Cookie(j.system.Endpoints.URL, "authway_session")

	shows(t, j.app.Arrive(t, j.visitor.Open(j.app.Start())), "aal1", "pwd")
	if refused := j.app.Arrive(t, j.visitor.Open(j.app.Start("prompt", "none", "acr_values", "aal2"))); refused.Error != "interaction_required" {
		t.Errorf("prompt=none: %+v", refused)
	}
	page := j.reach("/login/factor", j.visitor.Open(j.app.Start("acr_values", "aal2")))
	says(t, page.Submit(code(phone.Wrong()), ""), 422, "code_wrong")
	second := j.app.Arrive(t, page.Submit(code(phone.Code()), ""))
	shows(t, second, "aal2", "pwd", "otp", "mfa")
	if second.Claims["sid"] != first.Claims["sid"] || second.Claims["auth_time"] != first.Claims["auth_time"] || second.IDToken.Subject != first.IDToken.Subject {
		t.Errorf("sid, auth_time, sub were %v, %v, %v and are %v, %v, %v",
			first.Claims["sid"], first.Claims["auth_time"], first.IDToken.Subject, second.Claims["sid"], second.Claims["auth_time"], second.IDToken.Subject)
	}
	if n := j.system.LivingSessions(t, j.email); n != 1 {
		t.Errorf("%d sessions", n)
	}
	if after := j.visitor.Cookie(j.system.Endpoints.URL, "authway_session"); after == before || after == "" {
		t.Error("the session has the token that it had before")
	}
	for _, parameters := range [][]string{{"acr_values", "aal2"}, {"acr_values", "aal2", "prompt", "none"}, {"claims", `{"id_token":{"acr":{"essential":true,"values":["aal2"]}}}`}, nil} {
		shows(t, j.app.Arrive(t, j.visitor.Open(j.app.Start(parameters...))), "aal2", "pwd", "otp", "mfa")
	}
	if refused := j.app.Arrive(t, j.visitor.Open(j.app.Start("prompt", "none", "max_age", "60", "acr_values", "aal2"))); refused.Error != "login_required" {
		t.Errorf("a factor is no fresh sign-in: %+v", refused)
	}
	if events := j.system.Recorded(t, j.email); !slices.ContainsFunc(events, func(e string) bool { return strings.HasPrefix(e, "session.stepped_up ") }) {
		t.Errorf("recorded: %v", events)
	}
}

func TestStepUpSentTwice(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	phone, _ := j.system.EnrolPhone(t, j.email)
	page := j.reach("/login/factor", j.visitor.Open(j.app.Start("acr_values", "aal2")))
	one := phone.Code()
	first, second := page.Once(code(one)), page.Once(code(one))
	if first.Next() == "" || first.Next() != second.Next() {
		t.Fatalf("%d leads to %q, then %d to %q", first.Status, first.Next(), second.Status, second.Next())
	}
	shows(t, j.app.Arrive(t, j.visitor.Open(second.Next())), "aal2", "pwd", "otp", "mfa")
	shows(t, j.app.Arrive(t, j.visitor.Open(j.app.Start("acr_values", "aal2", "prompt", "none"))), "aal2", "pwd", "otp", "mfa")
}

func TestStepUpOfASessionThatEnds(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	phone, _ := j.system.EnrolPhone(t, j.email)
	page := j.reach("/login/factor", j.visitor.Open(j.app.Start("acr_values", "aal2")))
	j.system.EndSessions(t, j.email)
	page = j.reach("/login", page.Submit(code(phone.Code()), ""))
	if n := j.system.LivingSessions(t, j.email); n != 0 {
		t.Errorf("%d sessions", n)
	}
	page = j.reach("/login/factor", j.signIn(page))
	shows(t, j.app.Arrive(t, page.Submit(code(phone.Code()), "")), "aal2", "pwd", "otp", "mfa")
}

func TestAppThatAsksForTwoFactorsOfSomebodyWithOne(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	first := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	if refused := j.app.Arrive(t, j.visitor.Open(j.app.Start("prompt", "none", "acr_values", "aal2"))); refused.Error != "interaction_required" {
		t.Errorf("prompt=none: %+v", refused)
	}
	// A session alone does not enrol: the password is asked for first.
	page := j.reach("/login", j.visitor.Open(j.app.Start("acr_values", "aal1 aal2")))
	j.reach("/login", j.visitor.Open(j.system.Endpoints.URL+"/login/enrol?flow="+page.Submit(nil, "action=register").URL.Query().Get("flow")))
	page = j.reach("/login/enrol", j.signIn(page))
	phone := harness.NewPhone(t, page.View().Secret)
	page = j.reach("/login/enrol/codes", page.Submit(code(phone.Code()), ""))
	second := j.app.Arrive(t, page.Submit(nil, "action=done"))
	shows(t, second, "aal2", "pwd", "otp", "mfa")
	if second.IDToken.Subject != first.IDToken.Subject {
		t.Errorf("another subject: %s", second.IDToken.Subject)
	}
	if n := j.system.LivingSessions(t, j.email); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

func TestTenantThatBeginsToRequireASecondFactor(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	slug := "later-" + strings.ToLower(rand.Text())
	system.AddTenant(t, slug)
	j := journey{
		t: t, system: system, visitor: harness.NewVisitor(t), email: someone(),
		app: system.NewApp(t, map[string]any{"skip_consent": true, "metadata": map[string]any{"tenant": slug}}),
	}
	system.AddUserTo(t, slug, j.email, "Ada Lovelace", password)
	shows(t, j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start()))), "aal1", "pwd")
	system.RequireMFA(t, slug)
	j.reach("/login", j.visitor.Open(j.app.Start()))
	phone, _ := system.EnrolPhone(t, j.email)
	page := j.reach("/login/factor", j.visitor.Open(j.app.Start()))
	shows(t, j.app.Arrive(t, page.Submit(code(phone.Code()), "")), "aal2", "pwd", "otp", "mfa")
}
