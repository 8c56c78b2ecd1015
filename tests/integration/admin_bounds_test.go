package integration_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/journal"
	signing "github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/tests/harness"
)

// One caller keeps nobody else from looking.
func TestOneCallerHasNotAllStreams(t *testing.T) {
	t.Parallel()
	w := beginWatching(t)
	greedy := w.system.Program(t, w.slug, nil, access.SystemRead)
	path := "/tenants/" + w.slug + "/overview/stream?seconds="
	for range 6 {
		listen(t, w.system, greedy.Token, path+"40", "")
	}
	greedy.Ask(t, http.MethodGet, path+"1", "").Refused(t, 503, "busy", "")
	if answer := w.system.Program(t, w.slug, nil, access.SystemRead).Ask(t, http.MethodGet, path+"1", ""); answer.Status != 200 {
		t.Errorf("another: %s", answer)
	}
}

// Years that PostgreSQL does not have, and paths that are spelled in another way, are
// the caller's mistakes.
func TestOddTimesAndPathsAreRefused(t *testing.T) {
	t.Parallel()
	w := beginWatching(t)
	operator := w.system.Operator(t, administrator.Owner, "")
	operator.Ask(http.MethodGet, "/audit?from=0000-01-01T00:00:00Z", nil).Refused(t, 400, "bad_request", "from")
	operator.Ask(http.MethodGet, "/jobs/keys.rotate/runs?cursor=0000-01-01T00:00:00Z_00000000-0000-4000-8000-000000000001", nil).Refused(t, 400, "bad_request", "cursor")
	operator.Ask(http.MethodGet, "/administrators?cursor=eyJhdCI6IjAwMDAtMDEtMDFUMDA6MDA6MDBaIn0", nil).Refused(t, 400, "bad_request", "cursor")
	program := w.system.Program(t, w.slug, map[string]any{hydra.AllTenantsKey: "all"}, access.SystemRead)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.system.Endpoints.URL+"/api/%61dmin/v1/tenants/"+w.slug+"/overview", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+program.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != 404 {
		t.Errorf("a path that is spelled in another way: %d", response.StatusCode)
	}
}

// A tenant is not removed while it is given an application, which only Hydra knows of.
func TestTenantIsNotRemovedUnderAnApplication(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	db, owner := system.Database(t), system.Operator(t, administrator.Owner, "")
	for name, c := range map[string]struct {
		hold, path string
		body       map[string]any
		meanwhile  func(ctx context.Context, tx bun.Tx, slug string) error
		status     int
	}{
		"removed first": {
			"UPDATE", "/applications", map[string]any{"kind": "spa", "settings": map[string]any{
				"name": "Late", "redirectUris": []string{"https://late.example.com/callback"},
			}, "reason": "a race"},
			func(ctx context.Context, tx bun.Tx, slug string) error {
				_, err := tx.NewRaw("DELETE FROM tenants WHERE slug = ?", slug).Exec(ctx)
				return err
			}, 404,
		},
		"added first": {
			"KEY SHARE", "/delete", map[string]any{"reason": "a race"},
			func(_ context.Context, _ bun.Tx, slug string) error {
				system.NewApp(t, map[string]any{"metadata": map[string]any{"tenant": slug}})
				return nil
			}, 409,
		},
	} {
		slug := "race-" + word()
		system.AddTenant(t, slug)
		if c.path == "/delete" {
			c.body["slug"] = slug
		}
		answered := make(chan *harness.Answer, 1)
		err := db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			var id string
			if err := tx.NewRaw("SELECT id::text FROM tenants WHERE slug = ? FOR "+c.hold, slug).Scan(ctx, &id); err != nil {
				return err
			}
			go func() { answered <- owner.Ask(http.MethodPost, "/tenants/"+slug+c.path, c.body) }()
			if err := harness.AwaitWaiter(ctx, tx, func() bool { return len(answered) > 0 }); err != nil {
				return err
			}
			return c.meanwhile(ctx, tx, slug)
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if answer := <-answered; answer.Status != c.status {
			t.Errorf("%s: %s", name, answer)
		}
	}
}

// Who was asked to take a key out may be killed at any moment of it.
func TestCompromisedKeyIsTakenOutThoughTheFirstWasKilled(t *testing.T) {
	t.Parallel()
	k, db, lives := turning(t)
	asked := func(ago time.Duration, args journal.Args) journal.Request {
		r := wishes(t, db, time.Now().Add(-ago), journal.Request{Job: "keys.rotate", Args: args})
		if _, err := db.NewRaw("UPDATE job_requests SET taken_at = ? WHERE id = ?", time.Now().Add(-min(ago, 10*time.Minute)), r.ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		return r
	}
	ended := func(what, outcome string) {
		t.Helper()
		if r := outcomeOf(t, db, "keys.rotate"); r.Outcome != outcome {
			t.Errorf("%s ended as %+v", what, r)
		}
	}
	bad := lives()[0].ID
	asked(48*time.Hour, journal.Args{Compromised: bad})
	k.knock("keys.rotate")
	ended("one that kills who takes it", journal.RequestFailed)
	asked(30*time.Minute, journal.Args{Compromised: bad})
	k.knock("keys.rotate")
	ended("one whose taker was killed", journal.RequestSucceeded)
	for _, l := range lives() {
		if l.ID == bad && l.State != signing.Gone {
			t.Errorf("the key is %+v", l)
		}
	}
	done := asked(20*time.Minute, journal.Args{Hasten: true})
	if _, err := db.NewRaw("INSERT INTO job_runs (id, job, event_source, event_id, started_at, finished_at, outcome, summary) "+
		"VALUES (gen_random_uuid(), 'keys.rotate', ?, ?, now(), now(), 'succeeded', '')", journal.RequestSource, done.ID.String()).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.knock("keys.rotate")
	ended("one that was done, and not written down", journal.RequestSucceeded)
	if r := outcomeOf(t, db, "keys.rotate"); r.Summary != "it was done" {
		t.Errorf("it says %q", r.Summary)
	}
}
