package integration_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

// application is what the API says of one.
type application struct {
	ID, Kind, Version, Reach string
	BuiltIn, Unused          bool
	LastUsedAt               *string
	Settings                 map[string]any
	Secret                   struct {
		Has, Known   bool
		OverlapUntil *string
	}
	Declaration *struct {
		Missing, HasSecret bool
		Drift              []struct {
			Field            string
			Declared, Actual any
		}
	}
}

type madeApplication struct {
	Application application
	Secret      string
}

// clientele is a tenant with somebody who looks after its applications.
type clientele struct {
	t      *testing.T
	system *harness.System
	slug   string
	owner  *harness.Operator
}

func newClientele(t *testing.T) clientele {
	t.Helper()
	system := harness.Run(t)
	slug := "apps-" + word()
	system.AddTenant(t, slug)
	return clientele{t, system, slug, system.Operator(t, administrator.Owner, slug)}
}

func (o clientele) path(parts ...string) string {
	return "/tenants/" + o.slug + "/applications" + strings.Join(parts, "")
}

func (o clientele) make(kind string, settings map[string]any) madeApplication {
	o.t.Helper()
	if settings["name"] == nil {
		settings["name"] = "An application"
	}
	var made madeApplication
	o.owner.Ask(http.MethodPost, o.path(), map[string]any{"kind": kind, "settings": settings}).Into(o.t, 201, &made)
	return made
}

func (o clientele) get(id string) application {
	o.t.Helper()
	var app application
	o.owner.Ask(http.MethodGet, o.path("/", id), nil).Into(o.t, 200, &app)
	return app
}

// token asks for one for the application itself, and returns the status.
func (o clientele) token(id, secret string, basic bool) int {
	o.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}}
	if !basic {
		form.Set("client_id", id)
		form.Set("client_secret", secret)
	}
	request, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, o.system.Endpoints.URL+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		o.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic {
		request.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		o.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestTheLifeOfAnApplication(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	made := o.make("web", map[string]any{
		"name": "Shop", "redirectUris": []string{"https://shop.example/callback"}, "contacts": []string{"ada@example.org"},
		"lifespans": map[string]int{"codeAccess": 600, "refreshRefresh": 86400}, "claims": map[string][]string{"email": {"email"}},
		"backchannelLogoutUri": "https://shop.example/out", "corsOrigins": []string{"https://shop.example"},
	})
	if made.Secret == "" || made.Application.Kind != "web" || made.Application.Reach != "ordinary" || !made.Application.Secret.Known {
		t.Fatalf("made %+v", made)
	}
	app := o.get(made.Application.ID)
	if app.Settings["authMethod"] != "client_secret_basic" || app.Settings["lifespans"].(map[string]any)["codeAccess"] != 600.0 {
		t.Errorf("it is %+v", app.Settings)
	}
	// What Hydra knows and this API does not is kept.
	var raw map[string]any
	o.system.HydraAdmin(t, http.MethodGet, "/admin/clients/"+app.ID, nil, &raw)
	raw["owner"] = "somebody"
	raw["metadata"].(map[string]any)["theirs"] = "kept"
	o.system.HydraAdmin(t, http.MethodPut, "/admin/clients/"+app.ID, raw, &raw)

	settings := app.Settings
	settings["name"] = "Shop of Ada"
	update := map[string]any{"version": app.Version, "settings": settings, "reason": "another name"}
	o.owner.Ask(http.MethodPut, o.path("/", app.ID), update).Refused(t, 409, "conflict", "version")
	app = o.get(app.ID)
	update["version"] = app.Version
	var changed application
	o.owner.Ask(http.MethodPut, o.path("/", app.ID), update).Into(t, 200, &changed)
	if changed.Settings["name"] != "Shop of Ada" || changed.Version == app.Version || changed.Settings["lifespans"].(map[string]any)["refreshRefresh"] != 86400.0 {
		t.Errorf("changed to %+v", changed)
	}
	o.system.HydraAdmin(t, http.MethodGet, "/admin/clients/"+app.ID, nil, &raw)
	if raw["owner"] != "somebody" || raw["metadata"].(map[string]any)["theirs"] != "kept" {
		t.Errorf("Hydra's own fields were lost: %v", raw)
	}
	var list struct {
		Items []struct{ ID, Name, Kind string }
		Next  string
	}
	o.owner.Ask(http.MethodGet, o.path("?q=of+ada"), nil).Into(t, 200, &list)
	if len(list.Items) != 1 || list.Items[0].ID != app.ID || list.Next != "" {
		t.Errorf("found %+v", list)
	}
	o.owner.Ask(http.MethodPost, o.path("/", app.ID, "/tokens/revoke"), map[string]any{"reason": "a leak"}).Into(t, 204, nil)
	o.owner.Ask(http.MethodPost, o.path("/", app.ID, "/delete"), map[string]any{"reason": "not needed"}).Into(t, 204, nil)
	o.owner.Ask(http.MethodGet, o.path("/", app.ID), nil).Refused(t, 404, "not_found", "")
	recorded := o.system.RecordedAt(t, app.ID)
	for _, action := range []string{"application.created", "application.changed", "client.revoked", "application.deleted"} {
		if !slices.ContainsFunc(recorded, func(e string) bool { return strings.HasPrefix(e, action+" ") }) {
			t.Errorf("%s is not in the log: %v", action, recorded)
		}
	}
	if all := strings.Join(recorded, "\n"); strings.Contains(all, "ada@example.org") || strings.Contains(all, made.Secret) {
		t.Errorf("the log holds an address or a secret: %s", all)
	}
}

func TestApplicationsOfOtherTenantsAreNotThere(t *testing.T) {
	t.Parallel()
	o, other := newClientele(t), newClientele(t)
	theirs := other.make("web", map[string]any{"redirectUris": []string{"https://theirs.example/"}}).Application
	own := o.make("web", map[string]any{"redirectUris": []string{"https://own.example/"}}).Application
	reason := map[string]any{"reason": "not mine"}
	for path, c := range map[string]struct {
		method string
		body   any
	}{
		"":                    {http.MethodGet, nil},
		"/delete":             {http.MethodPost, reason},
		"/secret/rotate":      {http.MethodPost, reason},
		"/secret/end-overlap": {http.MethodPost, reason},
		"/tokens/revoke":      {http.MethodPost, reason},
		"/restore":            {http.MethodPost, map[string]any{}},
	} {
		for _, id := range []string{theirs.ID, "nobody", "authway-demo", "..%2f..%2fkeys"} {
			o.owner.Ask(c.method, o.path("/", id, path), c.body).Refused(t, 404, "not_found", "")
		}
	}
	o.owner.Ask(http.MethodPut, o.path("/", theirs.ID), map[string]any{"version": theirs.Version, "settings": theirs.Settings}).Refused(t, 404, "not_found", "")
	o.owner.Ask(http.MethodPost, o.path("/check"), map[string]any{"kind": "web", "of": theirs.ID, "settings": theirs.Settings}).Refused(t, 404, "not_found", "")
	var list struct{ Items []struct{ ID string } }
	o.owner.Ask(http.MethodGet, o.path(), nil).Into(t, 200, &list)
	if len(list.Items) != 1 || list.Items[0].ID != own.ID {
		t.Errorf("the list has %+v", list.Items)
	}
	o.owner.Ask(http.MethodPost, o.path(), map[string]any{"id": theirs.ID, "kind": "web", "settings": own.Settings}).Refused(t, 409, "id_taken", "id")
}

func TestPagesOfApplications(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	var want []string
	for range 5 {
		want = append(want, o.make("machine", map[string]any{}).Application.ID)
	}
	var got []string
	for cursor, pages := "", 0; pages < 10; pages++ {
		var list struct {
			Items []struct{ ID string }
			Next  string
		}
		o.owner.Ask(http.MethodGet, o.path("?limit=2&kind=machine&cursor=", cursor), nil).Into(t, 200, &list)
		for _, item := range list.Items {
			got = append(got, item.ID)
		}
		if cursor = list.Next; cursor == "" {
			break
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the pages have %v, want %v", got, want)
	}
	o.owner.Ask(http.MethodGet, o.path("?cursor=%21"), nil).Refused(t, 400, "bad_request", "cursor")
	var unused struct{ Items []struct{ ID string } }
	o.owner.Ask(http.MethodGet, o.path("?unused=true"), nil).Into(t, 200, &unused)
	if len(unused.Items) != 0 {
		t.Errorf("what was made today is unused: %+v", unused.Items)
	}
}

// Whoever may change an application's addresses or secret can act as it.
func TestWhatOnlyOwnersGive(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	operator := o.system.Operator(t, administrator.Operator, o.slug)
	everywhere := o.system.Operator(t, administrator.Owner, "")
	create := func(who *harness.Operator, settings map[string]any) *harness.Answer {
		settings["name"] = "A program"
		return who.Ask(http.MethodPost, o.path(), map[string]any{"kind": "machine", "settings": settings})
	}
	users := map[string]any{"scopes": []string{"authway.users.read"}}
	create(operator, users).Refused(t, 403, "owner_only", "scopes")
	create(operator, map[string]any{"firstParty": true}).Refused(t, 403, "owner_only", "firstParty")
	create(o.owner, map[string]any{"allTenants": true}).Refused(t, 403, "system_owner_only", "allTenants")
	create(o.owner, map[string]any{"scopes": []string{"authway.system.read"}}).Refused(t, 403, "system_owner_only", "scopes")
	var trusted, highest madeApplication
	create(o.owner, users).Into(t, 201, &trusted)
	create(everywhere, map[string]any{"scopes": []string{"authway.users.read"}, "allTenants": true}).Into(t, 201, &highest)
	if trusted.Application.Reach != "owner" || highest.Application.Reach != "system" {
		t.Errorf("they reach %s and %s", trusted.Application.Reach, highest.Application.Reach)
	}
	// Neither to take its place, nor to make it harmless first.
	rotation := map[string]any{"reason": "I would like it"}
	operator.Ask(http.MethodPost, o.path("/", trusted.Application.ID, "/secret/rotate"), rotation).Refused(t, 403, "owner_only", "")
	o.owner.Ask(http.MethodPost, o.path("/", highest.Application.ID, "/secret/rotate"), rotation).Refused(t, 403, "system_owner_only", "")
	plain := trusted.Application.Settings
	plain["scopes"] = []string{}
	update := map[string]any{"version": trusted.Application.Version, "settings": plain}
	operator.Ask(http.MethodPut, o.path("/", trusted.Application.ID), update).Refused(t, 403, "owner_only", "")
	o.owner.Ask(http.MethodPut, o.path("/", trusted.Application.ID), update).Into(t, 200, nil)

	viewer := o.system.Operator(t, administrator.Viewer, o.slug)
	viewer.Ask(http.MethodGet, o.path("/", trusted.Application.ID), nil).Into(t, 200, nil)
	create(viewer, map[string]any{}).Refused(t, 403, "forbidden", "")
	stale := o.system.OperatorSince(t, administrator.Owner, o.slug, time.Hour, session.MethodPassword, session.MethodOTP, session.MethodMFA)
	stale.Ask(http.MethodPost, o.path("/", trusted.Application.ID, "/delete"), rotation).Refused(t, 403, "second_factor_required", "")
}

// What is being typed is held against the rules of registration themselves.
func TestTypingIsCheckedAsRegistrationIs(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	for uri, code := range map[string]string{
		"https://app.example/*": "uri_wildcard", "http://app.example/": "uri_insecure", "javascript:alert(1)": "uri_scheme",
		o.system.Endpoints.URL + "/login": "uri_own", "https://app.example/#a": "uri_fragment",
	} {
		draft := map[string]any{"kind": "web", "settings": map[string]any{"name": "App", "redirectUris": []string{uri}}}
		var checked struct {
			Findings []struct{ Field, Code, Level string }
		}
		o.owner.Ask(http.MethodPost, o.path("/check"), draft).Into(t, 200, &checked)
		if len(checked.Findings) == 0 || checked.Findings[0].Code != code || checked.Findings[0].Field != "redirectUris.0" {
			t.Errorf("%s: %+v", uri, checked.Findings)
		}
		o.owner.Ask(http.MethodPost, o.path(), draft).Refused(t, 422, code, "redirectUris.0")
	}
}

func TestAuthwaysOwnPagesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	owner := system.Operator(t, administrator.Owner, "")
	// Whoever signs in at the account makes it register itself.
	harness.NewVisitor(t).Open(system.Endpoints.URL + "/account/sign-in?page=profile")
	var app application
	owner.Ask(http.MethodGet, "/tenants/default/applications/authway-account", nil).Into(t, 200, &app)
	if !app.BuiltIn {
		t.Errorf("it is %+v", app)
	}
	owner.Ask(http.MethodPut, "/tenants/default/applications/authway-account", map[string]any{"version": app.Version, "settings": app.Settings}).Refused(t, 409, "built_in", "")
	owner.Ask(http.MethodPost, "/tenants/default/applications/authway-account/delete", map[string]any{"reason": "away with it"}).Refused(t, 409, "built_in", "")
}

// Of two who change an application at once, one is told.
func TestTwoOperatorsDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	app := o.make("machine", map[string]any{}).Application
	answers := make(chan int)
	for i := range 4 {
		settings := maps.Clone(app.Settings)
		settings["name"] = "Name " + strconv.Itoa(i)
		go func() {
			answers <- o.owner.Ask(http.MethodPut, o.path("/", app.ID), map[string]any{"version": app.Version, "settings": settings}).Status
		}()
	}
	counts := map[int]int{}
	for range 4 {
		counts[<-answers]++
	}
	if counts[200] != 1 || counts[409] != 3 {
		t.Errorf("answered %v", counts)
	}
}
