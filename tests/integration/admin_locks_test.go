package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/tests/harness"
)

// waiting is a request that something is in the way of.
type waiting struct {
	t  *testing.T
	tx bun.Tx
}

// inTheWay takes a lock and asks for something that waits for it. meanwhile is then
// done by whoever has the lock, before it is let go.
func inTheWay(t *testing.T, system *harness.System, lock string, args []any, ask func() *harness.Answer, meanwhile func(w waiting)) *harness.Answer {
	t.Helper()
	db := system.Database(t)
	answers := make(chan *harness.Answer, 1)
	err := db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		w := waiting{t, tx}
		w.do("SET LOCAL lock_timeout = '2s'")
		w.do(lock, args...)
		go func() { answers <- ask() }()
		if err := harness.AwaitWaiter(ctx, tx, func() bool { return len(answers) > 0 }); err != nil {
			return err
		}
		if len(answers) > 0 {
			return fmt.Errorf("it did not wait: %s", <-answers)
		}
		meanwhile(w)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case answer := <-answers:
		return answer
	case <-time.After(20 * time.Second):
		t.Fatal("the request has no answer")
		return nil
	}
}

func (w waiting) do(statement string, args ...any) {
	w.t.Helper()
	if _, err := w.tx.NewRaw(statement, args...).Exec(w.t.Context()); err != nil {
		w.t.Errorf("%s: %v", statement, err)
	}
}

const lockOfAdministrators = "SELECT pg_advisory_xact_lock(hashtext('administrators'))"

// Two who take each other's role away at once must not both succeed, and neither may
// somebody who has lost theirs while they waited.
func TestRoleThatWasTakenAwayMeanwhileCountsNoMore(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	slug := "lost-" + word()
	system.AddTenant(t, slug)
	for name, ask := range map[string]func(o *harness.Operator, target string) *harness.Answer{
		"give": func(o *harness.Operator, target string) *harness.Answer {
			return o.Ask(http.MethodPut, "/tenants/"+slug+"/administrators", map[string]any{"account": target, "role": "viewer"})
		},
		"block": func(o *harness.Operator, target string) *harness.Answer {
			return o.Ask(http.MethodPost, "/tenants/default/users/"+target+"/block", map[string]any{"reason": "a test"})
		},
		"delete": func(o *harness.Operator, target string) *harness.Answer {
			return o.Ask(http.MethodPost, "/tenants/default/users/"+target+"/delete", map[string]any{"reason": "a test"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, target := system.Operator(t, administrator.Owner, ""), system.Operator(t, administrator.Owner, slug)
			answer := inTheWay(t, system, lockOfAdministrators, nil, func() *harness.Answer { return ask(o, target.User.ID.String()) }, func(w waiting) {
				w.do("DELETE FROM administrators WHERE user_id = ?", o.User.ID)
			})
			answer.Refused(t, 403, "forbidden", "")
			if me := target.Ask(http.MethodGet, "/me", nil); me.Status != 200 {
				t.Errorf("it was done: %s", me)
			}
		})
	}
}

// All who lock several things do so in one order: administrators, roles, accounts,
// invitations. Whoever waits for one of them has none of those that come after it.
func TestLocksAreTakenInOneOrder(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Owner)
	email := someone()
	i.system.AddUserTo(t, i.slug, email, "Ada", password)
	user := i.idOf(email)
	guest, late := i.invite(someone(), nil), i.invite(someone(), nil)
	i.system.AgeInvitations(t, guest.Email, 2*time.Minute)
	i.system.AgeInvitations(t, late.Email, 2*time.Minute)
	var p asPerson
	i.ask(http.MethodGet, "/users/"+user, nil).Into(t, 200, &p)
	const role = "SELECT FROM tenant_roles WHERE tenant_id = (SELECT id FROM tenants WHERE slug = ?) AND name = 'editor' FOR UPDATE"
	const account, invitation = "SELECT FROM users WHERE id = ? FOR UPDATE", "SELECT FROM invitations WHERE id = ? FOR UPDATE"
	for name, c := range map[string]struct {
		first  string
		of     []any
		ask    func() *harness.Answer
		second string
		id     string
	}{
		"an account is given a role": {role, []any{i.slug}, func() *harness.Answer {
			return i.ask(http.MethodPatch, "/users/"+user, map[string]any{"version": p.Version, "roles": []string{"editor"}})
		}, account, user},
		"an account is blocked": {lockOfAdministrators, nil, func() *harness.Answer {
			return i.ask(http.MethodPost, "/users/"+user+"/block", map[string]any{"reason": "a test"})
		}, account, user},
		"somebody is invited again": {lockOfAdministrators, nil, func() *harness.Answer {
			return i.ask(http.MethodPost, "/invitations", map[string]any{"email": guest.Email, "administer": "viewer"})
		}, account, guest.User},
		"a link is sent again": {account, []any{late.User}, func() *harness.Answer {
			return i.ask(http.MethodPost, "/invitations/"+late.ID+"/resend", map[string]any{})
		}, invitation, late.ID},
	} {
		answer := inTheWay(t, i.system, c.first, c.of, c.ask, func(w waiting) { w.do(c.second, c.id) })
		if answer.Status >= 500 {
			t.Errorf("%s: %s", name, answer)
		}
	}
}
