package integration_test

import (
	"net/http"
	"testing"

	"github.com/authway/authway/tests/harness"
)

const (
	endSessions    = "UPDATE sessions SET ended_at = now() WHERE user_id = ?"
	revokePassword = "UPDATE credentials SET revoked_at = now() WHERE user_id = ? AND kind = 'password'"
	blockAccount   = "UPDATE users SET disabled_at = now() WHERE id = ?"
)

// Somebody who knows the password signs in while its owner takes everything back: what
// begins a moment later would be no session that has ended.
func TestSignInThatIsUnderWayEndsWithWhatItRestsOn(t *testing.T) {
	t.Parallel()
	for statement, alert := range map[string]string{revokePassword: "password_revoked", blockAccount: "account_disabled"} {
		j := begin(t, nil)
		form := j.visitor.Open(j.app.Start())
		held := j.system.Hold(t, j.email)
		answer := make(chan *harness.Page, 1)
		go func() {
			page, err := form.TryOnce(map[string][]string{"email": {j.email}, "password": {password}})
			if err != nil {
				t.Error(err)
			}
			answer <- page
		}()
		held.AwaitWaiting()
		held.Release(statement)
		says(t, <-answer, http.StatusForbidden, alert)
		if n := j.system.LivingSessions(t, j.email); n != 0 {
			t.Errorf("%s: %d sessions", alert, n)
		}
	}
}

// What somebody has under way in an account of which they are put out must not come after
// that.
func TestChangeThatIsUnderWayEndsWithItsSession(t *testing.T) {
	t.Parallel()
	change := map[string]any{"current": password, "password": newPassword, "endOthers": false}
	for name, c := range map[string]struct {
		method, path string
		body         any
		meanwhile    string
		status       int
		code, field  string
	}{
		"another password":               {http.MethodPut, "/password", change, endSessions, 401, "unauthenticated", ""},
		"another password, of a revoked": {http.MethodPut, "/password", change, revokePassword, 403, "password_revoked", "current"},
		"another password, when blocked": {http.MethodPut, "/password", change, blockAccount, 401, "unauthenticated", ""},
		"no password":                    {http.MethodDelete, "/password", nil, endSessions, 401, "unauthenticated", ""},
		"other recovery codes":           {http.MethodPost, "/recovery-codes", nil, endSessions, 401, "unauthenticated", ""},
		"no app":                         {http.MethodDelete, "/totp", nil, endSessions, 401, "unauthenticated", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := atHome(t)
			before, held := r.system.PasswordHash(t, r.email), r.system.Hold(t, r.email)
			answer := make(chan *harness.Answer, 1)
			go func() {
				got, err := r.visitor.TryCall(c.method, r.at("/api/account"+c.path), c.body)
				if err != nil {
					t.Error(err)
				}
				answer <- got
			}()
			held.AwaitWaiting()
			held.Release(c.meanwhile)
			(<-answer).Refused(t, c.status, c.code, c.field)
			if now := r.system.PasswordHash(t, r.email); now != before {
				t.Error("the password is another one")
			}
		})
	}
}
