package integration_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

// resident is a person at the pages of their account.
type resident struct{ journey }

// atHome signs a person in to their account, whatever of it was there before.
func atHome(t *testing.T) resident {
	t.Helper()
	r := resident{begin(t, nil)}
	r.enter(r.visitor)
	return r
}

// enter goes to the account with a browser that is not signed in.
func (r resident) enter(v *harness.Visitor) {
	r.t.Helper()
	if page := r.signIn(v.Open(r.at("/account/sign-in?page=sessions"))); page.URL.Path != "/account/sessions" {
		r.t.Fatalf("the sign-in does not end at the account but at %s (%d): %s", page.URL, page.Status, page.Text())
	}
}

func (r resident) at(path string) string { return r.system.Endpoints.URL + path }

func (r resident) call(method, path string, body any) *harness.Answer {
	r.t.Helper()
	return r.visitor.Call(method, r.at("/api/account"+path), body)
}

type overview struct {
	Account struct {
		Email, Name, Locale string
		EmailVerified       bool
	}
	Session      struct{ ID string }
	PendingEmail *struct{ Address string }
	Password     struct{ Set bool }
	TOTP         struct{ On bool }
	Codes        struct{ Left int } `json:"recoveryCodes"`
}

func (r resident) overview() (o overview) {
	r.t.Helper()
	r.call(http.MethodGet, "", nil).Into(r.t, 200, &o)
	return o
}

func TestAccountIsForWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	stranger := harness.NewVisitor(t)
	for _, path := range []string{"", "/sessions", "/history", "/export", "/apps", "/recovery-codes"} {
		stranger.Call(http.MethodGet, system.Endpoints.URL+"/api/account"+path, nil).Refused(t, 401, "unauthenticated", "")
	}
	stranger.Call(http.MethodDelete, system.Endpoints.URL+"/api/account", map[string]string{"email": "a@b.example"}).
		Refused(t, 401, "unauthenticated", "")

	r := atHome(t)
	if o := r.overview(); o.Account.Email != r.email || !o.Password.Set || o.TOTP.On {
		t.Errorf("the overview says %+v", o)
	}
	if page := r.visitor.Open(r.at("/account/sign-in?page=https://evil.example/")); page.URL.Path != "/account/" {
		t.Errorf("a made-up page leads to %s", page.URL)
	}
	r.system.DisableUser(t, r.email)
	r.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
}

func TestAccountSignInHealsItsRegistration(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	slug := "home-" + strings.Split(someone(), "@")[0]
	system.AddTenant(t, slug)
	email := someone()
	system.AddUserTo(t, slug, email, "Ada Lovelace", password)
	r := resident{journey{t: t, system: system, visitor: harness.NewVisitor(t), email: email}}
	client := "/admin/clients/authway-account-" + slug
	for _, spoil := range []func(){
		func() {},
		func() { system.HydraAdmin(t, http.MethodDelete, client, nil, nil) },
		func() {
			system.HydraAdmin(t, http.MethodPut, client, map[string]any{
				"redirect_uris": []string{"https://former.example/account/signed-in"}, "token_endpoint_auth_method": "none",
			}, nil)
		},
	} {
		spoil()
		visitor := harness.NewVisitor(t)
		page := r.signIn(visitor.Open(r.at("/account/sign-in?page=history&tenant=" + slug)))
		if page.URL.Path != "/account/history" {
			t.Fatalf("at %s (%d): %s", page.URL, page.Status, page.Text())
		}
	}
	if page := harness.NewVisitor(t).Open(r.at("/account/sign-in?tenant=nobody")); page.Status != 404 {
		t.Errorf("an unknown tenant: %d", page.Status)
	}
	// The default tenant's account is not this person's.
	if page := r.signIn(harness.NewVisitor(t).Open(r.at("/account/sign-in"))); page.Alert() != "wrong_credentials" {
		t.Errorf("signed in across tenants: %s", page.URL)
	}
}

func TestWhatMattersAsksForARecentSignIn(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.system.AgeSessions(t, r.email, 11*time.Minute)
	for _, matter := range []struct{ method, path string }{
		{http.MethodPost, "/email"}, {http.MethodPut, "/password"}, {http.MethodDelete, "/password"},
		{http.MethodPost, "/totp"}, {http.MethodPost, "/totp/confirm"}, {http.MethodDelete, "/totp"},
		{http.MethodGet, "/recovery-codes"}, {http.MethodPost, "/recovery-codes"},
		{http.MethodGet, "/export"}, {http.MethodDelete, ""},
	} {
		answer := r.call(matter.method, matter.path, nil)
		answer.Refused(t, 403, "recent_sign_in_required", "")
		if next := answer.Problem().Next; !strings.HasPrefix(next, "/account/sign-in?fresh=1&page=") {
			t.Errorf("%s %s leads to %q", matter.method, matter.path, next)
		}
	}
	next := r.call(http.MethodGet, "/export", nil).Problem().Next
	page := r.visitor.Open(r.at(next))
	if page.URL.Path != "/login" {
		t.Fatalf("a fresh sign-in is not asked for but %s", page.URL)
	}
	if page = r.signIn(page); page.URL.Path != "/account/data" {
		t.Fatalf("at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	r.call(http.MethodGet, "/export", nil).Into(t, 200, nil)
}

func TestProfile(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.call(http.MethodPatch, "", map[string]string{"name": "  Augusta Ada King ", "locale": "ko"}).Into(t, 204, nil)
	if o := r.overview(); o.Account.Name != "Augusta Ada King" || o.Account.Locale != "ko" {
		t.Errorf("the overview says %+v", o)
	}
	r.call(http.MethodPatch, "", map[string]string{"name": "\x00"}).Refused(t, 422, "name_required", "name")
	r.call(http.MethodPatch, "", map[string]string{"locale": "xx"}).Refused(t, 422, "locale_unknown", "locale")
	r.call(http.MethodPatch, "", map[string]any{"roles": []string{"owner"}}).Refused(t, 400, "bad_request", "")
	r.call(http.MethodPatch, "", "no object").Refused(t, 400, "bad_request", "")
	if o := r.overview(); o.Account.Name != "Augusta Ada King" {
		t.Errorf("a refused change was made: %+v", o)
	}
}

func TestEmailIsChangedByWhoReadsTheNewOne(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	former, fresh := r.email, someone()
	r.call(http.MethodPost, "/email", map[string]string{"email": "nonsense"}).Refused(t, 422, "email_invalid", "email")
	r.call(http.MethodPost, "/email", map[string]string{"email": fresh}).Into(t, 202, nil)
	r.call(http.MethodPost, "/email", map[string]string{"email": fresh}).Refused(t, 429, "too_many_requests", "")
	if o := r.overview(); o.PendingEmail == nil || o.PendingEmail.Address != fresh || o.Account.Email != former {
		t.Errorf("the overview says %+v", o)
	}
	mail := r.system.AwaitMail(t, fresh, 1)
	r.call(http.MethodPost, "/email/confirm", map[string]string{"code": ""}).Refused(t, 422, "code_required", "code")
	r.call(http.MethodPost, "/email/confirm", map[string]string{"code": other(mail.Code())}).Refused(t, 422, "code_wrong", "code")
	r.call(http.MethodPost, "/email/confirm", map[string]string{"code": mail.Code()}).Into(t, 204, nil)
	if o := r.overview(); o.Account.Email != fresh || !o.Account.EmailVerified || o.PendingEmail != nil {
		t.Errorf("the overview says %+v", o)
	}
	if told := r.system.AwaitMail(t, former, 1); !strings.Contains(told.Subject, "was changed") {
		t.Errorf("the old address was told %q", told.Subject)
	}
	if page := r.signIn(harness.NewVisitor(t).Open(r.at("/account/sign-in"))); page.Alert() != "wrong_credentials" {
		t.Errorf("the old address signs in: %s", page.URL)
	}
	r.email = fresh
	r.enter(harness.NewVisitor(t))
}

// other is another code of the same length.
func other(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

func TestCodeOfANewEmailCountsOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	fresh := someone()
	r.call(http.MethodPost, "/email", map[string]string{"email": fresh}).Into(t, 202, nil)
	code := map[string]string{"code": r.system.AwaitMail(t, fresh, 1).Code()}
	r.callAtOnce(http.MethodPost, "/email/confirm", same(code)).once(t, "204", "410 used")
	r.mailed(1)
	r.email = fresh
	r.happened("email.changed")
}

func TestLinkOfANewEmailCountsWhereTheAccountIsSignedIn(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	fresh := someone()
	r.call(http.MethodPost, "/email", map[string]string{"email": fresh}).Into(t, 202, nil)
	link := r.system.AwaitMail(t, fresh, 1).Link()
	says(t, harness.NewVisitor(t).Open(link), 409, "link_elsewhere")
	page := r.visitor.Open(link)
	if o := r.overview(); o.Account.Email == fresh {
		t.Fatal("opening the link has changed the address")
	}
	if page = page.Submit(nil, ""); page.URL.Path != "/account/" {
		t.Fatalf("at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	if o := r.overview(); o.Account.Email != fresh || !o.Account.EmailVerified {
		t.Errorf("the overview says %+v", o)
	}
}

func TestAnothersEmailCannotBeTakenNorFound(t *testing.T) {
	t.Parallel()
	r, neighbour := atHome(t), begin(t, nil)
	free := r.call(http.MethodPost, "/email", map[string]string{"email": someone()})
	r2 := atHome(t)
	taken := r2.call(http.MethodPost, "/email", map[string]string{"email": strings.ToUpper(neighbour.email)})
	if free.String() != taken.String() {
		t.Errorf("a free address is answered %s, a taken one %s", free, taken)
	}
	if told := r.system.AwaitMail(t, neighbour.email, 1); told.Code() != "" {
		t.Errorf("the owner's mail has a code: %s", told.Text)
	}
	r2.call(http.MethodPost, "/email/confirm", map[string]string{"code": "12345678"}).Refused(t, 422, "code_wrong", "code")
}

func TestPasswordOfTheAccount(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	elsewhere := resident{r.journey}
	elsewhere.visitor = harness.NewVisitor(t)
	elsewhere.enter(elsewhere.visitor)
	set := func(current, fresh string, endOthers bool) *harness.Answer {
		return r.call(http.MethodPut, "/password", map[string]any{"current": current, "password": fresh, "endOthers": endOthers})
	}
	const fresh = "another horse battery"
	set("wrong horse battery", fresh, true).Refused(t, 422, "wrong_password", "current")
	set(password, "short", true).Refused(t, 422, "password_short", "password")
	set(password, r.email, true).Refused(t, 422, "password_is_personal", "password")
	elsewhere.call(http.MethodGet, "", nil).Into(t, 200, nil)
	set(password, fresh, true).Into(t, 204, nil)
	elsewhere.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
	r.call(http.MethodGet, "", nil).Into(t, 200, nil)
	if told := r.system.AwaitMail(t, r.email, 1); !strings.Contains(told.Subject, "password was changed") {
		t.Errorf("the owner was told %q", told.Subject)
	}
	if page := r.signIn(harness.NewVisitor(t).Open(r.at("/account/sign-in"))); page.Alert() != "wrong_credentials" {
		t.Errorf("the old password signs in: %s", page.URL)
	}
	r.call(http.MethodDelete, "/password", nil).Refused(t, 409, "last_sign_in_method", "")
	if o := r.overview(); !o.Password.Set {
		t.Error("the last way to sign in was removed")
	}
}

func TestPasswordCannotBeGuessedFromASession(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	for range 10 {
		r.call(http.MethodPut, "/password", map[string]any{"current": "wrong horse battery", "password": password, "endOthers": false}).
			Refused(t, 422, "wrong_password", "current")
	}
	r.call(http.MethodPut, "/password", map[string]any{"current": password, "password": password, "endOthers": false}).
		Refused(t, 429, "too_many_requests", "")
}

func TestSessionsAreEndedFromTheAccount(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	second, third := resident{r.journey}, resident{r.journey}
	second.visitor, third.visitor = harness.NewVisitor(t), harness.NewVisitor(t)
	second.enter(second.visitor)
	third.enter(third.visitor)
	var listed struct {
		Sessions []struct {
			ID      string
			Current bool
			Methods []string
		}
	}
	r.call(http.MethodGet, "/sessions", nil).Into(t, 200, &listed)
	if len(listed.Sessions) != 3 {
		t.Fatalf("%d sessions: %+v", len(listed.Sessions), listed)
	}
	own := r.overview().Session.ID
	for _, s := range listed.Sessions {
		if s.Current != (s.ID == own) || !slices.Equal(s.Methods, []string{"pwd"}) {
			t.Errorf("%+v, this one is %s", s, own)
		}
	}
	r.call(http.MethodDelete, "/sessions/"+second.overview().Session.ID, nil).Into(t, 204, nil)
	second.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
	third.call(http.MethodGet, "", nil).Into(t, 200, nil)

	var ended struct{ Ended int }
	r.call(http.MethodPost, "/sessions/end-others", nil).Into(t, 200, &ended)
	if ended.Ended != 1 {
		t.Errorf("%d others ended, there was one", ended.Ended)
	}
	third.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")

	stranger := atHome(t)
	stranger.call(http.MethodDelete, "/sessions/"+own, nil).Into(t, 204, nil)
	r.call(http.MethodGet, "", nil).Into(t, 200, nil)

	r.call(http.MethodDelete, "/sessions/"+own, nil).Into(t, 204, nil)
	r.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
}
