package integration_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

type me struct {
	Kind, ID, Home, System string
	RecentUntil            *time.Time
	Tenants                []struct{ Slug, Role string }
}

func TestAdministrationKnowsWhoAsks(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	slug := "of-" + strings.Split(someone(), "@")[0]
	system.AddTenant(t, slug)

	stranger := harness.NewVisitor(t)
	refused := stranger.Call(http.MethodGet, system.Endpoints.URL+"/api/admin/v1/me", nil)
	refused.Refused(t, 401, "unauthenticated", "")
	if !strings.Contains(string(refused.Body), "/account/sign-in?page=admin") {
		t.Errorf("a stranger is not told where to sign in: %s", refused.Body)
	}

	var nobody, one, all me
	system.Operator(t, administrator.None, "").Ask(http.MethodGet, "/me", nil).Into(t, 200, &nobody)
	if nobody.System != "" || len(nobody.Tenants) != 0 {
		t.Errorf("somebody without a role has %+v", nobody)
	}
	system.Operator(t, administrator.Operator, slug).Ask(http.MethodGet, "/me", nil).Into(t, 200, &one)
	if one.System != "" || len(one.Tenants) != 1 || one.Tenants[0].Slug != slug || one.Tenants[0].Role != "operator" {
		t.Errorf("an operator of %s has %+v", slug, one)
	}
	system.Operator(t, administrator.Viewer, "").Ask(http.MethodGet, "/me", nil).Into(t, 200, &all)
	if all.System != "viewer" || len(all.Tenants) < 2 || all.Tenants[0].Role != "viewer" {
		t.Errorf("a viewer of everything has %+v", all)
	}
	if all.RecentUntil == nil || all.RecentUntil.Before(time.Now()) {
		t.Errorf("a second factor of just now is not recent: %v", all.RecentUntil)
	}
	var plain me
	system.OperatorSince(t, administrator.Owner, "", 0, session.MethodPassword).Ask(http.MethodGet, "/me", nil).Into(t, 200, &plain)
	if plain.RecentUntil != nil {
		t.Error("a password alone is taken for two factors")
	}
}

func TestAdministrationKnowsPrograms(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	program := system.Program(t, "default", nil, "authway.users.read")
	var is me
	program.Ask(t, http.MethodGet, "/me", "").Into(t, 200, &is)
	if is.Kind != "client" || is.ID != program.ID || is.Home != "default" {
		t.Errorf("the program is %+v", is)
	}
	system.AskWith(t, "ory_at_made.up", http.MethodGet, "/me", "").Refused(t, 401, "unauthenticated", "")
}

// An application that somebody has let in must not administer in their name, whatever
// scopes it was registered with.
func TestTokenOfAPersonAdministersNothing(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"scope": "openid authway.users.read"})
	arrived := j.through("scope", "openid authway.users.read")
	if arrived.Tokens == nil {
		t.Fatalf("no token: %s", arrived.Error)
	}
	j.system.AskWith(t, arrived.Tokens.AccessToken, http.MethodGet, "/me", "").Refused(t, 401, "unauthenticated", "")
}

// What destroys asks for a second factor of now; the way there leads through the
// sign-in, which lets somebody without one set it up, and back to the dashboard.
func TestSecondFactorIsAskedForOnTheWayBack(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	j.visitor.Until = j.system.Endpoints.URL + "/admin/"
	phone, _ := j.system.EnrolPhone(t, j.email)
	j.system.Administers(t, j.email, administrator.Owner, "")
	page := j.signIn(j.visitor.Open(j.system.Endpoints.URL + "/account/sign-in?page=admin&fresh=1&factor=second"))
	if page.URL.Path != "/login/factor" {
		t.Fatalf("no second factor is asked for: %s (%d): %s", page.URL, page.Status, page.Text())
	}
	page = page.Submit(map[string][]string{"code": {phone.Code()}}, "")
	if page.URL.Path != "/admin/" {
		t.Fatalf("the way back does not end at the dashboard but at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	var is me
	j.visitor.Call(http.MethodGet, j.system.Endpoints.URL+"/api/admin/v1/me", nil).Into(t, 200, &is)
	if is.System != "owner" || is.RecentUntil == nil || is.RecentUntil.Before(time.Now()) {
		t.Errorf("after it the caller is %+v", is)
	}
}
