package integration_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

func TestAccountIsLeftOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.callAtOnce(http.MethodDelete, "", same(map[string]string{"email": r.email})).among(t, "200", "401 unauthenticated")
	r.happened("user.leaving", "session.ended")
	r.mailed(1)
	if n := r.system.LivingSessions(t, r.email); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestPasswordOfTheAccountIsChangedOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	crowd := r.system.Crowded(t, r.visitor)
	statuses := make([]int, together)
	n := tally{}
	for i, answer := range atOnce(t, func(i int) (*harness.Answer, error) {
		return crowd.TryCall(http.MethodPut, r.at("/api/account/password"),
			map[string]any{"current": password, "password": passwordOf(i), "endOthers": false})
	}) {
		statuses[i] = answer.Status
		n.add(answer.Status, answer.Problem().Code)
	}
	n.once(t, "204", "422 wrong_password", "429 too_many_requests", "503 overloaded")
	r.happened("password.changed")
	r.mailed(1)
	page := harness.NewVisitor(t).Open(r.at("/account/sign-in"))
	fields := map[string][]string{"email": {r.email}, "password": {passwordOf(slices.Index(statuses, 204))}}
	if page = page.Submit(fields, ""); page.URL.Path != "/account/" {
		t.Errorf("the password that was set leads to %s (%d): %s", page.URL, page.Status, page.Text())
	}
}

func TestPasswordOfTheAccountIsRemovedOnce(t *testing.T) {
	t.Parallel()
	k := atKeys(t)
	k.add("One")
	k.mailed(1)
	k.callAtOnce(http.MethodDelete, "/password", same(nil)).among(t, "204")
	k.happened("password.removed")
	k.mailed(2)
}

func TestSignInIsDisownedOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	event := map[string]string{"event": r.history()[0].ID}
	r.callAtOnce(http.MethodPost, "/history/not-me", same(event)).among(t, "200", "401 unauthenticated")
	r.happened("login.disowned")
	r.mailed(1)
}

func TestAnotherSessionIsEndedOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	other := resident{r.journey}
	other.visitor = harness.NewVisitor(t)
	other.enter(other.visitor)
	r.callAtOnce(http.MethodDelete, "/sessions/"+other.overview().Session.ID, same(nil)).among(t, "204")
	r.happened("session.ended")
}

func TestLinkOfANewEmailCountsOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	former, fresh := r.email, someone()
	r.callAtOnce(http.MethodPost, "/email", same(map[string]string{"email": fresh})).once(t, "202", "429 too_many_requests")
	r.happened("proof.sent")
	n, answers := post(t, r.visitor.Open(r.system.AwaitMail(t, fresh, 1).Link()), nil)
	n.among(t, "200")
	if place := toOnePlace(t, answers); place != "/account/" {
		t.Errorf("the link leads to %s", place)
	}
	r.mailed(1)
	r.email = fresh
	r.happened("email.changed")
	r.mailed(1)
	if n := r.system.CountUsers(t, former); n != 0 {
		t.Errorf("%d accounts have the former address", n)
	}
}

func TestPasskeyIsAddedAndRemovedOnce(t *testing.T) {
	t.Parallel()
	k := atKeys(t)
	body := map[string]any{"name": "One", "credential": k.device.Register(k.ask())}
	k.callAtOnce(http.MethodPost, "/passkeys", same(body)).once(t, "201", "422 passkey_expired", "429 too_many_requests")
	k.happened("passkey.added")
	k.mailed(1)
	all := k.list()
	if o := k.overview(); len(all) != 1 || o.Codes.Left != 10 {
		t.Fatalf("%d passkeys, %d recovery codes", len(all), o.Codes.Left)
	}
	k.callAtOnce(http.MethodPost, "/recovery-codes/kept", same(nil)).among(t, "204")
	k.happened("recovery_codes.kept")
	k.callAtOnce(http.MethodDelete, "/passkeys/"+all[0].ID, same(nil)).once(t, "204", "404 not_found")
	k.happened("passkey.removed")
	k.mailed(2)
}

func TestAppIsRemovedOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.system.EnrolPhone(t, r.email)
	r.callAtOnce(http.MethodDelete, "/totp", same(nil)).among(t, "204")
	r.happened("factor.removed")
	r.mailed(1)
}

func TestIdentityIsLinkedAndUnlinkedOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.system.VerifyEmail(t, r.email)
	answer := r.answerOfAcme(visiting(t))
	linked := 0
	for _, page := range atOnce(t, func(int) (*harness.Page, error) { return r.visitor.TryOpen(answer) }) {
		if page.URL.Path != "/account/security" || page.URL.RawQuery != "" && page.URL.RawQuery != "linked=acme" {
			t.Errorf("an answer leads to %s (%d)", page.URL, page.Status)
		}
		linked += strings.Count(page.URL.RawQuery, "linked=acme")
	}
	if n := len(r.links().Identities); n != 1 || linked != 1 {
		t.Errorf("%d identities; so said %d answers", n, linked)
	}
	r.happened("identity.linked")
	r.mailed(1)
	r.callAtOnce(http.MethodDelete, "/identities/acme", same(nil)).once(t, "204", "404 not_found")
	r.happened("identity.unlinked")
}
