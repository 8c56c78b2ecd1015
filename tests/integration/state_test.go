package integration_test

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance/state"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/lease"
	"github.com/authway/authway/shared/recovery"
	"github.com/authway/authway/tests/harness"
)

// theState are the series by which alerts and dashboards watch a system: a name that
// changes, or one that is no longer there, is an alert that never comes.
var theState = []string{
	"authway_state_up", "active_sessions_total",
	"authway_outbox_waiting", "authway_outbox_age_seconds", "authway_outbox_dead", "authway_dead_letters",
	"authway_job_last_success_timestamp_seconds", "authway_job_last_failed", "authway_job_running_seconds",
	"authway_key_age_seconds", "authway_key_overdue_seconds",
	"authway_backup_full_timestamp_seconds", "authway_backup_full_bytes", "authway_backup_wal_reached_timestamp_seconds",
	"authway_backup_slot_retained_bytes", "authway_backup_slot_lost",
	"authway_restore_drill_success", "authway_restore_drill_rpo_seconds", "authway_restore_drill_rto_seconds",
	"authway_restore_drill_timestamp_seconds", "authway_restore_drill_refused",
	"authway_part_up", "authway_part_checked_timestamp_seconds",
	"authway_audit_sealed_timestamp_seconds", "authway_audit_unsealed_age_seconds",
}

// scraped is what /metrics says, by the series with its labels.
type scraped map[string]float64

func scrape(t *testing.T, address string) scraped {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("a scrape is answered %d, %v: %s", response.StatusCode, err, text)
	}
	all := scraped{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		i := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || i < 0 {
			continue
		}
		value, err := strconv.ParseFloat(line[i+1:], 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all[line[:i]] = value
	}
	return all
}

// of are the series of a name.
func (s scraped) of(name string) (found []string) {
	for series := range maps.Keys(s) {
		if series == name || strings.HasPrefix(series, name+"{") {
			found = append(found, series)
		}
	}
	return found
}

// watching is a database whose state is shown.
type watching struct {
	t       *testing.T
	db      harness.Database
	owner   *bun.DB
	address string
	now     time.Time
}

func watchState(t *testing.T) watching {
	t.Helper()
	db := harness.NewDatabase(t)
	return watching{t, db, db.Owner(t), harness.StartFunction(t, state.Spec, db, nil), time.Now().UTC()}
}

func (w watching) do(statement string, args ...any) {
	w.t.Helper()
	if _, err := w.owner.NewRaw(statement, args...).Exec(w.t.Context()); err != nil {
		w.t.Fatalf("%.60s: %v", statement, err)
	}
}

func (w watching) ago(d time.Duration) time.Time { return w.now.Add(-d) }

// session makes one of the default tenant, for an account of its own.
func (w watching) session(expires time.Time, ended *time.Time) {
	w.t.Helper()
	tenant, user := "00000000-0000-4000-8000-000000000001", uuid.New()
	w.do("INSERT INTO users (id, tenant_id, email, email_key, name, created_at) VALUES (?, ?, ?, ?, '', now())", user, tenant, user.String()+"@example.org", user.String()+"@example.org")
	w.do(`INSERT INTO sessions (id, tenant_id, user_id, token_hash, amr, remembered, authenticated_at, last_seen_at, expires_at, ended_at)
		VALUES (gen_random_uuid(), ?, ?, sha256(?::text::bytea), '{pwd}', false, now(), now(), ?, ?)`, tenant, user, user, expires, ended)
}

func (w watching) mail(due time.Time, delivered, dead *time.Time) {
	w.t.Helper()
	w.do(`INSERT INTO outbox (id, tenant_id, kind, payload, created_at, due_at, delivered_at, dead_at)
		VALUES (gen_random_uuid(), '00000000-0000-4000-8000-000000000001', 'mail', 'x', ?, ?, ?, ?)`, due, due, delivered, dead)
}

func (w watching) event(due time.Time) {
	w.t.Helper()
	w.do(`INSERT INTO outbox (id, kind, subject, payload, created_at, due_at) VALUES (gen_random_uuid(), 'event', 'somebody', '', ?, ?)`, due, due)
}

func (w watching) run(job string, failure error, summary string) {
	w.t.Helper()
	runs := journal.Runs{DB: w.db.As(w.t, "maintenance"), Clock: clock.System()}
	id, err := runs.Begin(w.t.Context(), job, journal.Cause{})
	if err == nil {
		err = runs.End(w.t.Context(), id, summary, failure)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// begin begins a run that does not end; held says that its process lives.
func (w watching) begin(job string, held bool) {
	w.t.Helper()
	db := w.db.As(w.t, "maintenance")
	if held {
		if _, taken, err := (lease.Store{DB: db, Clock: clock.System()}).Take(w.t.Context(), job, time.Minute); err != nil || taken {
			w.t.Fatal(taken, err)
		}
	}
	w.do("INSERT INTO job_runs (id, job, started_at) VALUES (gen_random_uuid(), ?, ?)", job, w.ago(90*time.Second))
}

func (w watching) signingKey(state string, published, activated time.Time) {
	w.t.Helper()
	w.do("INSERT INTO signing_keys (kid, algorithm, state, public_key, private_key, published_at, activated_at) VALUES (?, 'ES256', ?, 'x', 'x', ?, ?)",
		strings.Repeat(state, 43)[:43], state, published, activated)
}

func (w watching) drill(id string, ended time.Time, succeeded, refused bool) {
	w.t.Helper()
	drills := recovery.Drills{DB: w.db.As(w.t, "maintenance"), Clock: clock.System()}
	_, err := drills.Record(w.t.Context(), recovery.Drill{
		ID: id, StartedAt: ended.Add(-time.Minute), FinishedAt: ended, Succeeded: succeeded, Refused: refused, RPOSeconds: 30, RTOSeconds: 90, Summary: "done",
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// happened adds an event of the audit log, and seals the log up to it.
func (w watching) happened(at time.Time, sealed bool) {
	w.t.Helper()
	id := uuid.New()
	w.do(`INSERT INTO audit_events (id, at, action, outcome, actor_kind, actor_id, subject_id, client_id, request_id, ip, detail, row_hash)
		VALUES (?, ?, 'key.rotated', 'success', 'system', 'maintenance', '', '', '', '', '{}', sha256(''))`, id, at)
	if sealed {
		w.do(`INSERT INTO audit_seals (seq, late, from_at, to_at, until_at, until_id, rows, total, events, rows_hash, kept_from, previous, hash, sealed_at)
			VALUES (1, false, ?0, ?0, ?0, ?1, 1, 1, ARRAY[?1::uuid], sha256(''), now() - interval '400 days', sha256('0'), sha256('1'), now())`, at, id)
	}
}

// near reports whether got is want, or a little more: ages grow while a test runs.
func near(got, want float64) bool { return got >= want-1 && got < want+120 }

func TestEverySeriesOfTheStateIsThere(t *testing.T) {
	t.Parallel()
	w := watchState(t)
	// What has never happened has no time.
	before := scrape(t, w.address)
	for series, want := range map[string]float64{
		"authway_state_up": 1, "active_sessions_total": 0, "authway_dead_letters": 0, "authway_backup_slot_lost": 0, "authway_restore_drill_refused": 0,
		`authway_outbox_age_seconds{kind="mail"}`: 0, `authway_job_last_failed{job="keys.rotate"}`: 0, "authway_part_checked_timestamp_seconds": 0,
	} {
		if got, there := before[series]; !there || got != want {
			t.Errorf("at the beginning %s is %v, %t", series, got, there)
		}
	}
	for _, name := range []string{"authway_restore_drill_timestamp_seconds", "authway_backup_full_timestamp_seconds", "authway_part_up", "authway_key_age_seconds"} {
		if found := before.of(name); len(found) > 0 {
			t.Errorf("at the beginning there is %v", found)
		}
	}

	w.session(w.now.Add(time.Hour), nil)
	w.mail(w.ago(time.Minute), nil, nil)
	w.run("keys.rotate", nil, "turned")
	w.run(journal.SweepJob, nil, journal.Answering(3, nil))
	w.signingKey("active", w.ago(time.Hour), w.ago(time.Hour))
	w.drill("1", w.now, true, false)
	w.happened(w.ago(time.Minute), true)
	backups := recovery.Backups{DB: w.db.As(t, "maintenance")}
	if err := backups.Full(t.Context(), "nobodys", w.now, 12345, w.now); err != nil {
		t.Fatal(err)
	}
	now := scrape(t, w.address)
	for _, name := range theState {
		if len(now.of(name)) == 0 {
			t.Errorf("there is no %s", name)
		}
	}
	for series := range now {
		name, labels, _ := strings.Cut(series, "{")
		if strings.HasPrefix(name, "authway_") && !strings.Contains(labels, `function="`) && !slices.Contains(theState, name) {
			t.Errorf("%s is not in the list that alerts are written by", name)
		}
	}
}

func TestTheStateIsWhatHappened(t *testing.T) {
	t.Parallel()
	w := watchState(t)
	ended := w.ago(time.Minute)
	w.session(w.now.Add(time.Hour), nil)
	w.session(w.now.Add(time.Hour), nil)
	w.session(w.now.Add(time.Hour), &ended)
	w.session(w.ago(time.Hour), nil)

	w.mail(w.ago(200*time.Second), nil, nil)
	w.mail(w.now.Add(time.Hour), nil, nil)
	w.mail(w.ago(time.Hour), &ended, nil)
	w.mail(w.ago(time.Hour), nil, &ended)
	w.event(w.ago(500 * time.Second))
	w.do(`INSERT INTO dead_letters (id, received_at, event_source, event_id, event_type, job, destination, code, reason, seen_at) VALUES
		(gen_random_uuid(), now(), 's', '1', 't', 'j', 'd', '503', '', NULL), (gen_random_uuid(), now(), 's', '2', 't', 'j', 'd', '503', '', now())`)

	w.run("keys.rotate", nil, "turned")
	w.run("keys.rotate", errors.New("no"), "no")
	w.run("outbox.deliver", errors.New("no"), "no")
	w.run("outbox.deliver", nil, "delivered")
	w.begin("backup.full", true)
	w.begin("hydra.clean", false)
	w.run(journal.SweepJob, nil, journal.Answering(3, []string{"smtp"}))

	// It should have been replaced an hour and twenty-five minutes ago.
	w.signingKey("active", w.ago(31*24*time.Hour), w.ago(30*24*time.Hour+85*time.Minute))
	w.signingKey("published", w.ago(3*time.Hour), time.Time{})
	w.do("INSERT INTO hydra_keys (key_set, kid, begun_at, signing_at) VALUES ('hydra.openid.id-token', 'a', ?0, ?0), ('hydra.openid.id-token', 'b', ?1, NULL)",
		w.ago(1000*time.Second), w.ago(300*time.Second))

	w.drill("1", w.ago(2*time.Hour), true, false)
	w.drill("2", w.ago(time.Hour), false, true)
	w.happened(w.ago(2000*time.Second), false)
	w.happened(w.ago(1000*time.Second), true)
	w.happened(w.ago(400*time.Second), false)
	w.happened(w.ago(100*time.Second), false)

	got := scrape(t, w.address)
	for series, want := range map[string]float64{
		"authway_state_up": 1, "active_sessions_total": 2,
		`authway_outbox_waiting{kind="mail"}`: 2, `authway_outbox_age_seconds{kind="mail"}`: 200, `authway_outbox_dead{kind="mail"}`: 1,
		`authway_outbox_waiting{kind="event"}`: 1, `authway_outbox_age_seconds{kind="event"}`: 500, `authway_outbox_dead{kind="event"}`: 0,
		"authway_dead_letters":                                          1,
		`authway_job_last_failed{job="keys.rotate"}`:                    1,
		`authway_job_last_success_timestamp_seconds{job="keys.rotate"}`: float64(w.now.Unix()),
		`authway_job_last_failed{job="outbox.deliver"}`:                 0,
		`authway_job_running_seconds{job="backup.full"}`:                90,
		`authway_job_last_failed{job="backup.full"}`:                    0,
		`authway_job_running_seconds{job="hydra.clean"}`:                0,
		`authway_job_last_failed{job="hydra.clean"}`:                    1,
		`authway_part_up{part="smtp"}`:                                  0,
		`authway_part_up{part="hydra"}`:                                 1,
		`authway_part_up{part="postgres"}`:                              1,
		"authway_part_checked_timestamp_seconds":                        float64(w.now.Unix()),
		`authway_key_age_seconds{use="authway.tokens"}`:                 (30*24*time.Hour + 85*time.Minute).Seconds(),
		`authway_key_overdue_seconds{use="authway.tokens"}`:             (85 * time.Minute).Seconds(),
		`authway_key_age_seconds{use="hydra.openid.id-token"}`:          1000,
		`authway_key_overdue_seconds{use="hydra.openid.id-token"}`:      300,
		"authway_restore_drill_success":                                 0,
		"authway_restore_drill_rpo_seconds":                             30,
		"authway_restore_drill_refused":                                 1,
		"authway_restore_drill_timestamp_seconds":                       float64(w.ago(time.Hour).Unix()),
		"authway_audit_sealed_timestamp_seconds":                        float64(w.ago(1000 * time.Second).Unix()),
		"authway_audit_unsealed_age_seconds":                            400,
	} {
		if value, there := got[series]; !there || value != want && (want < 20 || !near(value, want)) {
			t.Errorf("%s is %v (%t), want %v", series, value, there, want)
		}
	}
	// Nothing signs access tokens of Hydra's.
	if late := got[`authway_key_overdue_seconds{use="hydra.jwt.access-token"}`]; late < 1e300 {
		t.Errorf("without a key it is late by %v", late)
	}
}
