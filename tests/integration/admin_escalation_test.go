package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// A registration that says "*" or "*.tenants.write" is no registration for the scopes
// of administration, whoever has made it.
func TestWildcardsGiveNoScopeOfAdministration(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	operator := o.system.Operator(t, administrator.Operator, o.slug)
	for _, scope := range []string{"*", "*.tenants.write", "authway.*"} {
		o.owner.Ask(http.MethodPost, o.path(), map[string]any{"kind": "machine", "settings": map[string]any{
			"name": "All of it", "scopes": []string{scope},
		}}).Refused(t, 422, "scope_malformed", "scopes.0")
		operator.Ask(http.MethodPost, o.path(), map[string]any{"kind": "machine", "settings": map[string]any{
			"name": "All of it", "scopes": []string{"orders." + scope},
		}}).Refused(t, 422, "scope_malformed", "scopes.0")

		var made struct {
			ID     string `json:"client_id"`
			Secret string `json:"client_secret"`
		}
		o.system.HydraAdmin(t, http.MethodPost, "/admin/clients", map[string]any{
			"client_name": "Of old", "grant_types": []string{"client_credentials"}, "scope": scope,
			"token_endpoint_auth_method": "client_secret_post", "metadata": map[string]string{tenant.MetadataKey: o.slug},
		}, &made)
		form := url.Values{
			"grant_type": {"client_credentials"}, "client_id": {made.ID}, "client_secret": {made.Secret}, "scope": {access.TenantsWrite},
		}
		response, err := http.PostForm(o.system.Endpoints.URL+"/oauth2/token", form)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("with %s the token endpoint gives %s: %d", scope, access.TenantsWrite, response.StatusCode)
		}
		// An operator neither takes its place nor mends it.
		operator.Ask(http.MethodPost, o.path("/", made.ID, "/secret/rotate"), map[string]any{"reason": "I would like it"}).Refused(t, 403, "system_owner_only", "")
	}
}

// A program is asked for no second factor, and so its maker is.
func TestAProgramIsMadeWithASecondFactor(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	stale := o.system.OperatorSince(t, administrator.Owner, o.slug, access.Recently, session.MethodPassword, session.MethodOTP, session.MethodMFA)
	create := func(kind string, settings map[string]any) *harness.Answer {
		settings["name"] = "A program"
		return stale.Ask(http.MethodPost, o.path(), map[string]any{"kind": kind, "settings": settings})
	}
	redirects := []string{"https://spa.example/"}
	create("machine", map[string]any{}).Refused(t, 403, "second_factor_required", "")
	create("spa", map[string]any{"redirectUris": redirects, "firstParty": true}).Refused(t, 403, "second_factor_required", "")
	create("machine", map[string]any{"authMethod": "private_key_jwt", "jwksUri": "https://spa.example/keys", "scopes": []string{access.UsersRead}}).
		Refused(t, 403, "second_factor_required", "")
	var plain madeApplication
	create("spa", map[string]any{"redirectUris": redirects}).Into(t, 201, &plain)

	update := func(app application, change func(map[string]any)) *harness.Answer {
		change(app.Settings)
		return stale.Ask(http.MethodPut, o.path("/", app.ID), map[string]any{"version": app.Version, "settings": app.Settings})
	}
	update(o.get(plain.Application.ID), func(s map[string]any) { s["firstParty"] = true }).Refused(t, 403, "second_factor_required", "")
	update(o.get(plain.Application.ID), func(s map[string]any) { s["name"] = "Another name" }).Into(t, 200, nil)
	trusted := o.make("machine", map[string]any{"scopes": []string{access.UsersRead}}).Application
	update(o.get(trusted.ID), func(s map[string]any) { s["scopes"] = []string{} }).Refused(t, 403, "second_factor_required", "")
	if now := o.get(trusted.ID); now.Reach != "owner" {
		t.Errorf("it was changed: %+v", now)
	}
}

func TestScopesThatWereTakenAwayAreWorthNothing(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	program := o.system.Program(t, o.slug, nil, access.UsersRead, access.ApplicationsRead)
	program.Ask(t, http.MethodGet, o.path(), "").Into(t, 200, nil)
	app := o.get(program.ID)
	app.Settings["scopes"] = []string{access.UsersRead}
	o.owner.Ask(http.MethodPut, o.path("/", program.ID), map[string]any{"version": app.Version, "settings": app.Settings}).Into(t, 200, nil)
	program.Ask(t, http.MethodGet, o.path(), "").Refused(t, 403, "forbidden", "")
	program.Ask(t, http.MethodGet, "/tenants/"+o.slug+"/users", "").Into(t, 200, nil)
	app = o.get(program.ID)
	app.Settings["lifespans"] = map[string]int{"machineAccess": 3601}
	o.owner.Ask(http.MethodPut, o.path("/", program.ID), map[string]any{"version": app.Version, "settings": app.Settings}).
		Refused(t, 422, "lifespan_trusted", "lifespans.machineAccess")
}

// failCommits lets the next commits fail that wrote a row of the client to the table.
func (o clientele) failCommits(table, id string, times int) {
	o.t.Helper()
	name := "fail_" + strings.ReplaceAll(word(), "-", "_")
	db := o.system.Database(o.t)
	var tables []string
	err := db.NewRaw("SELECT relid::regclass::text FROM pg_partition_tree(?) WHERE isleaf UNION SELECT ? WHERE NOT EXISTS (SELECT FROM pg_partition_tree(?))",
		table, table, table).Scan(o.t.Context(), &tables)
	if err != nil {
		o.t.Fatal(err)
	}
	statements := []string{
		fmt.Sprintf(`CREATE SEQUENCE %s`, name),
		fmt.Sprintf(`CREATE FUNCTION %[1]s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
			IF nextval('public.%[1]s') <= %[2]d THEN RAISE EXCEPTION 'the test lets this fail'; END IF; RETURN NULL; END $$`, name, times),
	}
	for _, t := range tables {
		statements = append(statements, fmt.Sprintf(`CREATE CONSTRAINT TRIGGER %s AFTER INSERT OR UPDATE ON %s
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.client_id = '%s') EXECUTE FUNCTION %s()`, name, t, id, name))
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(o.t.Context(), statement); err != nil {
			o.t.Fatalf("%s: %v", statement, err)
		}
	}
	o.t.Cleanup(func() {
		_, _ = db.Exec(fmt.Sprintf("DROP FUNCTION %s() CASCADE", name))
		_, _ = db.Exec(fmt.Sprintf("DROP SEQUENCE %s", name))
	})
}

// What Hydra was told and nobody recorded is taken back.
func TestAFailedRecordLeavesHydraAsItWas(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	id := "unmade-" + word()
	o.failCommits("client_secrets", id, 1)
	answer := o.owner.Ask(http.MethodPost, o.path(), map[string]any{"id": id, "kind": "machine", "settings": map[string]any{"name": "Unmade"}})
	if answer.Status != 500 {
		t.Fatalf("created: %s", answer)
	}
	o.owner.Ask(http.MethodGet, o.path("/", id), nil).Refused(t, 404, "not_found", "")

	app := o.make("machine", map[string]any{"name": "As it was"}).Application
	if got := o.get(app.ID); got.Version != app.Version {
		t.Errorf("what was made is read as another version: %+v, %+v", app, got)
	}
	o.failCommits("audit_events", app.ID, 1)
	app.Settings["name"] = "Another"
	update := map[string]any{"version": app.Version, "settings": app.Settings}
	if answer := o.owner.Ask(http.MethodPut, o.path("/", app.ID), update); answer.Status != 500 {
		t.Fatalf("changed: %s", answer)
	}
	now := o.get(app.ID)
	if now.Settings["name"] != "As it was" {
		t.Errorf("nobody recorded that it is %v", now.Settings["name"])
	}
	update["version"] = now.Version
	var changed application
	o.owner.Ask(http.MethodPut, o.path("/", app.ID), update).Into(t, 200, &changed)
	if got := o.get(app.ID); got.Version != changed.Version || got.Settings["name"] != "Another" {
		t.Errorf("what was changed is read as another version: %+v, %+v", changed, got)
	}
}

// A secret that Hydra has been given is shown: nobody could put the one before it back.
func TestARotationIsRecordedOnceMore(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	made := o.make("machine", map[string]any{})
	id := made.Application.ID
	o.failCommits("client_secrets", id, 1)
	var rotated struct {
		Secret       string
		OverlapUntil *string
	}
	o.owner.Ask(http.MethodPost, o.path("/", id, "/secret/rotate"), map[string]any{"reason": "it is old", "overlapSeconds": 600}).Into(t, 200, &rotated)
	for name, secret := range map[string]string{"the new": rotated.Secret, "the former": made.Secret} {
		if status := o.token(id, secret, true); status != 200 {
			t.Errorf("%s secret: %d", name, status)
		}
	}
	recorded := o.system.RecordedAt(t, id)
	if rotations := slices.DeleteFunc(recorded, func(e string) bool { return !strings.HasPrefix(e, "application.secret_rotated ") }); len(rotations) != 1 {
		t.Errorf("recorded %v", rotations)
	}
}

// declare notes that a file declares the application, which a registration may be
// restored from.
func (o clientele) declare(id string, kind client.Kind, fields client.Fields, missing bool) {
	o.t.Helper()
	home, err := tenant.Store{DB: o.system.Database(o.t)}.BySlug(o.t.Context(), o.slug)
	if err != nil {
		o.t.Fatal(err)
	}
	declared, err := json.Marshal(client.Declaration{Kind: kind, Fields: fields})
	if err != nil {
		o.t.Fatal(err)
	}
	err = client.Declarations{DB: o.system.Database(o.t)}.Put(o.t.Context(), client.Declared{
		ClientID: id, TenantID: home.ID, Declared: declared, Drift: json.RawMessage("[]"), Missing: missing, CheckedAt: time.Now(),
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func TestADeadSecretStaysDead(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	made := o.make("machine", map[string]any{})
	id := made.Application.ID
	o.declare(id, client.Machine, client.Fields{"name": json.RawMessage(`"A machine"`)}, true)
	o.system.HydraAdmin(t, http.MethodDelete, "/admin/clients/"+id, nil, nil)
	var restored application
	o.owner.Ask(http.MethodPost, o.path("/", id, "/restore"), map[string]any{}).Into(t, 200, &restored)
	if restored.Secret.Known {
		t.Error("the secret of a registration that is gone is taken for its own")
	}
	var rotated struct {
		Secret       string
		OverlapUntil *string
	}
	o.owner.Ask(http.MethodPost, o.path("/", id, "/secret/rotate"), map[string]any{"reason": "nobody knows it", "overlapSeconds": 600}).Into(t, 200, &rotated)
	if rotated.OverlapUntil != nil {
		t.Error("two secrets are said to be good")
	}
	if status := o.token(id, made.Secret, true); status != 401 {
		t.Errorf("the dead secret: %d", status)
	}
	if status := o.token(id, rotated.Secret, true); status != 200 {
		t.Errorf("the new secret: %d", status)
	}
}

// A restoration that nobody recorded is taken back as well.
func TestAFailedRestorationLeavesHydraAsItWas(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	app := o.make("machine", map[string]any{"name": "Mine"}).Application
	o.declare(app.ID, client.Machine, client.Fields{"name": json.RawMessage(`"Declared"`)}, false)
	o.failCommits("declared_clients", app.ID, 2)
	restore := func(want int) {
		if answer := o.owner.Ask(http.MethodPost, o.path("/", app.ID, "/restore"), map[string]any{}); answer.Status != want {
			t.Fatalf("restored: %s, want %d", answer, want)
		}
	}
	restore(500)
	if now := o.get(app.ID); now.Settings["name"] != "Mine" {
		t.Errorf("nobody recorded that it is %v", now.Settings["name"])
	}
	o.system.HydraAdmin(t, http.MethodDelete, "/admin/clients/"+app.ID, nil, nil)
	restore(500)
	o.owner.Ask(http.MethodGet, o.path("/", app.ID), nil).Refused(t, 404, "not_found", "")
	restore(200)
}

// Hydra would ask what its operators cannot reach.
func TestOnlyAnOwnerOfEverythingSendsHydraInside(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	everywhere := o.system.Operator(t, administrator.Owner, "")
	web := func(field, uri string) map[string]any {
		return map[string]any{"kind": "web", "settings": map[string]any{"name": "Shop", "redirectUris": []string{"https://shop.example/"}, field: uri}}
	}
	o.owner.Ask(http.MethodPost, o.path(), web("jwksUri", "http://127.0.0.1:4445/admin/clients")).Refused(t, 422, "uri_inside", "jwksUri")
	o.owner.Ask(http.MethodPost, o.path(), web("backchannelLogoutUri", "https://10.0.0.7/out")).Refused(t, 422, "uri_inside", "backchannelLogoutUri")
	o.owner.Ask(http.MethodPost, o.path(), web("backchannelLogoutUri", "http://shop.svc/out")).Refused(t, 422, "uri_insecure", "backchannelLogoutUri")
	o.owner.Ask(http.MethodPost, o.path(), web("backchannelLogoutUri", "https://shop.example/out")).Into(t, 201, nil)
	var made madeApplication
	everywhere.Ask(http.MethodPost, o.path(), web("backchannelLogoutUri", "http://shop.svc/out")).Into(t, 201, &made)
	// The tenant may change the rest of it.
	app := o.get(made.Application.ID)
	app.Settings["name"] = "Shop of Ada"
	o.owner.Ask(http.MethodPut, o.path("/", app.ID), map[string]any{"version": app.Version, "settings": app.Settings}).Into(t, 200, nil)
}
