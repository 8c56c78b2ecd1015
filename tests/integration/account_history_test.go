package integration_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

type pastEvent struct {
	ID, Action, Outcome, Session string
	Methods                      []string
	Current                      bool
}

func (r resident) history() (all []pastEvent) {
	r.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Events []pastEvent
			Next   string
		}
		r.call(http.MethodGet, "/history?before="+url.QueryEscape(cursor), nil).Into(r.t, 200, &page)
		all = append(all, page.Events...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

func TestHistoryIsOwnAndWhole(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	says(t, harness.NewVisitor(t).Open(r.at("/account/sign-in")).Submit(
		map[string][]string{"email": {r.email}, "password": {"wrong horse battery"}}, ""), 422, "wrong_credentials")
	for range 60 {
		r.call(http.MethodPatch, "", map[string]string{"name": "Ada"}).Into(t, 204, nil)
	}
	all := r.history()
	count := map[string]int{}
	for _, e := range all {
		count[e.Action]++
	}
	if count["user.changed"] != 60 || count["login.succeeded"] != 1 || count["login.failed"] != 1 {
		t.Errorf("%d events: %v", len(all), count)
	}
	if !slices.ContainsFunc(all, func(e pastEvent) bool {
		return e.Action == "login.succeeded" && e.Current && slices.Equal(e.Methods, []string{"pwd"})
	}) {
		t.Error("this sign-in is not marked")
	}
	r.call(http.MethodGet, "/history?before=nonsense", nil).Refused(t, 400, "bad_request", "")
	stranger := atHome(t)
	for _, e := range stranger.history() {
		if slices.ContainsFunc(all, func(other pastEvent) bool { return other.ID == e.ID }) {
			t.Errorf("a stranger sees %+v", e)
		}
	}
	stranger.call(http.MethodPost, "/history/not-me", map[string]string{"event": all[0].ID}).Refused(t, 404, "not_found", "")
}

func TestThisWasNotMe(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	intruder := harness.NewVisitor(t)
	arrival := r.app.Arrive(t, r.allow(r.signIn(intruder.Open(r.app.Start()))))
	if active := r.introspect(arrival.Tokens.AccessToken); !active {
		t.Fatal("the intruder's token is not active")
	}
	events := r.history()
	var answer struct{ RedirectTo string }
	r.call(http.MethodPost, "/history/not-me", map[string]string{"event": events[0].ID}).Into(t, 200, &answer)
	if n := r.system.LivingSessions(t, r.email); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	if r.introspect(arrival.Tokens.AccessToken) {
		t.Error("the intruder's access token is still active")
	}
	if _, err := r.app.TryRefresh(t.Context(), arrival.Tokens); err == nil {
		t.Error("the intruder's refresh token still works")
	}
	page := r.signIn(r.visitor.Open(r.at(answer.RedirectTo)))
	says(t, page, 403, "password_revoked")
	page = page.Submit(nil, "action=recover")
	page = r.reach("/login/recover/code", page.Submit(map[string][]string{"email": {r.email}}, ""))
	page = page.Submit(code(r.system.AwaitMail(t, r.email, 2).Code()), "")
	page = r.reach("/login/recover/password", page)
	if page = page.Submit(map[string][]string{"password": {"a third horse battery"}}, ""); page.URL.Path != "/account/security" {
		t.Fatalf("at %s (%d): %s", page.URL, page.Status, page.Text())
	}
}

func TestWhoWasDisownedDoesNotComeBack(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	intruder := resident{r.journey}
	intruder.visitor = harness.NewVisitor(t)
	// One sign-in stops before a second factor of the intruder's own.
	parked := intruder.reach("/login/enrol", intruder.signIn(harness.NewVisitor(t).Open(intruder.app.Start("acr_values", "aal2"))))
	phone := harness.NewPhone(t, parked.View().Secret)
	intruder.enter(intruder.visitor)
	var key struct{ Secret string }
	intruder.call(http.MethodPost, "/totp", nil).Into(t, 200, &key)
	intruder.call(http.MethodPost, "/totp/confirm", map[string]string{"code": harness.NewPhone(t, key.Secret).Code()}).Into(t, 200, nil)
	events := r.history()
	theirs := slices.IndexFunc(events, func(e pastEvent) bool { return e.Action == "login.succeeded" && !e.Current })
	if theirs < 0 {
		t.Fatalf("the intruder's sign-in is not shown: %+v", events)
	}
	r.call(http.MethodPost, "/history/not-me", map[string]string{"event": events[theirs].ID}).Into(t, 200, nil)

	if page := parked.Submit(code(phone.Code()), ""); page.URL.Path != "/login" {
		t.Errorf("the parked sign-in goes on to %s: %s", page.URL, page.Text())
	}
	if n := r.system.LivingSessions(t, r.email); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	page := r.signIn(r.visitor.Open(r.at("/account/sign-in"))).Submit(nil, "action=recover")
	page = page.Submit(map[string][]string{"email": {r.email}}, "")
	var sent harness.Mail
	for n := 1; sent.Code() == ""; n++ {
		sent = r.system.AwaitMail(t, r.email, n)
	}
	page = r.reach("/login/recover/password", page.Submit(code(sent.Code()), ""))
	if page = page.Submit(map[string][]string{"password": {"a third horse battery"}}, ""); page.URL.Path != "/account/" {
		t.Fatalf("the owner is asked for more, at %s: %s", page.URL, page.Text())
	}
	if r.overview().TOTP.On {
		t.Error("the intruder's app is still there")
	}
}

// introspect asks Hydra whether a token counts.
func (j journey) introspect(token string) bool {
	j.t.Helper()
	response, err := http.PostForm(j.system.Endpoints.HydraAdminURL+"/admin/oauth2/introspect", url.Values{"token": {token}})
	if err != nil {
		j.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Active bool `json:"active"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		j.t.Fatal(err)
	}
	return answer.Active
}

func TestAppsAreRevokedWithTheirTokens(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	arrival := r.app.Arrive(t, r.allow(r.visitor.Open(r.app.Start())))
	second := r.system.NewApp(t, nil)
	kept := second.Arrive(t, r.allow(r.visitor.Open(second.Start())))
	var listed struct {
		Apps []struct {
			ID, Name string
			Scopes   []string
			Since    time.Time
		}
	}
	r.call(http.MethodGet, "/apps", nil).Into(t, 200, &listed)
	i := slices.IndexFunc(listed.Apps, func(a struct {
		ID, Name string
		Scopes   []string
		Since    time.Time
	}) bool {
		return a.ID == r.app.ClientID
	})
	if i < 0 || listed.Apps[i].Name != "Test application" || !slices.Contains(listed.Apps[i].Scopes, "email") || listed.Apps[i].Since.IsZero() {
		t.Fatalf("the application is not shown as it is: %+v", listed)
	}
	stranger := atHome(t)
	stranger.call(http.MethodDelete, "/apps/"+r.app.ClientID, nil).Into(t, 204, nil)
	if !r.introspect(arrival.Tokens.AccessToken) {
		t.Fatal("a stranger has revoked it")
	}
	r.call(http.MethodDelete, "/apps/"+r.app.ClientID, nil).Into(t, 204, nil)
	if r.introspect(arrival.Tokens.AccessToken) || r.introspect(arrival.Tokens.RefreshToken) {
		t.Error("tokens of the revoked application are active")
	}
	if !r.introspect(kept.Tokens.AccessToken) {
		t.Error("the other application has lost its token")
	}
	r.call(http.MethodDelete, "/apps/"+r.app.ClientID, nil).Into(t, 204, nil)
	r.call(http.MethodGet, "/apps", nil).Into(t, 200, &listed)
	for _, a := range listed.Apps {
		if a.ID == r.app.ClientID {
			t.Error("the revoked application is still shown")
		}
	}
	if page := r.visitor.Open(r.app.Start()); page.URL.Path != "/consent" {
		t.Errorf("the application is let in without being asked for: %s", page.URL)
	}
}

func TestExportHoldsEverythingAndNoSecret(t *testing.T) {
	t.Parallel()
	k := atKeys(t)
	r := k.resident
	r.app.Arrive(t, r.allow(r.visitor.Open(r.app.Start())))
	key := k.add("Ada's phone")
	r.system.VerifyEmail(t, r.email)
	g := visiting(t)
	r.visitor.Open(r.at("/account/link/acme")).Submit(g.says, "")
	phone, codes := r.system.EnrolPhone(t, r.email)
	answer := r.call(http.MethodGet, "/export", nil)
	var all struct {
		Account struct {
			Account    struct{ Email string }
			TOTP       struct{ On bool }
			Codes      struct{ Left int } `json:"recoveryCodes"`
			Passkeys   []keyView
			Identities []struct{ Provider, Email string }
		}
		Sessions     []map[string]any
		Applications []map[string]any
		History      []map[string]any
	}
	answer.Into(t, 200, &all)
	if all.Account.Account.Email != r.email || len(all.Sessions) != 1 || len(all.Applications) == 0 || len(all.History) == 0 {
		t.Errorf("the copy lacks something: %s", answer.Body)
	}
	if !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment") {
		t.Error("it is not for keeping")
	}
	own := all.Account
	if !own.TOTP.On || own.Codes.Left != len(codes) || len(own.Passkeys) != 1 || own.Passkeys[0].Name != key.Name || own.Passkeys[0].CredentialID != key.CredentialID {
		t.Errorf("of factors it says %+v", own)
	}
	if len(own.Identities) != 1 || own.Identities[0].Provider != "acme" || own.Identities[0].Email != g.email {
		t.Errorf("of identities it says %+v", own.Identities)
	}
	secrets := r.system.Secrets(t, r.email)
	if len(secrets) < 12 {
		t.Fatalf("%d secrets are kept of a password, an app and ten codes", len(secrets))
	}
	secrets = append(secrets, "argon2", "secret", phone.Key(), codes[0], strings.ReplaceAll(codes[0], "-", ""))
	for _, secret := range append(secrets, r.visitor.Cookie(r.system.Endpoints.URL, "authway_session")) {
		if strings.Contains(string(answer.Body), secret) {
			t.Errorf("it holds the secret %q", secret)
		}
	}
}

func TestAccountLeavesAndIsTakenBack(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	arrival := r.app.Arrive(t, r.allow(r.visitor.Open(r.app.Start())))
	r.call(http.MethodDelete, "", map[string]string{"email": someone()}).Refused(t, 422, "email_mismatch", "email")
	var answer struct{ DeleteAt time.Time }
	r.call(http.MethodDelete, "", map[string]string{"email": " " + strings.ToUpper(r.email)}).Into(t, 200, &answer)
	if until := time.Until(answer.DeleteAt); until < 13*24*time.Hour || until > 14*24*time.Hour {
		t.Errorf("it is deleted in %s", until)
	}
	r.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
	if r.introspect(arrival.Tokens.AccessToken) || r.introspect(arrival.Tokens.RefreshToken) {
		t.Error("tokens of the account are active")
	}
	if told := r.system.AwaitMail(t, r.email, 1); !strings.Contains(told.Text, answer.DeleteAt.UTC().Format(time.DateOnly)) {
		t.Errorf("the owner was told %s", told.Text)
	}

	page := r.signIn(r.visitor.Open(r.app.Start()))
	r.reach("/login/restore", page)
	gone := page.Submit(nil, "action=leave")
	if !r.app.At(gone) || gone.URL.Query().Get("error") != "access_denied" {
		t.Errorf("leaving leads to %s", gone.URL)
	}
	if n := r.system.LivingSessions(t, r.email); n != 0 {
		t.Errorf("%d sessions of an account that leaves", n)
	}
	page = r.reach("/login/restore", r.signIn(r.visitor.Open(r.app.Start())))
	if back := r.app.Arrive(t, r.allow(page.Submit(nil, "action=restore"))); back.Error != "" {
		t.Errorf("restored, but %s", back.Error)
	}
	r.call(http.MethodGet, "", nil).Into(t, 200, nil)
}

func TestWaysInAreNotLostTwoAtOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.callAtOnce(http.MethodDelete, "/password", same(nil)).among(t, "409 last_sign_in_method")
	r.enter(harness.NewVisitor(t))
}
