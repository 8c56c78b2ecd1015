package integration_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

// Operations whose last part names what they make.
var makesWhatItNames = map[string]string{
	"putTenantRole": "a role's name is the tenant's own, so that another tenant's is none",
}

// foreigner has one of everything in a tenant, by the part of the path before its name
// and that name.
func foreigner(t *testing.T, system *harness.System, slug string) map[string]string {
	t.Helper()
	owner := system.Operator(t, administrator.Owner, "")
	db := system.Database(t)
	email := someone()
	system.AddUserTo(t, slug, email, "Ada Lovelace", password)
	system.VerifyEmail(t, email)
	var ids struct {
		ID       uuid.UUID `bun:"id"`
		TenantID uuid.UUID `bun:"tenant_id"`
	}
	if err := db.NewRaw("SELECT id, tenant_id FROM users WHERE email_key = ?", account.EmailKey(email)).Scan(t.Context(), &ids); err != nil {
		t.Fatal(err)
	}
	begun, _, err := session.Store{DB: db, Clock: clock.System()}.Create(t.Context(), db, session.Session{TenantID: ids.TenantID, UserID: ids.ID, AMR: []string{"pwd"}})
	if err != nil {
		t.Fatal(err)
	}
	at := "/tenants/" + slug
	made := func(path string, body map[string]any) string {
		t.Helper()
		var one struct {
			ID          string
			Application struct{ ID string }
		}
		answer := owner.Ask(http.MethodPost, at+path, body)
		if answer.Status/100 != 2 {
			t.Fatalf("%s: %s", path, answer)
		}
		answer.Into(t, answer.Status, &one)
		return one.ID + one.Application.ID
	}
	application := made("/applications", map[string]any{"kind": "machine", "settings": map[string]any{"name": "Elsewhere"}})
	invitation := made("/invitations", map[string]any{"email": someone()})
	imported := made("/imports", map[string]any{"format": "csv", "size": 10})
	owner.Ask(http.MethodPut, at+"/roles/elsewhere", map[string]any{"description": "x"}).Into(t, 200, nil)
	var log struct {
		Items []struct {
			ID string
			At time.Time
		}
	}
	owner.Ask(http.MethodGet, at+"/audit", nil).Into(t, 200, &log)
	if len(log.Items) == 0 {
		t.Fatal("the audit log of the other tenant is empty")
	}
	return map[string]string{
		"users/user": ids.ID.String(), "users/id": ids.ID.String(), "sessions/session": begun.ID.String(), "consents/client": application,
		"applications/id": application, "invitations/id": invitation, "imports/id": imported, "roles/name": "elsewhere",
		"audit/id": log.Items[0].ID, "at": log.Items[0].At.Format(time.RFC3339Nano),
	}
}

// An id of another tenant names nothing here, for somebody who administers this tenant
// and for somebody who administers both.
func TestAnotherTenantsIDNamesNothing(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	home, elsewhere := "home-"+strings.Split(someone(), "@")[0], "far-"+strings.Split(someone(), "@")[0]
	system.AddTenant(t, home)
	system.AddTenant(t, elsewhere)
	foreign := foreigner(t, system, elsewhere)
	callers := map[string]*harness.Operator{
		"owner of the tenant": system.Operator(t, administrator.Owner, home), "owner of everything": system.Operator(t, administrator.Owner, ""),
	}
	for _, o := range adminOperations(t) {
		if !o.ofTenant() || strings.Count(o.path, "{") < 2 || makesWhatItNames[o.id] != "" {
			continue
		}
		query := ""
		path := made(o, home, func(name string) string {
			value, known := foreign[name]
			if !known {
				t.Fatalf("%s: no foreigner has %s", o.id, name)
			}
			if name == "audit/id" {
				query = "?at=" + url.QueryEscape(foreign["at"])
			}
			return value
		})
		for name, caller := range callers {
			var answer *harness.Answer
			if o.body != nil {
				answer = caller.Ask(o.method, path+query, example(t, o.body))
			} else {
				answer = caller.Ask(o.method, path+query, nil)
			}
			if answer.Status != http.StatusNotFound {
				t.Errorf("%s, asked by %s for what is another tenant's: %s", o.id, name, answer)
			}
		}
	}
}
