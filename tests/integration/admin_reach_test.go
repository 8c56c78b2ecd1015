package integration_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

type administers struct {
	User struct {
		ID, Name, Email, Tenant string
		Active                  bool
	}
	Tenant       *string
	Role         string
	SecondFactor bool
	LastSeenAt   *string
}

func administrators(t *testing.T, o *harness.Operator, path string) (all []administers) {
	t.Helper()
	for next := ""; ; {
		var list struct {
			Items []administers
			Next  string
		}
		o.Ask(http.MethodGet, path+"?limit=2&cursor="+next, nil).Into(t, 200, &list)
		all = append(all, list.Items...)
		if next = list.Next; next == "" {
			return all
		}
	}
}

func roleOf(all []administers, id string) string {
	i := slices.IndexFunc(all, func(a administers) bool { return a.User.ID == id })
	if i < 0 {
		return ""
	}
	return all[i].Role
}

func TestOwnerSaysWhoAdministersTheTenant(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	here := "/tenants/" + b.slug + "/administrators"
	b.system.VerifyEmail(t, b.email)
	b.app.Arrive(t, b.allow(b.signIn(b.visitor.Open(b.app.Start()))))
	b.system.EnrolPhone(t, b.email)
	if answer := b.visitor.Call(http.MethodGet, b.system.Endpoints.URL+"/api/admin/v1/tenants/"+b.slug, nil); answer.Status != 403 {
		t.Errorf("somebody without a role: %s", answer)
	}
	var given administers
	b.owner.Ask(http.MethodPut, here, map[string]any{"account": strings.ToUpper(b.email), "role": "viewer", "reason": "a test"}).Into(t, 200, &given)
	if given.Role != "viewer" || given.User.Email != b.email || !given.SecondFactor || given.LastSeenAt == nil || given.Tenant == nil || *given.Tenant != b.slug {
		t.Errorf("the new administrator is %+v", given)
	}
	if answer := b.visitor.Call(http.MethodGet, b.system.Endpoints.URL+"/api/admin/v1/tenants/"+b.slug, nil); answer.Status != 200 {
		t.Errorf("a viewer: %s", answer)
	}
	b.owner.Ask(http.MethodPut, here, map[string]any{"account": given.User.ID, "role": "operator"}).Into(t, 200, &given)
	all := administrators(t, b.owner, here)
	if len(all) != 2 || roleOf(all, given.User.ID) != "operator" || roleOf(all, b.owner.User.ID.String()) != "owner" {
		t.Errorf("the administrators are %+v", all)
	}
	if other := administrators(t, b.system.Operator(t, administrator.Viewer, ""), "/administrators"); roleOf(other, given.User.ID) != "operator" || len(other) < 3 {
		t.Errorf("all administrators are %+v", other)
	}
	answer := b.owner.Ask(http.MethodPost, here+"/remove", map[string]any{"user": given.User.ID, "reason": "left the team"})
	if answer.Status != 204 {
		t.Errorf("the role is not taken away: %s", answer)
	}
	if answer := b.visitor.Call(http.MethodGet, b.system.Endpoints.URL+"/api/admin/v1/tenants/"+b.slug, nil); answer.Status != 403 {
		t.Errorf("somebody whose role was taken away: %s", answer)
	}
	b.owner.Ask(http.MethodPost, here+"/remove", map[string]any{"user": given.User.ID, "reason": "once more"}).Refused(t, 404, "not_found", "")
	recorded := strings.Join(b.system.RecordedOf(t, given.User.ID), "\n")
	for _, want := range []string{"administrator.granted", "administrator.removed", `viewer`, `left the team`, b.slug} {
		if !strings.Contains(recorded, want) {
			t.Errorf("%s was not recorded: %s", want, recorded)
		}
	}
	if strings.Contains(recorded, b.email) {
		t.Error("an address is in the audit log")
	}
}

// A tenant's owner finds out nothing about accounts elsewhere, and gives nobody more
// than the tenant.
func TestOwnerReachesNoFurtherThanTheTenant(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	stranger, here := begin(t, nil), "/tenants/"+b.slug+"/administrators"
	b.system.VerifyEmail(t, stranger.email)
	id := b.system.Operator(t, administrator.None, "").User.ID.String()
	b.owner.Ask(http.MethodPut, here, map[string]any{"account": id, "role": "viewer"}).Refused(t, 404, "not_found", "")
	b.owner.Ask(http.MethodPut, here, map[string]any{"account": "00000000-0000-4000-8000-00000000000f", "role": "viewer"}).Refused(t, 404, "not_found", "")
	b.owner.Ask(http.MethodPut, here, map[string]any{"account": stranger.email, "role": "viewer"}).Refused(t, 422, "account_unknown", "account")
	for _, path := range []string{"/administrators", "/tenants"} {
		b.owner.Ask(http.MethodGet, path, nil).Refused(t, 403, "forbidden", "")
	}
	b.owner.Ask(http.MethodPut, "/administrators", map[string]any{"account": b.owner.User.ID.String(), "role": "owner"}).Refused(t, 403, "forbidden", "")
	b.owner.Ask(http.MethodPost, "/tenants/"+b.slug+"/delete", map[string]any{"slug": b.slug, "reason": "mine"}).Refused(t, 403, "forbidden", "")

	// The installation's owner may give somebody from elsewhere a role here.
	all := b.system.Operator(t, administrator.Owner, "")
	var given administers
	all.Ask(http.MethodPut, "/administrators", map[string]any{"account": stranger.email, "tenant": b.slug, "role": "viewer"}).Into(t, 200, &given)
	if given.User.Tenant != tenant.Default || *given.Tenant != b.slug || !slices.ContainsFunc(administrators(t, b.owner, here), func(a administers) bool { return a.User.ID == given.User.ID }) {
		t.Errorf("given %+v", given)
	}
	// And then the tenant's owner may change it.
	b.owner.Ask(http.MethodPut, here, map[string]any{"account": given.User.ID, "role": "operator"}).Into(t, 200, &given)
	all.Ask(http.MethodPut, "/administrators", map[string]any{"account": stranger.email, "tenant": "nobody", "role": "viewer"}).Refused(t, 422, "tenant_unknown", "tenant")
	old := b.system.OperatorSince(t, administrator.Owner, b.slug, 0, "pwd")
	old.Ask(http.MethodPost, here+"/remove", map[string]any{"user": given.User.ID, "reason": "no factor"}).Refused(t, 403, "second_factor_required", "")
}

func TestTenantsComeAndGo(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	owner := system.Operator(t, administrator.Owner, "")
	slug := "made-" + strings.Split(someone(), "@")[0]
	var made tenantSettings
	owner.Ask(http.MethodPost, "/tenants", map[string]any{"slug": slug, "name": "Made", "reason": "a test"}).Into(t, 201, &made)
	if made.Slug != slug || made.Demands.MinPassword != 12 || made.Demands.Registration != "open" || made.Demands.Providers != nil {
		t.Errorf("made %+v", made)
	}
	owner.Ask(http.MethodPost, "/tenants", map[string]any{"slug": slug, "name": "Again"}).Refused(t, 409, "slug_taken", "slug")
	owner.Ask(http.MethodPost, "/tenants", map[string]any{"slug": "No Slug", "name": "Again"}).Refused(t, 400, "bad_request", "slug")
	var list struct {
		Items []struct {
			Slug         string
			Accounts     int
			AccountsMore bool
		}
		Next string
	}
	owner.Ask(http.MethodGet, "/tenants?search="+slug, nil).Into(t, 200, &list)
	if len(list.Items) != 1 || list.Items[0].Slug != slug || list.Items[0].Accounts != 0 || list.Next != "" {
		t.Errorf("the list is %+v", list)
	}
	owner.Ask(http.MethodGet, "/tenants?limit=1", nil).Into(t, 200, &list)
	first := list.Items[0].Slug
	owner.Ask(http.MethodGet, "/tenants?limit=1&cursor="+list.Next, nil).Into(t, 200, &list)
	if len(list.Items) != 1 || list.Items[0].Slug <= first {
		t.Errorf("after %s comes %+v", first, list)
	}
	// Its account application is made when somebody comes.
	if page := harness.NewVisitor(t).Open(system.Endpoints.URL + "/account/sign-in?tenant=" + slug); page.URL.Path != "/login" {
		t.Errorf("the account leads to %s", page.URL)
	}

	remove := func(path, slug string) *harness.Answer {
		return owner.Ask(http.MethodPost, "/tenants/"+path+"/delete", map[string]any{"slug": slug, "reason": "a test"})
	}
	remove(slug, "other").Refused(t, 422, "slug_differs", "slug")
	remove(tenant.Default, tenant.Default).Refused(t, 409, "tenant_in_use", "")
	email := someone()
	system.AddUserTo(t, slug, email, "Ada", password)
	remove(slug, slug).Refused(t, 409, "tenant_in_use", "")
	system.Purge(t, email)
	app := system.NewApp(t, map[string]any{"metadata": map[string]any{"tenant": slug}})
	remove(slug, slug).Refused(t, 409, "tenant_in_use", "")
	system.HydraAdmin(t, http.MethodDelete, "/admin/clients/"+app.ClientID, nil, nil)
	if answer := remove(slug, slug); answer.Status != 204 {
		t.Errorf("an empty tenant stays: %s", answer)
	}
	owner.Ask(http.MethodGet, "/tenants/"+slug, nil).Refused(t, 404, "not_found", "")
	if page := harness.NewVisitor(t).Open(system.Endpoints.URL + "/account/sign-in?tenant=" + slug); page.Status != 404 {
		t.Errorf("the account of no tenant: %d", page.Status)
	}
}

func TestRolesAreTheTenants(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	here := "/tenants/" + b.slug + "/roles"
	b.owner.Ask(http.MethodPut, here+"/billing:write", map[string]any{"description": "May pay"}).Into(t, 200, &struct{}{})
	b.owner.Ask(http.MethodPut, here+"/billing:write", map[string]any{"description": "May pay bills"}).Into(t, 200, &struct{}{})
	b.owner.Ask(http.MethodPut, here+"/No%20Name", map[string]any{"description": ""}).Refused(t, 422, "role_invalid", "name")
	b.system.GiveRoles(t, b.email, "billing:write", "other")
	var list struct {
		Items []struct {
			Name, Description string
			Accounts          int
		}
	}
	b.owner.Ask(http.MethodGet, here, nil).Into(t, 200, &list)
	if len(list.Items) != 1 || list.Items[0].Description != "May pay bills" || list.Items[0].Accounts != 1 {
		t.Errorf("the roles are %+v", list)
	}
	claims := b.app.Arrive(t, b.allow(b.signIn(b.visitor.Open(b.app.Start())))).Claims["roles"]
	if roles, _ := claims.([]any); !slices.Contains(roles, any("billing:write")) {
		t.Errorf("the token says %v", claims)
	}
	var removed struct {
		Accounts int
		Done     bool
	}
	b.owner.Ask(http.MethodPost, here+"/billing:write/remove", map[string]any{"reason": "no more bills"}).Into(t, 200, &removed)
	if removed.Accounts != 1 || !removed.Done {
		t.Errorf("removed %+v", removed)
	}
	b.owner.Ask(http.MethodPost, here+"/billing:write/remove", map[string]any{"reason": "once more"}).Refused(t, 404, "not_found", "")
	visitor := harness.NewVisitor(t)
	claims = b.app.Arrive(t, b.allow(b.signIn(visitor.Open(b.app.Start())))).Claims["roles"]
	if roles, _ := claims.([]any); len(roles) != 1 || roles[0] != "other" {
		t.Errorf("the token says %v", claims)
	}
	elsewhere := beginBoundary(t)
	elsewhere.owner.Ask(http.MethodGet, here, nil).Refused(t, 403, "forbidden", "")
}
