package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

type jobRequest struct{ ID, Job, Outcome, Summary, Reason, RequestedBy string }

type job struct {
	Name, Cron, NextAt string
	Last               *struct {
		Outcome, Summary string
		Requested        bool
	}
	Request *jobRequest
}

// settled waits until the request has come to an end, and is what became of its job.
func settled(t *testing.T, o *harness.Operator, name, request string) job {
	t.Helper()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for range 200 {
		var all struct{ Items []job }
		o.Ask(http.MethodGet, "/jobs", nil).Into(t, 200, &all)
		i := slices.IndexFunc(all.Items, func(j job) bool { return j.Name == name })
		if r := all.Items[i].Request; r != nil && r.ID == request && r.Outcome != "waiting" && r.Outcome != "running" {
			return all.Items[i]
		}
		<-look.C
	}
	t.Fatalf("nobody has done %s", name)
	return job{}
}

func TestAJobIsRunForWhoAsks(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	operator := system.Operator(t, administrator.Operator, "")
	var asked jobRequest
	operator.Ask(http.MethodPost, "/jobs/sessions.clean/run", map[string]any{"reason": "spring"}).Into(t, 202, &asked)
	if asked.Outcome != "waiting" || asked.RequestedBy != operator.User.ID.String() {
		t.Errorf("asked is %+v", asked)
	}
	done := settled(t, operator, "sessions.clean", asked.ID)
	if done.Request.Outcome != "succeeded" || !strings.HasPrefix(done.Request.Summary, "removed ") || done.Request.Reason != "spring" {
		t.Errorf("it ended as %+v", done.Request)
	}
	var runs struct {
		Items []struct {
			Outcome, Summary string
			Requested        bool
		}
	}
	operator.Ask(http.MethodGet, "/jobs/sessions.clean/runs?limit=5", nil).Into(t, 200, &runs)
	if !slices.ContainsFunc(runs.Items, func(r struct {
		Outcome, Summary string
		Requested        bool
	}) bool {
		return r.Requested && r.Outcome == "succeeded"
	}) {
		t.Errorf("the runs are %+v", runs.Items)
	}
	var log auditPage
	operator.Ask(http.MethodGet, "/audit?action=job.requested&actor="+asked.RequestedBy, nil).Into(t, 200, &log)
	if len(log.Items) != 1 || log.Items[0].Detail["request"] != asked.ID || log.Items[0].Reason != "spring" {
		t.Errorf("the log has %+v", log.Items)
	}
	operator.Ask(http.MethodPost, "/jobs/none.such/run", map[string]any{"reason": "spring"}).Refused(t, 404, "not_found", "")
	// It has run in the last day: what runs when it is due says so.
	system.Knock(t, "audit.roll")
	operator.Ask(http.MethodPost, "/jobs/audit.roll/run", map[string]any{"reason": "spring"}).Into(t, 202, &asked)
	if done = settled(t, operator, "audit.roll", asked.ID); done.Request.Outcome != "nothing_due" {
		t.Errorf("what is not due ended as %+v", done.Request)
	}
}

// The record is a part of the change: what cannot be written down is not done.
func TestWhatCannotBeRecordedIsNotAskedFor(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	operator := system.Operator(t, administrator.Owner, "")
	reason := "unrecorded " + uuid.NewString()
	for _, statement := range []string{
		`CREATE OR REPLACE FUNCTION break_` + strings.ReplaceAll(reason[11:], "-", "") + `() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN IF NEW.detail ->> 'reason' = '` + reason + `' THEN RAISE 'the disk is full'; END IF; RETURN NEW; END $$`,
		`CREATE TRIGGER break_` + strings.ReplaceAll(reason[11:], "-", "") + ` BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION break_` + strings.ReplaceAll(reason[11:], "-", "") + `()`,
	} {
		if _, err := system.Database(t).ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/jobs/health.sweep/run", "/keys/rotate"} {
		operator.Ask(http.MethodPost, path, map[string]any{"reason": reason}).Refused(t, 500, "internal", "")
	}
	n, err := system.Database(t).NewSelect().Table("job_requests").Where("reason = ?", reason).Count(t.Context())
	if err != nil || n != 0 {
		t.Errorf("%d were asked for, %v", n, err)
	}
}

func TestDeadLettersAreLookedAt(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	operator := system.Operator(t, administrator.Operator, "")
	id := uuid.NewString()
	if _, err := system.Database(t).NewRaw(`INSERT INTO dead_letters (id, received_at, event_source, event_id, event_type, job, destination, code, reason)
		VALUES (?, now(), '/tests', ?, 'dev.knative.sources.ping', 'audit.roll', 'http://maintenance', '503', 'away')`, id, id).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	unseen := func() bool {
		var page struct{ Items []struct{ ID, Code string } }
		operator.Ask(http.MethodGet, "/dead-letters?unseen=true&limit=200", nil).Into(t, 200, &page)
		return slices.ContainsFunc(page.Items, func(l struct{ ID, Code string }) bool { return l.ID == id && l.Code == "503" })
	}
	if !unseen() {
		t.Error("a dead letter is not shown")
	}
	for range 2 {
		operator.Ask(http.MethodPost, "/dead-letters/"+id+"/seen", map[string]any{}).Into(t, 204, nil)
	}
	if unseen() {
		t.Error("one that was looked at is among those that were not")
	}
	var log auditPage
	operator.Ask(http.MethodGet, "/audit?action=dead_letter.seen&actor="+operator.User.ID.String(), nil).Into(t, 200, &log)
	if len(log.Items) != 1 {
		t.Errorf("the log has %+v", log.Items)
	}
	operator.Ask(http.MethodPost, "/dead-letters/"+uuid.NewString()+"/seen", map[string]any{}).Refused(t, 404, "not_found", "")
}

func TestBackupsAndDrillsAreShown(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	id := "drill-" + uuid.NewString()
	if _, err := system.Database(t).NewRaw(`INSERT INTO recovery_drills (id, started_at, finished_at, succeeded, backup, rpo_seconds, rto_seconds, summary, recorded_at)
		VALUES (?, now(), now() + interval '1 hour', true, 'b1', 12, 90, 'restored', now())`, id).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	var shown struct {
		Kinds  []struct{ Job string }
		Drills []struct {
			ID, Backup             string
			RpoSeconds, RtoSeconds float64
		}
	}
	system.Operator(t, administrator.Viewer, "").Ask(http.MethodGet, "/backups", nil).Into(t, 200, &shown)
	if len(shown.Kinds) != 5 || len(shown.Drills) == 0 || shown.Drills[0].ID != id || shown.Drills[0].RtoSeconds != 90 {
		t.Errorf("shown is %+v", shown)
	}
}

type lastHour struct {
	Minutes []struct {
		SignIns, Failures int
		Reasons           map[string]int
		P50               int
		Tokens            *int
	}
	P50, P95 int
	Sessions struct{ Count int }
	Parts    []struct{ Name, State string }
	Outbox   *struct{ Dead struct{ Count int } }
}

func (o lastHour) sums() (signIns, failures, tokens int) {
	for _, m := range o.Minutes {
		signIns, failures = signIns+m.SignIns, failures+m.Failures
		if m.Tokens != nil {
			tokens += *m.Tokens
		}
	}
	return signIns, failures, tokens
}

func TestOverviewShowsTheLastHour(t *testing.T) {
	t.Parallel()
	w := beginWatching(t)
	email := someone()
	w.system.AddUserTo(t, w.slug, email, "Ada Lovelace", password)
	app := w.system.NewApp(t, map[string]any{"metadata": map[string]any{tenant.MetadataKey: w.slug}})
	// Before anybody has looked, so that it has to be found.
	j := journey{t: t, system: w.system, app: app, visitor: harness.NewVisitor(t), email: email}
	j.through()
	w.happens(time.Now(), audit.Event{Action: audit.ActionSignInFailed, Outcome: audit.Failure, Detail: map[string]string{"reason": "wrong_credentials"}})
	program := w.system.Program(t, w.slug, map[string]any{hydra.AllTenantsKey: "all"}, access.SystemRead)
	var o lastHour
	awaitLook(t, func() bool {
		program.Ask(t, http.MethodGet, "/tenants/"+w.slug+"/overview", "").Into(t, 200, &o)
		signIns, failures, tokens := o.sums()
		// The program's own token is one.
		return signIns == 1 && failures == 1 && tokens >= 2
	}, func() string { return fmt.Sprintf("%+v", o) })
	if len(o.Minutes) != 60 || o.P50 <= 0 || o.P95 < o.P50 || o.Sessions.Count != 1 || o.Parts != nil || o.Outbox != nil {
		t.Errorf("the tenant's is %+v", o)
	}
	program.Ask(t, http.MethodGet, "/overview", "").Into(t, 200, &o)
	states := ""
	for _, p := range o.Parts {
		states += p.Name + " " + p.State + " "
	}
	if !strings.HasPrefix(states, "postgres up hydra up redis up mail ") || o.Outbox == nil {
		t.Errorf("the installation's is %s, %+v", states, o.Outbox)
	}
	points := 0
	for m := range listen(t, w.system, program.Token, "/tenants/"+w.slug+"/overview/stream?seconds=7", "") {
		if err := json.Unmarshal([]byte(m.data), &o); err != nil || m.event != "overview" || len(o.Minutes) != 3 {
			t.Errorf("%+v, %v", m, err)
		}
		points++
	}
	if points != 2 {
		t.Errorf("%d points in 7 seconds", points)
	}
}

// awaitLook asks again and again, for some seconds.
func awaitLook(t *testing.T, done func() bool, found func() string) {
	t.Helper()
	look := time.NewTicker(500 * time.Millisecond)
	defer look.Stop()
	for range 40 {
		if done() {
			return
		}
		<-look.C
	}
	t.Fatalf("it does not come: %s", found())
}
