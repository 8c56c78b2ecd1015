package integration_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// overseen is a tenant of the test's own, and somebody who may see all of it.
type overseen struct {
	t      *testing.T
	system *harness.System
	slug   string
	home   tenant.Tenant
}

func beginWatching(t *testing.T) overseen {
	t.Helper()
	w := overseen{t: t, system: harness.Run(t), slug: "of-" + strings.Split(someone(), "@")[0]}
	w.system.AddTenant(t, w.slug)
	var err error
	if w.home, err = (tenant.Store{DB: w.system.Database(t)}).BySlug(t.Context(), w.slug); err != nil {
		t.Fatal(err)
	}
	return w
}

// happens writes an event of the tenant down.
func (w overseen) happens(at time.Time, e audit.Event) {
	w.t.Helper()
	e.TenantID, e.ActorKind = w.home.ID, audit.ActorSystem
	if e.Outcome == "" {
		e.Outcome = audit.Success
	}
	if err := audit.Append(w.t.Context(), w.system.Database(w.t), at, e); err != nil {
		w.t.Fatal(err)
	}
}

type auditEvent struct {
	ID, At, Action, Outcome, ClientID, Reason, RequestID string
	Detail                                               map[string]string
	Before, After                                        map[string]any
}

type auditPage struct {
	Items []auditEvent
	Next  string
}

func TestAuditLogIsReadByWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	w := beginWatching(t)
	now := time.Now().UTC().Truncate(time.Second)
	w.happens(now.Add(-3*time.Second), audit.Event{Action: audit.ActionSignInFailed, Outcome: audit.Failure, IP: "192.0.2.7", Detail: map[string]string{"reason": "wrong"}})
	w.happens(now.Add(-2*time.Second), audit.Event{Action: audit.ActionProfileChanged, ClientID: "app", Detail: map[string]string{
		access.DetailBefore: `{"name":"Ada"}`, access.DetailAfter: `{"name":"Grace"}`, access.DetailReason: "married",
	}})
	w.happens(now.Add(-time.Second), audit.Event{Action: audit.ActionSignedIn, SubjectID: "somebody"})
	viewer := w.system.Operator(t, administrator.Viewer, w.slug)
	list := func(query string) (found []string) {
		t.Helper()
		var page auditPage
		viewer.Ask(http.MethodGet, "/tenants/"+w.slug+"/audit?"+query, nil).Into(t, 200, &page)
		for _, e := range page.Items {
			found = append(found, e.Action)
		}
		return found
	}
	for query, want := range map[string]string{
		"":                 "login.succeeded user.changed login.failed",
		"action=login.":    "login.succeeded login.failed",
		"action=user.":     "user.changed",
		"outcome=failure":  "login.failed",
		"ip=192.0.2.7":     "login.failed",
		"client=app":       "user.changed",
		"subject=somebody": "login.succeeded",
		"subject=nobody":   "",
		"limit=2":          "login.succeeded user.changed",
		"from=" + url.QueryEscape(now.Add(-2*time.Second).Format(time.RFC3339)) + "&to=" + url.QueryEscape(now.Add(-time.Second).Format(time.RFC3339)): "user.changed",
	} {
		if got := strings.Join(list(query), " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	var first auditPage
	viewer.Ask(http.MethodGet, "/tenants/"+w.slug+"/audit?limit=1", nil).Into(t, 200, &first)
	if rest := list("cursor=" + url.QueryEscape(first.Next)); strings.Join(rest, " ") != "user.changed login.failed" {
		t.Errorf("behind the first are %v", rest)
	}
	viewer.Ask(http.MethodGet, "/tenants/"+w.slug+"/audit?cursor=nonsense", nil).Refused(t, 400, "bad_request", "cursor")
	w.one(viewer)
}

// one event is whole, and is found in its own tenant alone.
func (w overseen) one(viewer *harness.Operator) {
	w.t.Helper()
	var page auditPage
	viewer.Ask(http.MethodGet, "/tenants/"+w.slug+"/audit?client=app", nil).Into(w.t, 200, &page)
	where := "/audit/" + page.Items[0].ID + "?at=" + url.QueryEscape(page.Items[0].At)
	var e auditEvent
	viewer.Ask(http.MethodGet, "/tenants/"+w.slug+where, nil).Into(w.t, 200, &e)
	if e.Before["name"] != "Ada" || e.After["name"] != "Grace" || e.Reason != "married" || len(e.Detail) != 0 {
		w.t.Errorf("the event is %+v", e)
	}
	all := w.system.Operator(w.t, administrator.Viewer, "")
	all.Ask(http.MethodGet, "/tenants/default"+where, nil).Refused(w.t, 404, "not_found", "")
	all.Ask(http.MethodGet, where, nil).Into(w.t, 200, &e)
}

// What a stranger has chosen must not run in the program that opens the table, and that
// the log was taken away is in the log.
func TestAuditLogIsTakenAwayAsAFile(t *testing.T) {
	t.Parallel()
	w := beginWatching(t)
	w.happens(time.Now(), audit.Event{Action: audit.ActionSignedIn, ClientID: `=HYPERLINK("https://example.com")`})
	viewer := w.system.Operator(t, administrator.Viewer, w.slug)
	csv := viewer.Ask(http.MethodGet, "/tenants/"+w.slug+"/audit/export?format=csv&action=login.", nil)
	lines := strings.Split(strings.TrimSpace(string(csv.Body)), "\r\n")
	if csv.Status != 200 || len(lines) != 2 || !strings.HasPrefix(lines[0], "id,at,tenant_id,action,") || !strings.Contains(lines[1], `"'=HYPERLINK(`) {
		t.Errorf("%s", csv)
	}
	if of := csv.Header.Get("Content-Type") + " " + csv.Header.Get("Content-Disposition"); !strings.Contains(of, "text/csv") || !strings.Contains(of, "attachment") {
		t.Errorf("it is sent as %s", of)
	}
	var e auditEvent
	jsonl := viewer.Ask(http.MethodGet, "/tenants/"+w.slug+"/audit/export?action=audit.", nil)
	if err := json.Unmarshal(jsonl.Body, &e); err != nil || e.Action != audit.ActionAuditExported || e.Detail["format"] != "csv" {
		t.Errorf("%s, %v", jsonl, err)
	}
	far := "/tenants/" + w.slug + "/audit/export?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z"
	viewer.Ask(http.MethodGet, far, nil).Refused(t, 422, "times_invalid", "to")
}

func TestAuditLogIsHeldAgainstItsHashes(t *testing.T) {
	t.Parallel()
	w := beginWatching(t)
	at := time.Now().AddDate(0, 0, -20).UTC()
	for range 3 {
		w.happens(at, audit.Event{Action: audit.ActionSignedIn})
	}
	var found struct {
		Rows    int
		Changed []any
		Next    string
	}
	body := map[string]any{"from": at.Add(-time.Second).Format(time.RFC3339), "to": at.Add(time.Second).Format(time.RFC3339), "reason": "an audit"}
	operator := w.system.Operator(t, administrator.Operator, "")
	operator.Ask(http.MethodPost, "/audit/verify", body).Into(t, 200, &found)
	if found.Rows < 3 || len(found.Changed) != 0 || found.Next != "" {
		t.Errorf("found is %+v", found)
	}
	body["to"] = at.AddDate(0, 0, 32).Format(time.RFC3339)
	operator.Ask(http.MethodPost, "/audit/verify", body).Refused(t, 422, "times_invalid", "to")
}

// heardEvent is one server-sent event.
type heardEvent struct{ event, id, data string }

// listen gives what is sent at a path until the stream ends.
func listen(t *testing.T, system *harness.System, token, path, last string) <-chan heardEvent {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, system.Endpoints.URL+"/api/admin/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if got := response.Header.Get("Content-Type"); response.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("%s: %d %s", path, response.StatusCode, got)
	}
	heard := make(chan heardEvent)
	go func() {
		defer close(heard)
		var now heardEvent
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				now.event = value
			case "id":
				now.id = value
			case "data":
				now.data = value
			case "":
				select {
				case heard <- now:
				case <-t.Context().Done():
					return
				}
				now = heardEvent{}
			}
		}
	}()
	return heard
}

// clientsOf are the applications that the events of a message name.
func clientsOf(t *testing.T, m heardEvent) (clients []string) {
	t.Helper()
	if m.event != "events" {
		return nil
	}
	var all []auditEvent
	if err := json.Unmarshal([]byte(m.data), &all); err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		clients = append(clients, e.ClientID)
	}
	return clients
}

func TestAuditLogIsFollowedWithoutAGap(t *testing.T) {
	t.Parallel()
	w := beginWatching(t)
	program := w.system.Program(t, w.slug, nil, access.AuditRead)
	path := "/tenants/" + w.slug + "/audit/stream?action=client.&seconds="
	given, last := map[string]int{}, ""
	// In between, nobody listens, and something happens that is seen late.
	for round := range 3 {
		if round == 1 {
			w.happens(time.Now(), audit.Event{Action: audit.ActionClientRevoked, ClientID: "in between"})
			w.happens(time.Now().Add(-20*time.Second), audit.Event{Action: audit.ActionClientRevoked, ClientID: "late"})
		}
		began := false
		for m := range listen(t, w.system, program.Token, path+"3", last) {
			if !began {
				began = true
				for i := range 3 {
					w.happens(time.Now(), audit.Event{Action: audit.ActionClientRevoked, ClientID: fmt.Sprintf("%d of round %d", i, round)})
				}
				w.happens(time.Now(), audit.Event{Action: audit.ActionSignedIn, ClientID: "of another kind"})
			}
			for _, client := range clientsOf(t, m) {
				given[client]++
			}
			last = m.id
		}
		if !began || last == "" {
			t.Fatalf("round %d says nothing", round)
		}
	}
	if len(given) != 3*3+2 {
		t.Errorf("given are %v", given)
	}
	for client, n := range given {
		if n != 1 {
			t.Errorf("%s is given %d times", client, n)
		}
	}
	program.Ask(t, http.MethodGet, "/tenants/"+w.slug+"/audit/stream?after=nonsense", "").Refused(t, 400, "bad_request", "after")
}
