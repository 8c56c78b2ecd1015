package integration_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/tests/harness"
)

// granted counts the roles that an account administers with.
func (i inviting) granted(user string) (n int) {
	i.t.Helper()
	if err := i.system.Database(i.t).NewRaw("SELECT count(*) FROM administrators WHERE user_id = ?", user).Scan(i.t.Context(), &n); err != nil {
		i.t.Fatal(err)
	}
	return n
}

// records fails the test unless something was recorded of the account.
func (i inviting) records(user string, actions ...string) {
	i.t.Helper()
	recorded := i.system.RecordedOf(i.t, user)
	for _, action := range actions {
		if !slices.ContainsFunc(recorded, func(event string) bool { return strings.HasPrefix(event, action) }) {
			i.t.Errorf("%s is not recorded: %v", action, recorded)
		}
	}
}

// What a revoked invitation had promised is gone, and whoever invites the person again
// gives no more than they say.
func TestRevokedInvitationAdministersNothing(t *testing.T) {
	t.Parallel()
	owner, email := beginInviting(t, administrator.Owner), someone()
	operator := owner
	operator.by = owner.system.Operator(t, administrator.Operator, owner.slug)
	made := owner.invite(email, map[string]any{"administer": "owner"})
	owner.ask(http.MethodPost, "/invitations/"+made.ID+"/revoke", map[string]any{}).Into(t, 204, nil)
	if n, state := owner.granted(made.User), owner.state(made.User); n != 0 || state != "blocked" {
		t.Errorf("%d roles are left, and the account is %s", n, state)
	}
	if again := operator.invite(email, nil); again.User != made.User || again.Administers != "" || owner.granted(made.User) != 0 {
		t.Errorf("invited again: %+v with %d roles", again, owner.granted(made.User))
	}
	owner.records(made.User, "user.invited", "administrator.granted", "administrator.removed", "user.blocked", "user.unblocked", "invitation.revoked")
}

// An invitation lets an account in or keeps it out: whoever may not do that to somebody
// who administers may not do it by an invitation either.
func TestInvitationsOfAdministratorsAreTheirOwners(t *testing.T) {
	t.Parallel()
	owner, email := beginInviting(t, administrator.Owner), someone()
	operator := owner
	operator.by = owner.system.Operator(t, administrator.Operator, owner.slug)
	made := owner.invite(email, map[string]any{"administer": "owner"})
	owner.system.AgeInvitations(t, email, 2*time.Minute)
	refused := func() {
		t.Helper()
		state := owner.state(made.User)
		operator.ask(http.MethodPost, "/invitations", map[string]any{"email": email}).Refused(t, 403, "administers", "")
		for _, what := range []string{"resend", "revoke"} {
			operator.ask(http.MethodPost, "/invitations/"+made.ID+"/"+what, map[string]any{}).Refused(t, 403, "administers", "")
		}
		if now := owner.state(made.User); now != state || owner.granted(made.User) != 1 {
			t.Errorf("the account was %s and is %s with %d roles", state, now, owner.granted(made.User))
		}
	}
	refused()
	owner.ask(http.MethodPost, "/users/"+made.User+"/block", map[string]any{"reason": "a test"}).Into(t, 204, nil)
	refused()
	if again := owner.invite(email, nil); owner.state(again.User) != "invited" {
		t.Errorf("its owner cannot invite the account again: it is %s", owner.state(again.User))
	}
}

func TestKeepingOutTakesARecentFactor(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	made := i.invite(someone(), nil)
	i.by = i.system.OperatorSince(t, administrator.Operator, i.slug, 0, "pwd")
	i.ask(http.MethodPost, "/invitations/"+made.ID+"/revoke", map[string]any{}).Refused(t, 403, "second_factor_required", "")
	i.ask(http.MethodPost, "/users/"+made.User+"/block", map[string]any{"reason": "a test"}).Refused(t, 403, "second_factor_required", "")
	if state := i.state(made.User); state != "invited" {
		t.Errorf("the account is %s", state)
	}
}

func TestDemandingLessTakesARecentFactor(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	hour, day := 3600, 86400
	strict := func(d *demands) {
		d.MinPassword, d.RequireMfa, d.Registration, d.Providers, d.SessionIdle, d.SessionAbsolute = 20, true, "invited", []string{"acme"}, &hour, &hour
	}
	b.demand(strict)
	b.owner = b.system.OperatorSince(t, administrator.Owner, b.slug, 0, "pwd")
	for name, loosen := range map[string]func(*demands){
		"a factor":            func(d *demands) { d.RequireMfa = false },
		"a password":          func(d *demands) { d.MinPassword = 12 },
		"registration":        func(d *demands) { d.Registration = "open" },
		"another provider":    func(d *demands) { d.Providers = []string{"acme", "other"} },
		"all providers":       func(d *demands) { d.Providers = nil },
		"a longer session":    func(d *demands) { d.SessionAbsolute = &day },
		"no end of a session": func(d *demands) { d.SessionIdle = nil },
	} {
		d := b.settings().Demands
		loosen(&d)
		if a := b.edit(map[string]any{"demands": d}); a.Status != 403 || a.Problem().Code != "second_factor_required" {
			t.Errorf("%s: %s", name, a)
		}
	}
	// Nothing is asked for what is as strict, or stricter.
	b.demand(func(d *demands) { d.MinPassword, d.Providers = 24, []string{} })
	b.edit(map[string]any{"name": "Another name"}).Into(t, 200, &struct{}{})
}

// A role is given by an address. Whoever operates a tenant can say of any address that
// it is proved, with a password of theirs behind it.
func TestUnprovedAccountsGetNoRole(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	owner := i.system.Operator(t, administrator.Owner, i.slug)
	give := func(account, code string) {
		t.Helper()
		answer := owner.Ask(http.MethodPut, "/tenants/"+i.slug+"/administrators", map[string]any{"account": account, "role": "owner"})
		if code == "" {
			answer.Into(t, 200, &administers{})
			return
		}
		answer.Refused(t, 409, code, "account")
	}
	unproved, imported, edited := someone(), someone(), someone()
	i.system.AddUserTo(t, i.slug, unproved, "Ada", password)
	give(unproved, "account_unproved")

	i.takeIn("csv", "email,name,email_verified,password_hash\r\n"+imported+",Ada,true,"+
		"$2a$04$zVHmKQtGGQob.b/Nc7l9NO8UlrYcW05FiuCj/SxsFO/ZtiN9.mNzy\r\n", nil)
	give(imported, "account_unproved")

	i.system.AddUserTo(t, i.slug, "of-"+edited, "Ada", password)
	i.system.VerifyEmail(t, "of-"+edited)
	var p asPerson
	at := "/users/" + i.idOf("of-"+edited)
	i.ask(http.MethodGet, at, nil).Into(t, 200, &p)
	i.ask(http.MethodPatch, at, map[string]any{"version": p.Version, "email": edited, "verified": true}).Into(t, 200, &p)
	give(edited, "account_unproved")

	// Whoever reads the mail shows it.
	i.ask(http.MethodPost, at+"/recovery", map[string]any{}).Into(t, 204, nil)
	choose(harness.NewVisitor(t).Open(i.system.AwaitMail(t, edited, 1).Link()), newPassword)
	give(edited, "")

	i.system.VerifyEmail(t, unproved)
	i.system.DisableUser(t, unproved)
	give(unproved, "account_blocked")
}

func (i inviting) idOf(email string) (id string) {
	i.t.Helper()
	if err := i.system.Database(i.t).NewRaw("SELECT id FROM users WHERE email_key = ?", email).Scan(i.t.Context(), &id); err != nil {
		i.t.Fatal(err)
	}
	return id
}
