package integration_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// declaring is a file of applications, a database that knows of it, and Hydra.
type declaring struct {
	clientele
	db       harness.Database
	file, id string
	settings map[string]string
}

func newDeclaring(t *testing.T) *declaring {
	t.Helper()
	d := &declaring{clientele: newClientele(t), db: harness.NewDatabase(t), id: "declared-" + word()}
	d.file = filepath.Join(t.TempDir(), "applications.yaml")
	secret := filepath.Join(t.TempDir(), "secret")
	d.write(secret, "the first secret of the shop")
	d.settings = map[string]string{
		"AUTHWAY_URL": d.system.Endpoints.URL, "HYDRA_ADMIN_URL": d.system.Endpoints.HydraAdminURL, "CLIENTS_FILE": d.file,
	}
	d.write(d.file, "applications:\n  - id: "+d.id+"\n    kind: machine\n    secretFile: "+secret+
		"\n    name: Declared shop\n    scopes: [orders.read, orders.write]\n    lifespans: {machineAccess: 600}\n")
	d.settings["SECRET"] = secret
	return d
}

func (d *declaring) write(path, text string) {
	d.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *declaring) reconcile() string { return runJob(d.t, d.db, client.ReconcileJob, d.settings) }

func (d *declaring) row() client.Declared {
	d.t.Helper()
	home, err := tenant.Store{DB: d.db.Owner(d.t)}.BySlug(d.t.Context(), tenant.Default)
	if err != nil {
		d.t.Fatal(err)
	}
	row, err := client.Declarations{DB: d.db.Owner(d.t)}.ByID(d.t.Context(), home.ID, d.id)
	if err != nil {
		d.t.Fatal(err)
	}
	return row
}

func TestDeclaredApplicationsAreLookedAfter(t *testing.T) {
	t.Parallel()
	d := newDeclaring(t)
	first := "the first secret of the shop"
	if said := d.reconcile(); !strings.Contains(said, "1 made") || !strings.Contains(said, "1 secrets") {
		t.Errorf("the first run: %s", said)
	}
	if status := d.token(d.id, first, true); status != 200 {
		t.Fatalf("it does not get a token: %d", status)
	}
	if said := d.reconcile(); !strings.Contains(said, "1 as declared") || !strings.Contains(said, "0 secrets") {
		t.Errorf("the second run: %s", said)
	}
	var raw map[string]any
	d.system.HydraAdmin(t, http.MethodGet, "/admin/clients/"+d.id, nil, &raw)
	raw["scope"], raw["logo_uri"] = "orders.read", "https://shop.example/logo.svg"
	d.system.HydraAdmin(t, http.MethodPut, "/admin/clients/"+d.id, raw, &raw)
	d.settings["CLIENTS_RECONCILE"] = "report"
	d.reconcile()
	if row := d.row(); !row.Drifted() || !strings.Contains(string(row.Drift), "orders.write") || strings.Contains(string(row.Declared), first) {
		t.Errorf("the report: %s of %s", row.Drift, row.Declared)
	}
	d.settings["CLIENTS_RECONCILE"] = ""
	d.reconcile()
	d.system.HydraAdmin(t, http.MethodGet, "/admin/clients/"+d.id, nil, &raw)
	if raw["scope"] != "orders.read orders.write" || raw["logo_uri"] != "https://shop.example/logo.svg" || d.row().Drifted() {
		t.Errorf("mended to %v", raw)
	}
	if status := d.token(d.id, first, true); status != 200 {
		t.Errorf("its secret was changed: %d", status)
	}
	// Deleted, it comes back under its id and with its secret.
	d.system.HydraAdmin(t, http.MethodDelete, "/admin/clients/"+d.id, nil, nil)
	d.reconcile()
	if status := d.token(d.id, first, true); status != 200 {
		t.Errorf("it did not come back: %d", status)
	}
	d.write(d.settings["SECRET"], "the second secret of the shop\n")
	d.reconcile()
	if status := d.token(d.id, "the second secret of the shop", true); status != 200 {
		t.Errorf("the new secret: %d", status)
	}
	d.write(d.file, "applications: []\n")
	if said := d.reconcile(); !strings.Contains(said, "1 no longer declared") {
		t.Errorf("without it: %s", said)
	}
	if status := d.token(d.id, "the second secret of the shop", true); status != 200 {
		t.Errorf("what left the file is gone: %d", status)
	}
	actions := inLog(t, d.db, "SELECT string_agg(action, ' ' ORDER BY at, id) FROM audit_events WHERE client_id = ?", d.id)
	if actions != "application.created application.drifted application.restored application.restored application.restored" {
		t.Errorf("the log has %s", actions)
	}
}

func inLog(t *testing.T, db harness.Database, query string, args ...any) (said string) {
	t.Helper()
	if err := db.Owner(t).NewRaw(query, args...).Scan(t.Context(), &said); err != nil {
		t.Fatal(err)
	}
	return said
}

func TestOperatorsRestoreWhatIsDeclared(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	home, err := tenant.Store{DB: o.system.Database(t)}.BySlug(t.Context(), o.slug)
	if err != nil {
		t.Fatal(err)
	}
	made := o.make("web", map[string]any{"name": "Shop", "redirectUris": []string{"https://shop.example/"}}).Application
	declared, err := json.Marshal(client.Declaration{Kind: client.Web, Fields: client.Fields{
		"name": json.RawMessage(`"Shop"`), "redirectUris": json.RawMessage(`["https://shop.example/"]`),
	}})
	if err != nil {
		t.Fatal(err)
	}
	put := func(missing bool) {
		err := client.Declarations{DB: o.system.Database(t)}.Put(t.Context(), client.Declared{
			ClientID: made.ID, TenantID: home.ID, Declared: declared, Drift: json.RawMessage("[]"), Missing: missing, CheckedAt: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(false)
	settings := made.Settings
	settings["name"], settings["redirectUris"] = "Shap", []string{"https://shap.example/"}
	o.owner.Ask(http.MethodPut, o.path("/", made.ID), map[string]any{"version": made.Version, "settings": settings}).Into(t, 200, nil)
	app := o.get(made.ID)
	if app.Declaration == nil || len(app.Declaration.Drift) != 2 || app.Declaration.Drift[0].Field != "name" {
		t.Fatalf("the drift is %+v", app.Declaration)
	}
	o.owner.Ask(http.MethodPost, o.path("/", made.ID, "/delete"), map[string]any{"reason": "away with it"}).Refused(t, 409, "declared", "")
	var restored application
	o.owner.Ask(http.MethodPost, o.path("/", made.ID, "/restore"), map[string]any{"reason": "as it was"}).Into(t, 200, &restored)
	if restored.Settings["name"] != "Shop" || len(restored.Declaration.Drift) != 0 {
		t.Errorf("restored to %+v", restored)
	}
	o.system.HydraAdmin(t, http.MethodDelete, "/admin/clients/"+made.ID, nil, nil)
	put(true)
	var drift struct {
		Items []struct {
			ID, Name    string
			Declaration struct{ Missing bool }
		}
	}
	o.owner.Ask(http.MethodGet, o.path("/drift"), nil).Into(t, 200, &drift)
	if len(drift.Items) != 1 || drift.Items[0].Name != "Shop" || !drift.Items[0].Declaration.Missing {
		t.Errorf("the drift is %+v", drift)
	}
	o.owner.Ask(http.MethodPost, o.path("/", made.ID, "/restore"), map[string]any{}).Into(t, 200, &restored)
	if restored.ID != made.ID || restored.Kind != "web" {
		t.Errorf("made anew: %+v", restored)
	}
	if log := o.system.RecordedAt(t, made.ID); !slices.ContainsFunc(log, func(e string) bool {
		return strings.HasPrefix(e, "application.restored ") && strings.Contains(e, "as it was")
	}) {
		t.Errorf("the log has %v", log)
	}
}
