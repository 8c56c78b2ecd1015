package integration_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/tests/harness"
)

// refuseRecord lets the audit log take no event with the reason until the test is over,
// as if it were full or out of reach in the middle of the change.
func refuseRecord(t *testing.T, system *harness.System, reason string) {
	t.Helper()
	db := system.Database(t)
	name := "refuse_" + strings.ToLower(rand.Text()[:12])
	_, err := db.NewRaw(fmt.Sprintf(`
		CREATE FUNCTION %[1]s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no record today'; END $$;
		CREATE TRIGGER %[1]s BEFORE INSERT ON audit_events FOR EACH ROW WHEN (NEW.detail ->> 'reason' = '%[2]s') EXECUTE FUNCTION %[1]s()`,
		name, reason)).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = db.NewRaw(fmt.Sprintf("DROP TRIGGER %[1]s ON audit_events; DROP FUNCTION %[1]s()", name)).Exec(context.Background())
	})
}

// What cannot be written down does not happen, in PostgreSQL or at Hydra.
func TestChangeWithoutRecordDoesNotHappen(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	slug := "kept-" + strings.Split(someone(), "@")[0]
	system.AddTenant(t, slug)
	things := foreigner(t, system, slug)
	owner := system.Operator(t, administrator.Owner, "")
	at := "/tenants/" + slug
	reason := "unrecorded " + strings.ToLower(rand.Text())
	refuseRecord(t, system, reason)

	versionOf := func(path string) string {
		var one struct{ Version string }
		owner.Ask(http.MethodGet, path, nil).Into(t, 200, &one)
		return one.Version
	}
	user, application := at+"/users/"+things["users/user"], at+"/applications/"+things["applications/id"]
	for _, c := range []struct {
		method, path string
		body         map[string]any
		// seen is where the change would be seen.
		seen string
	}{
		{http.MethodPost, user + "/block", map[string]any{}, user},
		{http.MethodPatch, user, map[string]any{"version": versionOf(user), "name": "Somebody Else"}, user},
		{http.MethodPost, user + "/delete", map[string]any{}, user},
		{http.MethodPost, at + "/invitations", map[string]any{"email": someone()}, at + "/invitations"},
		{http.MethodPost, application + "/delete", map[string]any{}, application},
		{http.MethodPost, application + "/secret/rotate", map[string]any{"overlapSeconds": 60}, application},
		{http.MethodPost, at + "/applications", map[string]any{"kind": "machine", "settings": map[string]any{"name": "New"}}, at + "/applications"},
		{http.MethodPatch, at, map[string]any{"version": versionOf(at), "name": "Another name"}, at},
		{http.MethodPut, at + "/roles/new", map[string]any{"description": "x"}, at + "/roles"},
		{http.MethodPut, at + "/administrators", map[string]any{"account": things["users/user"], "role": "viewer"}, at + "/administrators"},
		{http.MethodPost, "/jobs/health.sweep/run", map[string]any{}, ""},
	} {
		before := ""
		if c.seen != "" {
			before = string(owner.Ask(http.MethodGet, c.seen, nil).Body)
		}
		c.body["reason"] = reason
		if answer := owner.Ask(c.method, c.path, c.body); answer.Status != http.StatusInternalServerError {
			t.Errorf("%s %s went on without its record: %s", c.method, c.path, answer)
		}
		if c.seen == "" {
			continue
		}
		if after := string(owner.Ask(http.MethodGet, c.seen, nil).Body); after != before {
			t.Errorf("%s %s was not recorded and happened:\n%s\n%s", c.method, c.path, before, after)
		}
	}
	requests := 0
	if err := system.Database(t).NewRaw("SELECT count(*) FROM job_requests WHERE reason = ?", reason).Scan(t.Context(), &requests); err != nil || requests != 0 {
		t.Errorf("%d requests for a job were not recorded and made: %v", requests, err)
	}
}
