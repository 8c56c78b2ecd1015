package integration_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// Whoever may change the address of an account recovers it by mail, and has what it
// administers. So nobody may who has no more than that.
func TestNobodyTakesOverWhoAdministersAsMuch(t *testing.T) {
	t.Parallel()
	system, elsewhere := harness.Run(t), "of-"+word()
	system.AddTenant(t, elsewhere)
	type reach struct {
		role administrator.Role
		slug string
	}
	here := tenant.Default
	none, viewer, operator, owner := administrator.None, administrator.Viewer, administrator.Operator, administrator.Owner
	for _, c := range []struct {
		caller, target reach
		may            bool
	}{
		{reach{operator, here}, reach{none, ""}, true},
		{reach{operator, here}, reach{viewer, here}, true},
		{reach{operator, here}, reach{operator, here}, false},
		{reach{operator, here}, reach{owner, here}, false},
		{reach{operator, here}, reach{viewer, ""}, false},
		{reach{operator, here}, reach{owner, ""}, false},
		{reach{operator, here}, reach{viewer, elsewhere}, false},
		{reach{owner, here}, reach{operator, here}, true},
		{reach{owner, here}, reach{owner, here}, true},
		{reach{owner, here}, reach{viewer, elsewhere}, false},
		{reach{owner, here}, reach{viewer, ""}, false},
		{reach{owner, here}, reach{owner, ""}, false},
		{reach{operator, ""}, reach{owner, elsewhere}, false},
		{reach{operator, ""}, reach{viewer, elsewhere}, true},
		{reach{operator, ""}, reach{operator, ""}, false},
		{reach{owner, ""}, reach{owner, elsewhere}, true},
		{reach{owner, ""}, reach{owner, ""}, true},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			o := office{system.Operator(t, c.caller.role, c.caller.slug), t, system, here}
			target := system.Operator(t, c.target.role, c.target.slug)
			id := target.User.ID.String()
			shown := o.read(id)
			if shown.Protected == c.may {
				t.Errorf("it is shown as protected: %v", shown.Protected)
			}
			readdress := func(change map[string]any) *harness.Answer {
				change["version"] = o.read(id).Version
				return o.Ask(http.MethodPatch, o.users("/"+id), change)
			}
			for what, answer := range map[string]func() *harness.Answer{
				"email":    func() *harness.Answer { return readdress(map[string]any{"email": someone()}) },
				"verified": func() *harness.Answer { return readdress(map[string]any{"verified": false}) },
			} {
				if a := answer(); c.may != (a.Status == 200) || !c.may && a.Problem().Code != "administers" {
					t.Errorf("%s: %s", what, a)
				}
			}
			for _, what := range []string{"sessions/end", "factors/reset", "revoke", "block", "unblock", "delete", "restore"} {
				if a := o.do(id, what); c.may != (a.Status == 204) || !c.may && a.Problem().Code != "administers" {
					t.Errorf("%s: %s", what, a)
				}
			}
			// What gives nobody anything stays possible.
			if a := readdress(map[string]any{"name": "Another Name"}); a.Status != 200 {
				t.Errorf("name: %s", a)
			}
		})
	}
}

func TestProgramIsAnOperatorOfItsTenant(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	program := system.Program(t, tenant.Default, nil, "authway.users.read", "authway.users.write")
	for _, c := range []struct {
		role administrator.Role
		slug string
		may  bool
	}{
		{administrator.None, "", true}, {administrator.Viewer, tenant.Default, true},
		{administrator.Operator, tenant.Default, false}, {administrator.Viewer, "", false},
	} {
		target := system.Operator(t, c.role, c.slug)
		a := program.Ask(t, http.MethodPost, "/tenants/default/users/"+target.User.ID.String()+"/block", `{"reason":"a test"}`)
		if c.may != (a.Status == 204) || !c.may && a.Problem().Code != "administers" {
			t.Errorf("%s of %q: %s", c.role, c.slug, a)
		}
	}
}

// A session that was left open must not be enough to give its account away.
func TestNobodyDoesItToThemselves(t *testing.T) {
	t.Parallel()
	o := beginOffice(t, administrator.Owner)
	id := o.User.ID.String()
	p := o.read(id)
	if !p.Self || p.Protected {
		t.Errorf("one's own is shown as %+v", p)
	}
	for _, change := range []map[string]any{{"email": someone()}, {"verified": false}} {
		change["version"] = p.Version
		o.Ask(http.MethodPatch, o.users("/"+id), change).Refused(t, 403, "own_account", "")
	}
	for _, what := range []string{"block", "delete", "factors/reset"} {
		o.do(id, what).Refused(t, 403, "own_account", "")
	}
	if p := o.read(id); p.State != "active" {
		t.Errorf("it has become %+v", p)
	}
	o.done(o.do(id, "sessions/end"))
	o.Ask(http.MethodGet, "/me", nil).Refused(t, 401, "unauthenticated", "")
}
