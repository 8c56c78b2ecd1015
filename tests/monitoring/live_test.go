package monitoring

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

func someone() string { return strings.ToLower(rand.Text()) + "@example.org" }

// Each alert is quiet on a sound system that people use, fires when its fault is there,
// and the person who has to know is told.
func TestEveryAlertFiresByItsFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.use(t)
	w.quiet(t)
	rest := w.crowded(t)
	silent := w.everyPanelShowsSomething(t)
	rest()
	shown := []string{"Watchdog"}
	for _, f := range faults {
		for _, name := range f.alerts {
			if slices.Contains(w.firing(), name) {
				t.Errorf("%s fires before its fault", name)
			}
		}
		begun := time.Now()
		f.breaks(t, w)
		if !w.fires(f.alerts) {
			t.Errorf("%v do not fire", f.alerts)
		}
		t.Logf("%v after %s", f.alerts, time.Since(begun).Round(100*time.Millisecond))
		silent = w.stillSilent(t, silent)
		if f.mends != nil {
			f.mends(w)
		}
		shown = append(shown, f.alerts...)
	}
	for _, q := range silent {
		t.Errorf("%s, %s: %s returns no data, whatever is broken", q.dashboard, q.panel, q.expression)
	}
	for _, r := range rules(t, alerts) {
		if !slices.Contains(shown, r.Alert) {
			t.Errorf("nothing is known that makes %s fire", r.Alert)
		}
	}
	for alert, receiver := range map[string]string{"Watchdog": "heartbeat", "SlotLost": "now", "SlotLag": "morning"} {
		await(t, receiver+" to hear of "+alert, func() bool { return w.receivers.hears(receiver, alert) })
	}
}

// fires waits until all of the alerts fire, and is false if they do not.
func (w *world) fires(names []string) bool {
	w.t.Helper()
	bounded, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		firing := w.firing()
		if !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(firing, name) }) {
			return true
		}
		select {
		case <-bounded.Done():
			return false
		case <-tick.C:
		}
	}
}

// use is what people do on a good day, and the jobs of a night.
func (w *world) use(t *testing.T) {
	t.Helper()
	app := w.system.NewApp(t, map[string]any{"skip_consent": true})
	for range 3 {
		w.signIn(t, app)
	}
	for _, job := range []string{"backup.incremental", "health.sweep", "audit.seal", "outbox.deliver", "sessions.clean"} {
		w.system.Knock(t, job)
	}
	if said, err := w.again("audit.verify"); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	w.exec("INSERT INTO recovery_drills (id, started_at, finished_at, succeeded, rpo_seconds, rto_seconds, summary, recorded_at) VALUES ('1', now() - interval '1 hour', now() - interval '59 minutes', true, 60, 30, 'somebody is signed in', now())")
	await(t, "a base backup", func() bool {
		n, err := w.server.NewSelect().Table("backup_state").Where("full_at IS NOT NULL AND wal_reached IS NOT NULL").Count(t.Context())
		return err == nil && n == 1
	})
	for _, job := range []string{"backup.incremental", "backup.verify"} {
		if said, err := w.run("run", job); err != nil {
			t.Fatalf("%s: %v: %s", job, err, said)
		}
	}
	var failed []string
	if err := w.server.NewRaw("SELECT job || ': ' || summary FROM job_runs WHERE outcome = 'failed'").Scan(t.Context(), &failed); err != nil || len(failed) > 0 {
		t.Fatalf("jobs have failed: %q, %v", failed, err)
	}
	// One that takes long.
	w.exec("INSERT INTO job_runs (id, job, started_at) SELECT gen_random_uuid(), 'database.vacuum', now() - interval '1 minute'",
		"INSERT INTO leases (job, holder, until) VALUES ('database.vacuum', gen_random_uuid(), now() + interval '10 minutes') ON CONFLICT (job) DO UPDATE SET until = excluded.until")
}

// crowded lets people come and go, refresh their tokens and leave, until the returned
// function is called.
func (w *world) crowded(t *testing.T) (rest func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	app := w.system.NewApp(t, map[string]any{"skip_consent": true})
	var coming sync.WaitGroup
	coming.Go(func() {
		for ctx.Err() == nil {
			visitor, email := harness.NewVisitor(t), someone()
			w.system.AddUser(t, email, "Ada Lovelace", password)
			page := visitor.Open(app.Start()).Submit(map[string][]string{"email": {email}, "password": {password}}, "")
			tokens := app.Arrive(t, page).Tokens
			_, _ = visitor.TryCall(http.MethodPatch, w.system.Endpoints.URL+"/api/account", map[string]string{"name": "Ada King"})
			forgetful := harness.NewVisitor(t).Open(app.Start()).Submit(nil, "action=recover")
			_, _ = forgetful.TrySubmit(map[string][]string{"email": {email}}, "")
			if _, err := app.TryRefresh(ctx, tokens); err != nil && ctx.Err() == nil {
				t.Errorf("a refresh: %v", err)
			}
			w.tryOut(ctx)
		}
	})
	return func() {
		cancel()
		coming.Wait()
	}
}

// tryOut asks where only programs and people with an account do, who get a refusal here:
// it is counted as well as any answer.
func (w *world) tryOut(ctx context.Context) {
	for _, route := range []string{
		"POST /token/introspect", "POST /token/exchange", "POST /oauth2/revoke", "DELETE /api/account/apps/a",
	} {
		method, path, _ := strings.Cut(route, " ")
		request, err := http.NewRequestWithContext(ctx, method, w.system.Endpoints.URL+path, http.NoBody)
		if err != nil {
			continue
		}
		request.Header.Set("Origin", w.system.Endpoints.URL)
		if answer, err := http.DefaultClient.Do(request); err == nil {
			answer.Body.Close()
		}
	}
}

func (w *world) signIn(t *testing.T, app *harness.App) harness.Arrival {
	t.Helper()
	email := someone()
	w.system.AddUser(t, email, "Ada Lovelace", password)
	page := harness.NewVisitor(t).Open(app.Start()).Submit(map[string][]string{"email": {email}, "password": {password}}, "")
	return app.Arrive(t, page)
}

// quiet waits until all that is waited for has been evaluated, and nothing fires.
func (w *world) quiet(t *testing.T) {
	t.Helper()
	var last []alert
	defer func() {
		if t.Failed() {
			_, targets := get(t, w.prometheus.url+"/prometheus/api/v1/targets")
			t.Logf("there are %v; of the targets: %s", last, targets)
		}
	}()
	await(t, "nothing to fire but Watchdog", func() bool {
		last = w.alerts()
		return len(last) == 1 && last[0].Labels["alertname"] == "Watchdog" && last[0].State == "firing"
	})
}
