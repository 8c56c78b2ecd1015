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

// invited is an invitation as the API shows it.
type invited struct {
	ID, User, Email, Name, Administers string
	Roles                              []string
	Sends                              int
	ExpiresAt                          time.Time
}

// inviting is an operator of a tenant of its own.
type inviting struct {
	t      *testing.T
	system *harness.System
	slug   string
	by     *harness.Operator
}

func beginInviting(t *testing.T, role administrator.Role) inviting {
	t.Helper()
	system := harness.Run(t)
	slug := "in-" + strings.Split(someone(), "@")[0]
	system.AddTenant(t, slug)
	system.AddRoles(t, slug, "editor", "reader")
	return inviting{t, system, slug, system.Operator(t, role, slug)}
}

func (i inviting) ask(method, path string, body any) *harness.Answer {
	i.t.Helper()
	return i.by.Ask(method, "/tenants/"+i.slug+path, body)
}

func (i inviting) invite(email string, more map[string]any) (made invited) {
	i.t.Helper()
	body := map[string]any{"email": email, "name": "Ada Lovelace", "reason": "She starts on Monday"}
	for name, value := range more {
		body[name] = value
	}
	i.ask(http.MethodPost, "/invitations", body).Into(i.t, 201, &made)
	return made
}

func (i inviting) pending() (emails []string) {
	i.t.Helper()
	var list struct{ Items []invited }
	i.ask(http.MethodGet, "/invitations", nil).Into(i.t, 200, &list)
	for _, item := range list.Items {
		emails = append(emails, item.Email)
	}
	return emails
}

// atSignIn fails the test unless the page is the tenant's sign-in, and signs in there.
func (i inviting) signsIn(page *harness.Page, email, secret string) *harness.Page {
	i.t.Helper()
	if page.URL.Path != "/login" || page.Status != 200 {
		i.t.Fatalf("this is not the sign-in but %s (%d) with %q: %s", page.URL, page.Status, page.Alert(), page.Text())
	}
	return page.Submit(map[string][]string{"email": {email}, "password": {secret}}, "")
}

func TestInvitationLeadsToASignIn(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	email := someone()
	made := i.invite(email, map[string]any{"roles": []string{"editor"}, "locale": "en"})
	if made.Email != email || !slices.Equal(made.Roles, []string{"editor"}) || made.Sends != 1 || !slices.Contains(i.pending(), email) {
		t.Errorf("made %+v, pending %v", made, i.pending())
	}
	mail := i.system.AwaitMail(t, email, 1)
	if !strings.Contains(mail.Text, i.slug) || strings.Contains(mail.Text, i.by.User.Name) || strings.Contains(mail.Text, i.by.User.Email) {
		t.Errorf("the mail names who invites, or not the tenant: %s", mail.Text)
	}
	// A scanner of mail opens every link, and more than once.
	scanner, visitor := harness.NewVisitor(t), harness.NewVisitor(t)
	for range 3 {
		if page := scanner.Open(mail.Link()); page.Status != 200 || page.URL.Path != "/login/invited" {
			t.Fatalf("at %s (%d) with %q", page.URL, page.Status, page.Alert())
		}
	}
	page := visitor.Open(mail.Link())
	if fields := page.Fields(); fields.Get("username") != email || strings.Contains(page.Body, `name="name"`) {
		t.Errorf("the form holds %v", fields)
	}
	for secret, alert := range map[string]string{"": "password_required", "short": "password_short", "ada.lovelace": "password_is_personal"} {
		says(t, choose(page, secret), 422, alert)
	}
	i.signsIn(choose(page, newPassword), email, newPassword)
	says(t, visitor.Open(mail.Link()), 410, "invitation_over")
	says(t, choose(page, "another long password"), 410, "invitation_over")
	if slices.Contains(i.pending(), email) {
		t.Error("an accepted invitation is still pending")
	}
	me := visitor.Call(http.MethodGet, i.system.Endpoints.URL+"/api/account", nil)
	if me.Status != 200 || !strings.Contains(string(me.Body), email) || !strings.Contains(string(me.Body), `"emailVerified":true`) {
		t.Errorf("the account is %s", me)
	}
	recorded := i.system.RecordedOf(t, made.User)
	for _, action := range []string{"user.invited", "invitation.accepted", "login.succeeded"} {
		if !slices.ContainsFunc(recorded, func(event string) bool { return strings.HasPrefix(event, action) }) {
			t.Errorf("%s is not recorded: %v", action, recorded)
		}
	}
}

func TestInvitationThatIsOver(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	late, revoked, again, blocked := someone(), someone(), someone(), someone()
	made := map[string]invited{}
	links := map[string]string{}
	for _, email := range []string{late, revoked, again, blocked} {
		made[email] = i.invite(email, nil)
		links[email] = i.system.AwaitMail(t, email, 1).Link()
	}
	visitor := harness.NewVisitor(t)

	i.system.AgeInvitations(t, late, 8*24*time.Hour)
	says(t, visitor.Open(links[late]), 410, "invitation_over")

	i.ask(http.MethodPost, "/invitations/"+made[revoked].ID+"/revoke", map[string]any{}).Into(t, 204, nil)
	says(t, visitor.Open(links[revoked]), 410, "invitation_over")
	i.ask(http.MethodPost, "/invitations/"+made[revoked].ID+"/revoke", map[string]any{}).Refused(t, 404, "not_found", "")
	// Nor does the sign-in page's own recovery bring them in: the account is blocked.
	if state := i.state(made[revoked].User); state != "blocked" {
		t.Errorf("the account of a revoked invitation is %s", state)
	}
	if renewed := i.invite(revoked, nil); renewed.User != made[revoked].User || i.state(renewed.User) != "invited" {
		t.Errorf("invited once more, the account is %s and %s", renewed.User, i.state(renewed.User))
	}

	i.ask(http.MethodPost, "/invitations/"+made[again].ID+"/resend", map[string]any{}).Refused(t, 429, "sent_recently", "")
	i.system.AgeInvitations(t, again, 2*time.Minute)
	var resent invited
	i.ask(http.MethodPost, "/invitations/"+made[again].ID+"/resend", map[string]any{}).Into(t, 200, &resent)
	if resent.Sends != 2 {
		t.Errorf("it was sent %d times", resent.Sends)
	}
	says(t, visitor.Open(links[again]), 410, "invitation_over")
	i.signsIn(choose(visitor.Open(i.system.AwaitMail(t, again, 2).Link()), newPassword), again, newPassword)

	i.system.DisableUser(t, blocked)
	says(t, visitor.Open(links[blocked]), 403, "account_disabled")
	says(t, visitor.Open(i.system.Endpoints.URL+"/login/invited?token=made-up"), 410, "invitation_over")
	says(t, visitor.Open(i.system.Endpoints.URL+"/login/invited"), 410, "invitation_over")
}

// state is what the account's state is in the database's eyes.
func (i inviting) state(user string) (state string) {
	i.t.Helper()
	err := i.system.Database(i.t).NewRaw("SELECT CASE WHEN disabled_at IS NOT NULL THEN 'blocked' WHEN invited_at IS NOT NULL THEN 'invited' ELSE 'entered' END "+
		"FROM users WHERE id = ?", user).Scan(i.t.Context(), &state)
	if err != nil {
		i.t.Fatal(err)
	}
	return state
}

func TestInvitationOfSomebodyKnown(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	known, twice := someone(), someone()
	i.system.AddUserTo(t, i.slug, known, "Ada", password)
	i.ask(http.MethodPost, "/invitations", map[string]any{"email": known}).Refused(t, 409, "email_taken", "email")
	i.ask(http.MethodPost, "/invitations", map[string]any{"email": "nobody"}).Refused(t, 422, "email_invalid", "email")
	i.ask(http.MethodPost, "/invitations", map[string]any{"email": someone(), "roles": []string{"king"}}).Refused(t, 422, "role_unknown", "roles")
	first := i.invite(twice, nil)
	i.ask(http.MethodPost, "/invitations", map[string]any{"email": twice}).Refused(t, 429, "sent_recently", "")
	i.system.AgeInvitations(t, twice, 2*time.Minute)
	if second := i.invite(twice, map[string]any{"name": "Countess"}); second.User != first.User || second.ID == first.ID || second.Name != "Countess" {
		t.Errorf("invited twice: %+v, then %+v", first, second)
	}
	if pending := i.pending(); len(pending) != 1 {
		t.Errorf("pending are %v", pending)
	}
	// Whoever has no name yet says it.
	nameless := someone()
	i.invite(nameless, map[string]any{"name": ""})
	page := harness.NewVisitor(t).Open(i.system.AwaitMail(t, nameless, 1).Link())
	says(t, choose(page, newPassword), 422, "name_required")
	i.signsIn(page.Submit(map[string][]string{"password": {newPassword}, "name": {"Grace"}}, ""), nameless, newPassword)
}

func TestOnlyOwnersInviteAdministrators(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	body := map[string]any{"email": someone(), "administer": "viewer"}
	i.ask(http.MethodPost, "/invitations", body).Refused(t, 403, "forbidden", "")
	i.by = i.system.OperatorSince(t, administrator.Owner, i.slug, 0, "pwd")
	i.ask(http.MethodPost, "/invitations", body).Refused(t, 403, "second_factor_required", "")
	i.by = i.system.Operator(t, administrator.Owner, i.slug)
	var made invited
	i.ask(http.MethodPost, "/invitations", body).Into(t, 201, &made)
	if made.Administers != "viewer" {
		t.Errorf("made %+v", made)
	}
	var grants int
	if err := i.system.Database(t).NewRaw("SELECT count(*) FROM administrators WHERE user_id = ? AND role = 'viewer' AND of_tenant IS NOT NULL", made.User).
		Scan(t.Context(), &grants); err != nil || grants != 1 {
		t.Errorf("%d grants: %v", grants, err)
	}
}

func TestRecoveryByAnAdministrator(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"scope": "openid offline_access"})
	phone, _ := j.system.EnrolPhone(t, j.email)
	by := j.system.Operator(t, administrator.Operator, "default")
	page := j.signIn(j.visitor.Open(j.app.Start("scope", "openid offline_access")))
	arrived := j.app.Arrive(t, j.allow(page.Submit(map[string][]string{"code": {phone.Code()}}, "")))
	id := arrived.IDToken.Subject

	by.Ask(http.MethodPost, "/tenants/default/users/"+id+"/recovery", map[string]any{"reason": "She has lost her password"}).Into(t, 204, nil)
	by.Ask(http.MethodPost, "/tenants/default/users/"+id+"/recovery", map[string]any{}).Refused(t, 429, "sent_recently", "")
	stranger := beginInviting(t, administrator.Owner)
	stranger.ask(http.MethodPost, "/users/"+id+"/recovery", map[string]any{}).Refused(t, 404, "not_found", "")

	link := j.system.AwaitMail(t, j.email, 1).Link()
	if _, err := j.app.TryRefresh(t.Context(), arrived.Tokens); err != nil {
		t.Fatalf("the mail alone has ended something: %v", err)
	}
	elsewhere := harness.NewVisitor(t)
	page = choose(elsewhere.Open(link), newPassword)
	if page.URL.Path != "/login" {
		t.Fatalf("at %s (%d) with %q", page.URL, page.Status, page.Alert())
	}
	if n := j.system.LivingSessions(t, j.email); n != 0 {
		t.Errorf("%d sessions live on", n)
	}
	if _, err := j.app.TryRefresh(t.Context(), arrived.Tokens); err == nil {
		t.Error("an application can still refresh")
	}
	says(t, page.Submit(map[string][]string{"email": {j.email}, "password": {password}}, ""), 422, "wrong_credentials")
	if page = page.Submit(map[string][]string{"email": {j.email}, "password": {newPassword}}, ""); page.URL.Path != "/login/factor" {
		t.Errorf("no second factor is asked for: at %s", page.URL)
	}
	says(t, elsewhere.Open(link), 410, "invitation_over")
	if mail := j.system.AwaitMail(t, j.email, 2); !strings.Contains(mail.Subject, "password was changed") {
		t.Errorf("the person is told %q", mail.Subject)
	}
}

// administratorsRecovery is the page behind the link that an administrator has had
// mailed to the person.
func (j journey) administratorsRecovery() *harness.Page {
	j.t.Helper()
	var id string
	if err := j.system.Database(j.t).NewRaw("SELECT id FROM users WHERE email = ?", j.email).Scan(j.t.Context(), &id); err != nil {
		j.t.Fatal(err)
	}
	by := j.system.Operator(j.t, administrator.Operator, "default")
	by.Ask(http.MethodPost, "/tenants/default/users/"+id+"/recovery", map[string]any{"reason": "She asked"}).Into(j.t, 204, nil)
	return harness.NewVisitor(j.t).Open(j.system.AwaitMail(j.t, j.email, 1).Link())
}

// chosenAtOnce has a link's form sent with another password each time, and returns the
// one that counts.
func (j journey) chosenAtOnce(page *harness.Page) string {
	j.t.Helper()
	page = j.crowded(page)
	n, answers := postEach(j.t, func(i int) (*harness.Page, map[string][]string) {
		return page, map[string][]string{"password": {passwordOf(i)}}
	})
	n.once(j.t, "200", "410 invitation_over", "503 overloaded")
	return passwordOf(slices.IndexFunc(answers, func(p *harness.Page) bool { return p.Status == 200 }))
}

func TestInvitationIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	email := someone()
	i.invite(email, nil)
	invitee := journey{t: t, system: i.system, visitor: harness.NewVisitor(t), email: email}
	secret := invitee.chosenAtOnce(invitee.visitor.Open(i.system.AwaitMail(t, email, 1).Link()))
	invitee.happened("invitation.accepted")
	page := invitee.visitor.Open(i.system.Endpoints.URL + "/account/sign-in?tenant=" + i.slug)
	if page = i.signsIn(page, email, secret); page.URL.Path != "/account/" {
		t.Errorf("the password leads to %s (%d) with %q", page.URL, page.Status, page.Alert())
	}
}

func TestAdministratorsRecoveryCountsOnce(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	secret := j.chosenAtOnce(j.administratorsRecovery())
	j.happened("password.changed")
	j.mailed(2)
	j.app.Arrive(t, j.visitor.Open(j.app.Start()).Submit(map[string][]string{"email": {j.email}, "password": {secret}}, ""))
}
