package integration_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authway/authway/functions/maintenance/clean"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/tests/harness"
)

func TestAccountIsPurgedAfterItsGrace(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	arrival := r.app.Arrive(t, r.allow(r.visitor.Open(r.app.Start())))
	r.call(http.MethodDelete, "", map[string]string{"email": r.email}).Into(t, 200, nil)
	r.system.Knock(t, clean.AccountsJob)
	if n := r.system.CountUsers(t, r.email); n != 1 {
		t.Fatal("it is gone before its time")
	}
	subject := arrival.IDToken.Subject
	r.system.EndGrace(t, r.email)
	r.system.Knock(t, clean.AccountsJob)
	if n := r.system.CountUsers(t, r.email); n != 0 {
		t.Error("it is still there")
	}
	if events := r.system.RecordedOf(t, subject); len(events) == 0 || !strings.HasPrefix(events[len(events)-1], "user.purged") {
		t.Errorf("the audit log says %v", events)
	}
	page := r.signIn(harness.NewVisitor(t).Open(r.app.Start()))
	says(t, page, 422, "wrong_credentials")
	r.system.AddUser(t, r.email, "Another", password)
	if again := r.through(); again.IDToken.Subject == subject {
		t.Error("who registers with the address is the one who left")
	}
}

func TestHydraIsCleanedOfWhatIsOver(t *testing.T) {
	t.Parallel()
	old, living := begin(t, nil), begin(t, map[string]any{"skip_consent": true})
	gone := old.through()
	kept := living.app.Arrive(t, living.signIn(living.visitor.Open(living.app.Start())))
	for range 3 {
		kept = living.app.Arrive(t, living.visitor.Open(living.app.Start()))
	}
	db := old.system.HydraDatabase(t)
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"access", "refresh", "code", "pkce", "oidc"} {
		exec("UPDATE hydra_oauth2_"+table+" SET requested_at = requested_at - interval '100 days', expires_at = expires_at - interval '100 days' WHERE client_id = ?", old.app.ClientID)
	}
	exec("UPDATE hydra_oauth2_flow SET requested_at = requested_at - interval '2 days' WHERE client_id = ?", old.app.ClientID)
	// Hydra keeps seconds, and these sign-ins were faster.
	exec(`UPDATE hydra_oauth2_flow f SET requested_at = f.requested_at - interval '2 days' - n * interval '1 minute'
		FROM (SELECT challenge_id, row_number() OVER (ORDER BY requested_at DESC) AS n FROM hydra_oauth2_refresh WHERE client_id = ?) t
		WHERE t.challenge_id = f.consent_challenge_id`, living.app.ClientID)
	exec("UPDATE hydra_oauth2_flow SET consent_remember = false WHERE client_id = ?", old.app.ClientID)
	// The tokens of all but the last of the other's sign-ins are over as well.
	exec(`UPDATE hydra_oauth2_access SET expires_at = expires_at - interval '100 days' WHERE client_id = ? AND requested_at < (SELECT max(requested_at) FROM hydra_oauth2_access WHERE client_id = ?)`, living.app.ClientID, living.app.ClientID)
	exec(`UPDATE hydra_oauth2_refresh SET expires_at = expires_at - interval '100 days' WHERE client_id = ? AND requested_at < (SELECT max(requested_at) FROM hydra_oauth2_refresh WHERE client_id = ?)`, living.app.ClientID, living.app.ClientID)

	job := clean.HydraCleaner{DB: old.system.Database(t), Hydra: db, Clock: clock.System(), Rest: clean.Rest}.Job()
	if said, err := job.Do(t.Context()); err != nil {
		t.Fatalf("%s: %v", said, err)
	}
	count := func(table, client string) (n int) {
		t.Helper()
		if err := db.NewRaw("SELECT count(*) FROM hydra_oauth2_"+table+" WHERE client_id = ?", client).Scan(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, table := range []string{"access", "refresh", "code", "pkce", "oidc", "flow"} {
		if n := count(table, old.app.ClientID); n != 0 {
			t.Errorf("%d rows that are over are left of %s", n, table)
		}
	}
	// The first says since when, the last has living tokens: one of the two between
	// may have had the latest tokens before they were aged, none is needed.
	if n := count("flow", living.app.ClientID); n != 2 {
		t.Errorf("%d consents are left, want the first and the last", n)
	}
	if !living.introspect(kept.Tokens.AccessToken) {
		t.Error("a living access token was removed")
	}
	living.app.Refresh(t, kept.Tokens)
	if page := living.visitor.Open(living.app.Start("prompt", "none")); page.URL.Query().Get("error") != "" {
		t.Errorf("the remembered consent is lost: %s", page.URL.Query().Get("error"))
	}
	if _, err := old.app.TryRefresh(t.Context(), gone.Tokens); err == nil {
		t.Error("a token that was removed is taken")
	}
}

func TestDatabaseIsVacuumedByItsOwnerAlone(t *testing.T) {
	t.Parallel()
	database := harness.NewDatabase(t)
	for said, owner := range map[string]string{"vacuumed": database.OwnerURL(), "reported; DATABASE_OWNER_URL is not set, so that autovacuum alone vacuums": ""} {
		settings := map[string]string{"DATABASE_OWNER_URL": owner}
		out := runJob(t, database, clean.VacuumJob, settings)
		if !strings.Contains(out, said) {
			t.Errorf("with owner %t it says %q", owner != "", out)
		}
		if _, err := database.Owner(t).ExecContext(t.Context(), "UPDATE job_runs SET started_at = started_at - interval '8 days'"); err != nil {
			t.Fatal(err)
		}
	}
}
