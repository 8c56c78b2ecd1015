package integration_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/functions/login"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/tests/harness"
)

// atPassword fails the test unless the page says that the typed password is in
// the list, at its field.
func atPassword(t *testing.T, page *harness.Page) *harness.Page {
	t.Helper()
	says(t, page, 422, "password_breached")
	if field := page.View().Field; field != "password" {
		t.Errorf("the alert is about %q", field)
	}
	return page
}

func TestBreachedPasswordCannotBeRegistered(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	j.system.AwaitBreached(t)
	// With or without an account: the list is asked before the accounts are.
	for _, email := range []string{j.email, someone()} {
		page := harness.NewVisitor(t).Open(j.app.Start()).Submit(nil, "action=register")
		form := func(password string) map[string][]string {
			return map[string][]string{"name": {"Grace"}, "email": {email}, "password": {password}}
		}
		page = atPassword(t, page.Submit(form(harness.Breached), ""))
		// Typed in full-width letters it is the same password.
		page = atPassword(t, page.Submit(form("ｃ"+harness.Breached[1:]), ""))
		if page = page.Submit(form(newPassword), ""); page.URL.Path != "/login/verify" {
			t.Errorf("at %s: %s", page.URL, page.Text())
		}
	}
}

func TestBreachedPasswordCannotBeSetByRecovery(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	j.system.AwaitBreached(t)
	page := j.atNewPassword(enter(j.forgot(j.visitor, j.email), j.system.AwaitMail(t, j.email, 1).Code()))
	page = atPassword(t, choose(page, harness.Breached))
	j.arrived(choose(page, newPassword), j.email)
}

func TestBreachedPasswordCannotBeSetInTheAccount(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.system.AwaitBreached(t)
	set := func(fresh string) *harness.Answer {
		return r.call(http.MethodPut, "/password", map[string]any{"current": password, "password": fresh, "endOthers": false})
	}
	before := r.system.PasswordHash(t, r.email)
	// Typed in full-width letters it is the same password.
	for _, listed := range []string{harness.Breached, "ｃ" + harness.Breached[1:]} {
		set(listed).Refused(t, 422, "password_breached", "password")
	}
	if r.times("password.changed") != 0 || r.system.PasswordHash(t, r.email) != before {
		t.Error("the password was changed")
	}
	set(newPassword).Into(t, 204, nil)
}

func TestBreachedPasswordCannotBeChosenByAnInvitation(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	i.system.AwaitBreached(t)
	email := someone()
	made := i.invite(email, nil)
	page := harness.NewVisitor(t).Open(i.system.AwaitMail(t, email, 1).Link())
	page = atPassword(t, choose(page, harness.Breached))
	if state := i.state(made.User); state != "invited" {
		t.Errorf("the account is %s", state)
	}
	// What was refused has not used the link up.
	i.signsIn(choose(page, newPassword), email, newPassword)
}

func TestBreachedPasswordCannotBeSetByAnAdministratorsRecovery(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	j.system.AwaitBreached(t)
	page := j.administratorsRecovery()
	page = atPassword(t, choose(page, harness.Breached))
	if page = choose(page, newPassword); page.URL.Path != "/login" {
		t.Errorf("at %s (%d) with %q", page.URL, page.Status, page.Alert())
	}
}

// recoverFrom goes from a refused sign-in over recovery to the application.
func (j journey) recoverFrom(page *harness.Page) {
	j.t.Helper()
	page = page.Submit(nil, "action=recover")
	page = page.Submit(map[string][]string{"email": {j.email}}, "")
	page = j.atNewPassword(enter(page, j.system.AwaitMail(j.t, j.email, 1).Code()))
	j.arrived(choose(page, newPassword), j.email)
	again := harness.NewVisitor(j.t).Open(j.app.Start())
	j.arrived(again.Submit(map[string][]string{"email": {j.email}, "password": {newPassword}}, ""), j.email)
}

func (j journey) refusedFor(reason string) bool {
	j.t.Helper()
	return slices.ContainsFunc(j.system.Recorded(j.t, j.email), func(event string) bool {
		return strings.HasPrefix(event, "login.failed ") && strings.Contains(event, `"`+reason+`"`)
	})
}

// A password that came into a list after it was set, or with an import.
func TestBreachedPasswordSignsNobodyInAndLeadsToRecovery(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	j.system.AwaitBreached(t)
	j.email = someone()
	j.system.AddUser(t, j.email, "Grace Hopper", harness.Breached)
	page := j.visitor.Open(j.app.Start())
	says(t, page.Once(map[string][]string{"email": {j.email}, "password": {"another long guess"}}), 422, "wrong_credentials")
	page = page.Submit(map[string][]string{"email": {j.email}, "password": {harness.Breached}}, "")
	says(t, page, 403, "password_breached")
	if view := page.View(); view.Field != "" || view.Email != j.email {
		t.Errorf("the alert is about %q, the form holds %q", view.Field, view.Email)
	}
	if n := j.system.LivingSessions(t, j.email); n != 0 || !j.refusedFor("password_breached") {
		t.Errorf("%d sessions; recorded %v", n, j.system.Recorded(t, j.email))
	}
	j.recoverFrom(page)
}

func TestRevokedPasswordSignsNobodyInAndLeadsToRecovery(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	j.system.RevokePassword(t, j.email)
	page := j.visitor.Open(j.app.Start())
	says(t, page.Once(map[string][]string{"email": {j.email}, "password": {"another long guess"}}), 422, "wrong_credentials")
	page = j.signIn(page)
	says(t, page, 403, "password_revoked")
	if n := j.system.LivingSessions(t, j.email); n != 0 || !j.refusedFor("password_revoked") {
		t.Errorf("%d sessions; recorded %v", n, j.system.Recorded(t, j.email))
	}
	j.recoverFrom(page)
}

// A list that is not there, or does not answer, keeps nobody out.
func TestSignInWithoutAList(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	db := harness.NewDatabase(t)
	harness.AddUserIn(t, db, j.email, "Ada Lovelace", harness.Breached)
	var log bytes.Buffer
	address, stop := harness.StartFunctionLogging(t, login.Spec, db, &log, map[string]string{
		"AUTHWAY_URL": j.system.Endpoints.URL, "REDIS_URL": j.system.Endpoints.RedisURL, "HYDRA_ADMIN_URL": j.system.Endpoints.HydraAdminURL,
	})
	door := parse(t, address).Host
	signIn := func() *harness.Page {
		return harness.NewVisitor(t).Open(j.app.Start()).OnceAt(door, map[string][]string{"email": {j.email}, "password": {harness.Breached}})
	}
	if page := signIn(); page.Status != 200 || page.Next() == "" {
		t.Errorf("without a list: %d %q", page.Status, page.Alert())
	}
	filter, err := breached.Of([]string{harness.Breached})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := breached.Open(bytes.NewReader(filter))
	if err != nil {
		t.Fatal(err)
	}
	owner := db.Owner(t)
	if err := (breached.Store{DB: owner}).Load(t.Context(), opened, true, noon); err != nil {
		t.Fatal(err)
	}
	says(t, signIn(), 403, "password_breached")
	tx, err := owner.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "LOCK TABLE breached_blocks IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	if page := signIn(); page.Status != 200 || page.Next() == "" {
		t.Errorf("with a list that does not answer: %d %q", page.Status, page.Alert())
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	says(t, signIn(), 403, "password_breached")
	stop()
	if said := strings.Count(log.String(), "not looked up among the breached ones"); said != 2 {
		t.Errorf("the log says so %d times", said)
	}
}
