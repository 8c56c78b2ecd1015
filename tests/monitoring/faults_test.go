package monitoring

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/tests/harness"
)

// fault is one thing that goes wrong, and the alerts that are there for it.
type fault struct {
	alerts []string
	breaks func(t *testing.T, w *world)
	// mends undoes it where what follows would not stand on it.
	mends func(w *world)
}

// faults in an order in which one leaves the next room.
var faults = []fault{
	{alerts: []string{"MemoryUsage"}, breaks: func(_ *testing.T, w *world) { w.cluster.set("memory", "230000000") }},
	{alerts: []string{"VolumeFilling"}, breaks: func(_ *testing.T, w *world) { w.cluster.set("free", "1000000000") }},
	{alerts: []string{"FunctionNotReady"}, breaks: func(_ *testing.T, w *world) { w.cluster.set("ready", "0") }},
	{alerts: []string{"PodRestarting"}, breaks: func(_ *testing.T, w *world) { w.cluster.set("restarts", "9") }},
	{alerts: []string{"RedisDown"}, breaks: func(_ *testing.T, w *world) { w.redis.Cut() }, mends: func(w *world) { w.redis.Mend() }},
	{alerts: []string{"PartDown"}, breaks: func(t *testing.T, w *world) {
		w.mail.Cut()
		w.system.Knock(t, "health.sweep")
	}},
	{alerts: []string{"GuessingSuspected"}, breaks: guess},
	{alerts: []string{"HighErrorRate", "ErrorBudgetBurnFast", "ErrorBudgetBurnSlow"}, breaks: breakLogin, mends: func(w *world) { w.open("authway_login") }},
	{alerts: []string{"HighResponseTime"}, breaks: slowDown},
	{alerts: []string{"SignInsTurnedAway"}, breaks: crowd},
	{alerts: []string{"HookFailing"}, breaks: breakHooks, mends: func(w *world) { w.open("authway_token") }},
	{alerts: []string{"JobFailing"}, breaks: func(_ *testing.T, w *world) {
		w.exec("UPDATE job_runs SET outcome = 'failed' WHERE job = 'sessions.clean'")
	}},
	{alerts: []string{"BackupUnreadable"}, breaks: spoilBackup},
	{alerts: []string{"AuditTampered"}, breaks: tamper},
	// From here on no job runs: the rest is what time does to a system whose maintenance stands still.
	{alerts: []string{"SchedulesSilent"}, breaks: func(_ *testing.T, w *world) {
		w.shut("authway_maintenance")
		w.exec("UPDATE job_runs SET started_at = started_at - interval '1 hour', finished_at = finished_at - interval '1 hour'")
	}},
	{alerts: []string{"OutboxStuck"}, breaks: func(t *testing.T, w *world) {
		w.forget(t)
		w.exec("UPDATE outbox SET due_at = now() - interval '20 minutes' WHERE kind = 'mail' AND delivered_at IS NULL AND dead_at IS NULL")
	}},
	{alerts: []string{"OutboxGivenUp"}, breaks: func(t *testing.T, w *world) {
		w.forget(t)
		w.exec("UPDATE outbox SET dead_at = now() WHERE id = (SELECT id FROM outbox WHERE kind = 'mail' AND delivered_at IS NULL AND dead_at IS NULL LIMIT 1)")
	}},
	{alerts: []string{"DeadLetters"}, breaks: deadLetter},
	{alerts: []string{"KeyOverdue"}, breaks: func(_ *testing.T, w *world) {
		w.exec("UPDATE signing_keys SET published_at = published_at - interval '400 days', activated_at = activated_at - interval '400 days'")
	}},
	{alerts: []string{"AuditUnsealed"}, breaks: unseal},
	{alerts: []string{"BackupTooOld"}, breaks: func(_ *testing.T, w *world) {
		w.exec("UPDATE backup_state SET wal_reached = wal_reached - interval '2 hours'")
	}},
	{alerts: []string{"FullBackupTooOld"}, breaks: func(_ *testing.T, w *world) {
		w.exec("UPDATE backup_state SET full_at = full_at - interval '30 hours'")
	}},
	{alerts: []string{"SlotLag"}, breaks: writeMuch},
	{alerts: []string{"SlotLost"}, breaks: loseSlot},
	{alerts: []string{"DrillTooOld"}, breaks: func(_ *testing.T, w *world) {
		w.exec("UPDATE recovery_drills SET started_at = started_at - interval '20 days', finished_at = finished_at - interval '20 days'")
	}},
	{alerts: []string{"DrillFailed", "DrillForged"}, breaks: func(_ *testing.T, w *world) {
		w.exec("UPDATE recovery_drills SET succeeded = false, refused = true, finished_at = now()")
	}},
	{alerts: []string{"DrillMissing"}, breaks: func(_ *testing.T, w *world) { w.exec("DELETE FROM recovery_drills") }},
	{alerts: []string{"BackupMissing"}, breaks: func(_ *testing.T, w *world) { w.exec("DELETE FROM backup_state") }},
	{alerts: []string{"DatabaseConnections"}, breaks: connect},
	{alerts: []string{"DatabaseUnwatched", "ServiceDown"}, breaks: func(_ *testing.T, w *world) { w.shut("authway_monitor") }},
	{alerts: []string{"DatabaseDown", "PostgresDown"}, breaks: func(_ *testing.T, w *world) { w.shut("authway_metrics") }},
	{alerts: []string{"ExporterMissing"}, breaks: func(_ *testing.T, w *world) { w.exporter.kill() }},
	{alerts: []string{"RulesFailing"}, breaks: func(t *testing.T, w *world) {
		// Which of several? No answer.
		write(t, filepath.Join(filepath.Dir(w.configuration), "broken.yml"), "groups: [{name: broken, rules: [{record: a, expr: \"up + on () up\"}]}]\n")
		w.reload()
	}},
	{alerts: []string{"NotificationsFailing"}, breaks: func(_ *testing.T, w *world) { w.receivers.deafen() }},
	{alerts: []string{"AlertmanagerGone"}, breaks: func(_ *testing.T, w *world) { w.alertmanager.kill() }},
}

// guess tries passwords of accounts that are not there.
func guess(t *testing.T, w *world) {
	app := w.system.NewApp(t, nil)
	w.keepOn(t, "GuessingSuspected", func(context.Context) {
		page := harness.NewVisitor(t).Open(app.Start())
		_, _ = page.TrySubmit(map[string][]string{"email": {someone()}, "password": {"a wrong password"}}, "")
	})
}

// crowd is more people at once than there is room for in the line, again and again.
func crowd(t *testing.T, w *world) {
	app := w.system.NewApp(t, nil)
	w.keepOn(t, "SignInsTurnedAway", func(context.Context) { rush(t, app, 40) })
}

// rush is so many people who sign in at the same moment.
func rush(t *testing.T, app *harness.App, people int) {
	t.Helper()
	var pages []*harness.Page
	for range people {
		pages = append(pages, harness.NewVisitor(t).Open(app.Start()))
	}
	var all sync.WaitGroup
	for _, page := range pages {
		all.Go(func() {
			_, _ = page.TrySubmit(map[string][]string{"email": {someone()}, "password": {password}}, "")
		})
	}
	all.Wait()
}

// slowDown lets sign-ins wait for a lock that somebody holds, again and again.
func slowDown(t *testing.T, w *world) {
	app := w.system.NewApp(t, nil)
	w.keepOn(t, "HighResponseTime", func(ctx context.Context) {
		tx, err := w.server.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(ctx, "LOCK TABLE users IN ACCESS EXCLUSIVE MODE"); err != nil {
			t.Fatal(err)
		}
		held := time.AfterFunc(3*time.Second, func() { _ = tx.Rollback() })
		defer held.Stop()
		rush(t, app, 6)
	})
}

// breakHooks keeps token from the database while an application asks for tokens.
func breakHooks(t *testing.T, w *world) {
	app := w.system.NewApp(t, map[string]any{"skip_consent": true})
	tokens := w.signIn(t, app).Tokens
	w.shut("authway_token")
	w.keepOn(t, "HookFailing", func(ctx context.Context) {
		if answer, err := app.TryRefresh(ctx, tokens); err == nil {
			tokens = answer.Tokens
		}
	})
}

// breakLogin keeps login from the database while people come.
func breakLogin(t *testing.T, w *world) {
	w.shut("authway_login")
	w.keepOn(t, "HighErrorRate", func(ctx context.Context) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.system.Endpoints.URL+"/api/account", nil)
		if err != nil {
			return
		}
		request.AddCookie(&http.Cookie{Name: "authway_session", Value: strings.Repeat("a", 43)})
		if answer, err := http.DefaultClient.Do(request); err == nil {
			answer.Body.Close()
		}
	})
}

// keepOn does something again and again until an alert fires.
func (w *world) keepOn(t *testing.T, alert string, do func(context.Context)) {
	t.Helper()
	await(t, alert+" to fire", func() bool {
		do(t.Context())
		return slices.Contains(w.firing(), alert)
	})
}

// forget leaves a mail that nobody can deliver.
func (w *world) forget(t *testing.T) {
	t.Helper()
	w.system.AddMail(t, outbox.Mail{To: "ada@example.org", Template: outbox.PasswordChanged})
}

// spoilBackup damages what is stored of the last base backup, and lets it be read back.
func spoilBackup(t *testing.T, w *world) {
	stored, err := filepath.Glob(filepath.Join(w.dir, "backups", "base", "*", "*"))
	if err != nil || len(stored) == 0 {
		t.Fatalf("there is no base backup: %v", err)
	}
	for _, file := range stored {
		if filepath.Base(file) == "backup.json" {
			continue
		}
		if err := os.WriteFile(file, []byte("spoilt"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if said, err := w.again("backup.verify"); err == nil {
		t.Fatalf("a spoilt backup is read back: %s", said)
	}
}

// tamper changes a sealed event behind the triggers, and lets the log be verified.
func tamper(t *testing.T, w *world) {
	w.exec("SET LOCAL session_replication_role = replica", "UPDATE audit_events SET ip = '192.0.2.1' WHERE action = 'login.succeeded'")
	if said, err := w.again("audit.verify"); err == nil {
		t.Fatalf("nothing is found: %s", said)
	}
}

// unseal takes the seals away, with an old event in the log.
func unseal(_ *testing.T, w *world) {
	w.exec("SET LOCAL session_replication_role = replica", "DELETE FROM audit_seals",
		"UPDATE audit_events SET at = at - interval '2 hours' WHERE (at, id) = (SELECT at, id FROM audit_events ORDER BY at, id LIMIT 1)")
}

// deadLetter is what Knative sends when it has given up on an event.
func deadLetter(t *testing.T, w *world) {
	w.open("authway_maintenance")
	address := w.system.Upstreams[edge.Maintenance].JoinPath("events", "dead").String()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": "1", "Ce-Source": "/apis/v1/namespaces/authway/pingsources/keys-rotate", "Ce-Type": "dev.knative.sources.ping",
		"Ce-Job": "keys.rotate", "Ce-Knativeerrorcode": "503", "Ce-Knativeerrordest": "http://maintenance/events",
	} {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != http.StatusNoContent {
		t.Fatalf("the letter is not taken: %v, %v", answer, err)
	}
	answer.Body.Close()
	w.shut("authway_maintenance")
}

// writeMuch lets PostgreSQL write a gigabyte of WAL that nobody copies.
func writeMuch(t *testing.T, w *world) {
	for range 70 {
		if _, err := w.server.ExecContext(t.Context(), "SELECT pg_logical_emit_message(false, 'a', 'a'), pg_switch_wal()"); err != nil {
			t.Fatal(err)
		}
	}
}

// loseSlot writes as much again: more than the server keeps for a slot, which it gives
// up at its next checkpoint.
func loseSlot(t *testing.T, w *world) {
	writeMuch(t, w)
	w.alter("CHECKPOINT")
}

// connect takes a quarter of the connections that there may be.
func connect(t *testing.T, w *world) {
	var most int
	if err := w.server.NewRaw("SELECT current_setting('max_connections')::int").Scan(t.Context(), &most); err != nil {
		t.Fatal(err)
	}
	w.taken(most / 4)
}
