package integration_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// passwordOf is the password of the one with that number.
func passwordOf(i int) string { return newPassword + " " + strconv.Itoa(i) }

const shownForRecovery = `proof.shown {"purpose":"recover"}`

func TestRecoveryIsAskedForAndSentAgainOnce(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	form := j.visitor.Open(j.app.Start()).Submit(nil, "action=recover")
	n, _ := post(t, form, map[string][]string{"email": {j.email}})
	n.among(t, "200", "429 too_many_requests")
	j.happened("proof.sent")
	j.mailed(1)

	// Ten mails may be asked for from one address: the form above has asked for them.
	j = begin(t, nil)
	page := j.forgot(j.visitor, j.email)
	j.system.AwaitMail(t, j.email, 1)
	j.system.AgeProofs(t, j.email, resendWait)
	n, _ = post(t, page, map[string][]string{"action": {"resend"}})
	n.among(t, "303", "429 too_many_requests")
	if sent := j.times("proof.sent"); sent != 2 {
		t.Errorf("%d codes were sent", sent)
	}
	j.mailed(2)
}

// sentAgain is "send another code" of a registration with that address at once. It
// returns the page, and the one more mail that came of it.
func (j journey) sentAgain(email string) (*harness.Page, harness.Mail) {
	j.t.Helper()
	page := j.apply(j.visitor, email)
	j.system.AwaitMail(j.t, email, 1)
	j.system.AgeProofs(j.t, email, resendWait)
	n, _ := post(j.t, page, map[string][]string{"action": {"resend"}})
	n.among(j.t, "303", "429 too_many_requests")
	if n["303"] == 0 {
		j.t.Errorf("answers are %v", n)
	}
	return page, j.system.AwaitMail(j.t, email, 2)
}

func TestRegistrationIsSentAgainOnce(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	email := someone()
	page, second := j.sentAgain(email)
	// A third mail's code would have been the one that counts.
	j.arrived(enter(page, second.Code()), email)
	j.email = email
	j.mailed(2)

	// A known address is written to as often.
	j = begin(t, nil)
	j.sentAgain(j.email)
	if sent := j.times("proof.sent"); sent != 2 {
		t.Errorf("%d mails were sent", sent)
	}
	j.mailed(2)
}

func TestRecoveryLinkCountsOnce(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	j.forgot(j.visitor, j.email)
	page := j.visitor.Open(j.system.AwaitMail(t, j.email, 1).Link())
	n, answers := post(t, page, nil)
	n.among(t, "200")
	if place := toOnePlace(t, answers); !strings.HasPrefix(place, "/login/recover/password?") {
		t.Errorf("the link leads to %s", place)
	}
	j.happened(shownForRecovery)
}

// Everybody chooses another password: one of them counts, and signs one browser in.
func TestPasswordIsRecoveredOnce(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	page := j.forgot(j.visitor, j.email)
	n, answers := post(t, page, code(j.system.AwaitMail(t, j.email, 1).Code()))
	n.among(t, "200")
	toOnePlace(t, answers)
	j.happened(shownForRecovery)

	page = j.crowded(j.atNewPassword(j.visitor.Open(page.URL.String())))
	n, answers = postEach(t, func(i int) (*harness.Page, map[string][]string) {
		return page, map[string][]string{"password": {passwordOf(i)}}
	})
	n.among(t, "200", "429 too_many_requests", "503 overloaded")
	var counted []int
	for i, answer := range answers {
		if answer.Next() != "" && !strings.HasPrefix(answer.Next(), "/login?flow=") {
			counted = append(counted, i)
		}
	}
	if len(counted) != 1 {
		t.Fatalf("the passwords %v were set: %v", counted, n)
	}
	j.happened("password.changed")
	j.oneSession(1)
	j.mailed(2)
	j.app.Arrive(t, j.visitor.Open(answers[counted[0]].Next()))
	other := harness.NewVisitor(t).Open(j.app.Start())
	j.app.Arrive(t, other.Submit(map[string][]string{"email": {j.email}, "password": {passwordOf(counted[0])}}, ""))
}
