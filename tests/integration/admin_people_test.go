package integration_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// asPerson is an account as the administration shows it.
type asPerson struct {
	ID, Email, Name, Locale, State, Version string
	VerifiedAt, BlockedAt, DeleteAfter      *string
	LastSignIn                              *string
	Roles                                   []string
	Self, Protected, AdministersElsewhere   bool
	Administers                             []struct {
		Role, Tenant string
		Everything   bool
	}
	Credentials struct {
		PasswordSince, AppSince *string
		RecoveryCodesLeft       int
		Passkeys                []struct{ Label string }
		Identities              []struct{ Provider string }
	}
}

type asPeople struct {
	Items []struct{ ID, Email, Name, State string }
	Next  string
}

func (p asPeople) emails() (emails []string) {
	for _, i := range p.Items {
		emails = append(emails, i.Email)
	}
	return emails
}

// office is somebody who administers, and a tenant.
type office struct {
	*harness.Operator
	t      *testing.T
	system *harness.System
	tenant string
}

func beginOffice(t *testing.T, role administrator.Role) office {
	t.Helper()
	system := harness.Run(t)
	return office{system.Operator(t, role, tenant.Default), t, system, tenant.Default}
}

func (o office) users(path string) string { return "/tenants/" + o.tenant + "/users" + path }

func (o office) idOf(email string) string {
	o.t.Helper()
	u, err := account.Store{DB: o.system.Database(o.t)}.ByEmail(o.t.Context(), o.User.TenantID, email)
	if err != nil {
		o.t.Fatal(err)
	}
	return u.ID.String()
}

func (o office) read(id string) (p asPerson) {
	o.t.Helper()
	o.Ask(http.MethodGet, o.users("/"+id), nil).Into(o.t, 200, &p)
	return p
}

func (o office) do(id, what string) *harness.Answer {
	o.t.Helper()
	return o.Ask(http.MethodPost, o.users("/"+id+"/"+what), map[string]string{"reason": "a test"})
}

func (o office) done(a *harness.Answer) {
	o.t.Helper()
	if a.Status != http.StatusNoContent {
		o.t.Errorf("not done: %s", a)
	}
}

func TestAdministratorEditsAnAccount(t *testing.T) {
	t.Parallel()
	o, email := beginOffice(t, administrator.Operator), someone()
	o.system.AddUser(t, email, "Ada Lovelace", password)
	o.system.VerifyEmail(t, email)
	id, role := o.idOf(email), "r"+word()
	if _, err := (tenant.Roles{DB: o.system.Database(t)}).Put(t.Context(), tenant.Role{TenantID: o.User.TenantID, Name: role}); err != nil {
		t.Fatal(err)
	}
	was := o.read(id)
	if was.Credentials.PasswordSince == nil || was.State != "active" || was.Protected || was.Self {
		t.Errorf("it is shown as %+v", was)
	}
	edit := func(change map[string]any) *harness.Answer {
		return o.Ask(http.MethodPatch, o.users("/"+id), change)
	}
	var is asPerson
	edit(map[string]any{"version": was.Version, "name": "Ada King", "locale": "ko", "roles": []string{role}, "reason": "married"}).Into(t, 200, &is)
	if is.Name != "Ada King" || is.Locale != "ko" || !slices.Equal(is.Roles, []string{role}) || is.Version == was.Version {
		t.Errorf("it has become %+v", is)
	}
	edit(map[string]any{"version": was.Version, "name": "Somebody Else"}).Refused(t, 409, "conflict", "")
	edit(map[string]any{"version": is.Version, "roles": []string{"no-such-role"}}).Refused(t, 422, "role_unknown", "roles")
	edit(map[string]any{"version": is.Version, "email": o.User.Email}).Refused(t, 409, "email_taken", "email")
	edit(map[string]any{"version": is.Version, "email": "not an address"}).Refused(t, 422, "email_invalid", "email")
	edit(map[string]any{"version": is.Version, "locale": "tlh"}).Refused(t, 422, "locale_unknown", "locale")
	if now := o.read(id); now.Version != is.Version {
		t.Errorf("what was refused has changed %+v", now)
	}

	other := someone()
	edit(map[string]any{"version": is.Version, "email": other}).Into(t, 200, &is)
	if is.Email != other || is.VerifiedAt != nil || is.State != "unverified" {
		t.Errorf("with another address it is %+v", is)
	}
	if mail := o.system.AwaitMail(t, email, 1); mail.Subject == "" {
		t.Error("the former address is not told")
	}
	edit(map[string]any{"version": is.Version, "verified": true}).Into(t, 200, &is)
	if is.VerifiedAt == nil || is.State != "active" {
		t.Errorf("said to be proved, it is %+v", is)
	}
	var history struct {
		Items []struct {
			Action, Actor string
			Detail        map[string]string
		}
	}
	answer := o.Ask(http.MethodGet, o.users("/"+id+"/history"), nil)
	answer.Into(t, 200, &history)
	if len(history.Items) != 3 || history.Items[2].Detail["reason"] != "married" || history.Items[2].Actor != o.User.ID.String() {
		t.Errorf("the history is %s", answer.Body)
	}
	if text := string(answer.Body); strings.Contains(text, email) || strings.Contains(text, other) || strings.Contains(text, "King") {
		t.Errorf("the log knows an address or a name: %s", text)
	}
}

// A stolen session of an administrator is not enough to take accounts over.
func TestAddressIsChangedWithARecentSecondFactorAlone(t *testing.T) {
	t.Parallel()
	system, email := harness.Run(t), someone()
	system.AddUser(t, email, "Ada Lovelace", password)
	o := office{system.OperatorSince(t, administrator.Owner, "", 0, session.MethodPassword), t, system, tenant.Default}
	id := o.idOf(email)
	version := o.read(id).Version
	for _, change := range []map[string]any{{"email": someone()}, {"verified": true}} {
		change["version"] = version
		o.Ask(http.MethodPatch, o.users("/"+id), change).Refused(t, 403, "second_factor_required", "")
	}
	var is asPerson
	o.Ask(http.MethodPatch, o.users("/"+id), map[string]any{"version": version, "name": "Ada King"}).Into(t, 200, &is)
}

func TestAdministratorBlocksAndUnblocks(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	o := office{r.system.Operator(t, administrator.Operator, tenant.Default), t, r.system, tenant.Default}
	id := o.idOf(r.email)
	arrived := r.app.Arrive(t, r.allow(r.visitor.Open(r.app.Start())))
	o.done(o.do(id, "block"))
	o.done(o.do(id, "block"))
	if p := o.read(id); p.State != "blocked" || p.BlockedAt == nil || p.LastSignIn == nil {
		t.Errorf("blocked, it is %+v", p)
	}
	r.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
	if _, err := r.app.TryRefresh(t.Context(), arrived.Tokens); err == nil {
		t.Error("the refresh token of somebody blocked is redeemed")
	}
	fresh := harness.NewVisitor(t)
	if page := r.signIn(fresh.Open(r.at("/account/sign-in"))); page.URL.Path != "/login" {
		t.Errorf("somebody blocked arrives at %s", page.URL.Path)
	}
	o.done(o.do(id, "unblock"))
	if p := o.read(id); p.BlockedAt != nil {
		t.Errorf("unblocked, it is %+v", p)
	}
	r.enter(harness.NewVisitor(t))
	want := []string{"user.blocked", "user.unblocked"}
	recorded := r.system.RecordedOf(t, id)
	for _, action := range want {
		n := 0
		for _, line := range recorded {
			if strings.HasPrefix(line, action) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is recorded %d times in %v", action, n, recorded)
		}
	}
}

func TestAdministratorEndsSessions(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	o := office{r.system.Operator(t, administrator.Operator, tenant.Default), t, r.system, tenant.Default}
	id := o.idOf(r.email)
	arrived := r.app.Arrive(t, r.allow(r.visitor.Open(r.app.Start())))
	second := harness.NewVisitor(t)
	r.enter(second)

	var page struct {
		Items []struct{ ID, User, Email, IP string }
		Next  string
	}
	o.Ask(http.MethodGet, o.users("/"+id+"/sessions"), nil).Into(t, 200, &page)
	if len(page.Items) != 2 || page.Items[0].Email != r.email || page.Items[0].IP == "" {
		t.Fatalf("the sessions are %+v", page)
	}
	sessions := "/tenants/" + o.tenant + "/sessions"
	first := page.Items[1].ID
	o.Ask(http.MethodGet, sessions+"?limit=1&user="+id, nil).Into(t, 200, &page)
	if len(page.Items) != 1 || page.Next == "" {
		t.Fatalf("one session and a cursor are %+v", page)
	}
	o.Ask(http.MethodGet, sessions+"?limit=1&user="+id+"&cursor="+url.QueryEscape(page.Next), nil).Into(t, 200, &page)
	if len(page.Items) != 1 || page.Items[0].ID != first || page.Next != "" {
		t.Errorf("the second page is %+v", page)
	}
	o.Ask(http.MethodGet, sessions+"?ip=192.0.2.77", nil).Into(t, 200, &page)
	if len(page.Items) != 0 {
		t.Errorf("at an address that nobody has there is %+v", page)
	}
	o.Ask(http.MethodGet, sessions+"?cursor=x", nil).Refused(t, 400, "bad_request", "cursor")
	o.Ask(http.MethodGet, sessions+"?ip=localhost", nil).Refused(t, 400, "bad_request", "ip")

	var ended struct {
		Applications []struct{ Client, Name string }
	}
	o.Ask(http.MethodPost, sessions+"/"+first+"/end", map[string]string{"reason": "a test"}).Into(t, 200, &ended)
	if !slices.ContainsFunc(ended.Applications, func(a struct{ Client, Name string }) bool { return a.Client == r.app.ClientID }) {
		t.Errorf("what ended with it is %+v", ended)
	}
	if _, err := r.app.TryRefresh(t.Context(), arrived.Tokens); err == nil {
		t.Error("a refresh token of the ended session is redeemed")
	}
	r.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
	second.Call(http.MethodGet, r.at("/api/account"), nil).Into(t, 200, &struct{}{})
	o.done(o.do(id, "sessions/end"))
	second.Call(http.MethodGet, r.at("/api/account"), nil).Refused(t, 401, "unauthenticated", "")
}

func TestAdministratorRevokesConsents(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	o := office{r.system.Operator(t, administrator.Operator, tenant.Default), t, r.system, tenant.Default}
	id := o.idOf(r.email)
	arrived := r.app.Arrive(t, r.allow(r.visitor.Open(r.app.Start())))
	var consents struct {
		Items []struct {
			Client string
			Scopes []string
		}
	}
	o.Ask(http.MethodGet, o.users("/"+id+"/consents"), nil).Into(t, 200, &consents)
	at := slices.IndexFunc(consents.Items, func(c struct {
		Client string
		Scopes []string
	}) bool {
		return c.Client == r.app.ClientID
	})
	if at < 0 || !slices.Contains(consents.Items[at].Scopes, "openid") {
		t.Fatalf("the consents are %+v", consents)
	}
	o.do(id, "consents/no-such-client/revoke").Refused(t, 404, "not_found", "")
	o.done(o.do(id, "consents/"+r.app.ClientID+"/revoke"))
	if _, err := r.app.TryRefresh(t.Context(), arrived.Tokens); err == nil {
		t.Error("the refresh token of a consent that was taken back is redeemed")
	}
	r.call(http.MethodGet, "", nil).Into(t, 200, &struct{}{})
	o.done(o.do(id, "revoke"))
	r.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
}

func TestAdministratorResetsFactors(t *testing.T) {
	t.Parallel()
	o, email := beginOffice(t, administrator.Operator), someone()
	o.system.AddUser(t, email, "Ada Lovelace", password)
	o.system.EnrolPhone(t, email)
	id := o.idOf(email)
	if c := o.read(id).Credentials; c.AppSince == nil || c.RecoveryCodesLeft != 10 {
		t.Fatalf("the factors are %+v", c)
	}
	o.done(o.do(id, "factors/reset"))
	if c := o.read(id).Credentials; c.AppSince != nil || c.RecoveryCodesLeft != 0 || c.PasswordSince == nil {
		t.Errorf("after the reset they are %+v", c)
	}
	if mail := o.system.AwaitMail(t, email, 1); mail.Subject == "" {
		t.Error("the person is not told")
	}
}

func TestAdministratorDeletesAndRestores(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	o := office{r.system.Operator(t, administrator.Operator, tenant.Default), t, r.system, tenant.Default}
	id := o.idOf(r.email)
	o.done(o.do(id, "delete"))
	if p := o.read(id); p.State != "leaving" || p.DeleteAfter == nil {
		t.Errorf("deleted, it is %+v", p)
	}
	r.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
	if mail := r.system.AwaitMail(t, r.email, 1); mail.Subject == "" {
		t.Error("the person is not told")
	}
	o.done(o.do(id, "restore"))
	if p := o.read(id); p.State == "leaving" || p.DeleteAfter != nil {
		t.Errorf("restored, it is %+v", p)
	}
	r.enter(harness.NewVisitor(t))
}

func TestAdministratorChangesSeveral(t *testing.T) {
	t.Parallel()
	o := beginOffice(t, administrator.Operator)
	owner := o.system.Operator(t, administrator.Owner, tenant.Default)
	one, two := someone(), someone()
	o.system.AddUser(t, one, "Ada Lovelace", password)
	o.system.AddUser(t, two, "Grace Hopper", password)
	ids := []string{o.idOf(one), o.User.ID.String(), owner.User.ID.String(), uuid.NewString(), o.idOf(two)}
	var answer struct {
		Items []struct {
			ID, Code string
			OK       bool
		}
	}
	ask := func(action string) string {
		answer.Items = nil
		o.Ask(http.MethodPost, o.users("/bulk"), map[string]any{"action": action, "ids": ids, "reason": "a test"}).Into(t, 200, &answer)
		return fmt.Sprint(answer.Items)
	}
	want := func(codes ...string) string {
		for i, id := range ids {
			answer.Items[i].ID, answer.Items[i].Code, answer.Items[i].OK = id, codes[i], codes[i] == ""
		}
		return fmt.Sprint(answer.Items)
	}
	if said := ask("block"); said != want("", "own_account", "administers", "not_found", "") {
		t.Errorf("block says %s", said)
	}
	if o.read(ids[0]).State != "blocked" || o.read(ids[4]).State != "blocked" {
		t.Error("they are not blocked")
	}
	if said := ask("unblock"); said != want("", "", "administers", "not_found", "") {
		t.Errorf("unblock says %s", said)
	}
	for _, action := range []string{"end_sessions", "revoke"} {
		ids = []string{ids[0], owner.User.ID.String()}
		if said := ask(action); said != want("", "administers") {
			t.Errorf("%s says %s", action, said)
		}
	}
	if o.read(ids[0]).State == "blocked" {
		t.Error("they are blocked still")
	}
}
