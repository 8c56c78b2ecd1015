package integration_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"

	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/tests/harness"
)

// keeper is a maintenance function of its own.
type keeper struct {
	*delivery
	server   *serve.Server
	at       string
	settings map[string]string
}

func beginKeeper(t *testing.T, changes map[string]string) keeper {
	t.Helper()
	d := beginDelivery(t)
	d.outbox.Clock = clock.System()
	settings := map[string]string{
		"AUTHWAY_URL": "https://auth.example.com", "DATABASE_URL": d.db.URL("maintenance"),
		"AUTHWAY_MASTER_KEYS": harness.MasterKey(), "SMTP_URL": "smtp://" + d.office.Address(), "HYDRA_ADMIN_URL": "http://127.0.0.1:1",
	}
	for name, value := range changes {
		settings[name] = value
	}
	server, err := serve.Start(t.Context(), maintenance.Spec, serve.Options{
		Lookup: config.Map(settings), Listen: "127.0.0.1:0", LogWriter: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Shutdown(context.WithoutCancel(t.Context())) })
	return keeper{delivery: d, server: server, at: "http://" + server.Addr(), settings: settings}
}

// recordedPing is what a PingSource has been seen to send.
var recordedPing = map[string]string{
	"Ce-Specversion": "1.0", "Ce-Type": "dev.knative.sources.ping",
	"Ce-Source": "/apis/v1/namespaces/authway/pingsources/outbox-deliver", "Ce-Id": "c6d3a9a1-3f0e-4b55-a5a4-0e4f7d2f6a10",
	"Ce-Time": "2026-11-24T09:30:00.218456123Z", "Content-Type": "application/json", "Kn-Namespace": "authway",
	"Ce-Job": "outbox.deliver",
}

// recordedDelivery is the same as a Trigger of a Broker passes it on.
var recordedDelivery = changed(recordedPing, "Ce-Knativearrivaltime", "2026-11-24T09:30:00.231877Z", "Prefer", "reply",
	"Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")

// post sends what is given and returns the status and the body.
func (k keeper) post(path string, header map[string]string, body io.Reader) (int, string) {
	k.t.Helper()
	request, err := http.NewRequestWithContext(k.t.Context(), http.MethodPost, k.at+path, body)
	if err != nil {
		k.t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		k.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func changed(header map[string]string, changes ...string) map[string]string {
	h := map[string]string{}
	for name, value := range header {
		h[name] = value
	}
	for i := 0; i+1 < len(changes); i += 2 {
		h[changes[i]] = changes[i+1]
	}
	return h
}

func (k keeper) count(table string) (n int) {
	k.t.Helper()
	if err := k.owner.NewRaw("SELECT count(*) FROM "+table).Scan(k.t.Context(), &n); err != nil {
		k.t.Fatal(err)
	}
	return n
}

// number is the sum of a series whose labels hold all of those words.
func (k keeper) number(name string, words ...string) (sum float64) {
	k.t.Helper()
	families, err := k.server.Metrics().Registry.Gather()
	if err != nil {
		k.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if text := m.String(); family.GetName() == name && !lacks(text, words) {
				sum += m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

func lacks(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, `"`+word+`"`) {
			return true
		}
	}
	return false
}

func (k keeper) add(to string) {
	k.t.Helper()
	addMail(k.t, k.db.As(k.t, "login"), k.outbox, to)
}

func TestRecordedPingDelivers(t *testing.T) {
	t.Parallel()
	k := beginKeeper(t, nil)
	k.add("ada@example.org")
	for _, header := range []map[string]string{recordedPing, recordedDelivery} {
		// The second is the same event, sent again.
		if status, body := k.post("/events", header, strings.NewReader(`{"a":"b"}`)); status != http.StatusNoContent || body != "" {
			t.Fatalf("got %d %q", status, body)
		}
		k.receivers("ada@example.org")
	}
	if n := k.count("job_runs WHERE outcome = 'succeeded' AND summary = '1 delivered, 0 put off, 0 given up'"); n != 1 {
		t.Errorf("%d runs are recorded", n)
	}
	for outcome, want := range map[string]float64{"succeeded": 1, "duplicate": 1, "failed": 0} {
		if got := k.number("authway_job_runs_total", outbox.Job, outcome); got != want {
			t.Errorf("%s: counted %v", outcome, got)
		}
	}
	if k.number("authway_job_duration_seconds", outbox.Job) != 1 || k.number("authway_outbox_rows_total", "delivered") != 1 {
		t.Error("the run is not measured")
	}
}

// The SDK's own client, in both modes.
func TestEventsOfTheSDKAreAccepted(t *testing.T) {
	t.Parallel()
	k := beginKeeper(t, nil)
	client, err := cloudevents.NewClientHTTP()
	if err != nil {
		t.Fatal(err)
	}
	for mode, in := range map[string]func(context.Context) context.Context{
		"binary": binding.WithForceBinary, "structured": binding.WithForceStructured,
	} {
		k.add(mode + "@example.org")
		e := cloudevents.NewEvent()
		e.SetType("dev.authway.knock")
		e.SetSource("/authway")
		e.SetID(mode)
		e.SetTime(noon)
		e.SetExtension("job", outbox.Job)
		if err := e.SetData(cloudevents.ApplicationJSON, map[string]string{"a": "b"}); err != nil {
			t.Fatal(err)
		}
		if result := client.Send(in(cloudevents.ContextWithTarget(t.Context(), k.at+"/events")), e); !cloudevents.IsACK(result) {
			t.Errorf("%s: got %v", mode, result)
		}
	}
	k.receivers("binary@example.org", "structured@example.org")
}

func TestEventIsTriedAgainWhenTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	address := parse(t, db.URL("maintenance"))
	wire := harness.NewWire(t, address.Host)
	address.Host = wire.Address()
	k := beginKeeper(t, map[string]string{"DATABASE_URL": address.String()})
	k.db = db
	k.owner = db.Owner(t)
	k.add("ada@example.org")
	wire.Cut()
	for _, path := range []string{"/events", "/events/dead"} {
		if status, body := k.post(path, recordedPing, nil); status != http.StatusServiceUnavailable || strings.Contains(body, "127.0.0.1") {
			t.Errorf("%s: got %d %s", path, status, body)
		}
	}
	wire.Mend()
	// The same event, sent again: it has not been answered yet.
	if status, body := k.post("/events", recordedPing, nil); status != http.StatusNoContent {
		t.Errorf("got %d %s", status, body)
	}
	k.receivers("ada@example.org")
}

func TestDeadLettersStayVisible(t *testing.T) {
	t.Parallel()
	k := beginKeeper(t, nil)
	letter := changed(recordedPing, "Ce-Knativeerrordest", "http://maintenance.authway.svc.cluster.local/events",
		"Ce-Knativeerrorcode", "400", "Ce-Knativeerrordata", "eyJjb2RlIjoidW5rbm93bl9qb2IifQ==", "Ce-Job", "gone")
	for range 2 {
		if status, body := k.post("/events/dead", letter, nil); status != http.StatusNoContent || body != "" {
			t.Errorf("got %d %q", status, body)
		}
	}
	if n := k.count("dead_letters WHERE job = 'gone' AND code = '400' AND reason <> '' AND event_type = 'dev.knative.sources.ping'"); n != 1 || k.count("dead_letters") != 1 {
		t.Errorf("%d dead letters are kept", n)
	}
	if got := k.number("authway_dead_letters_total", "unknown"); got != 1 {
		t.Errorf("counted %v", got)
	}
	var shown, again, complaints bytes.Buffer
	for _, out := range []*bytes.Buffer{&shown, &again} {
		if code := maintenance.Run(t.Context(), []string{"dead-letters"}, config.Map(k.settings), out, &complaints); code != 0 {
			t.Errorf("dead-letters: %d %s", code, &complaints)
		}
	}
	if text := shown.String(); !strings.Contains(text, `job "gone" of type "dev.knative.sources.ping" from "/apis/v1/`) || !strings.Contains(text, "1 dead letters") {
		t.Errorf("shown as %s", text)
	}
	if text := again.String(); text != "0 dead letters that nobody had looked at\n" || k.count("dead_letters WHERE seen_at IS NOT NULL") != 1 {
		t.Errorf("the second time it is shown as %s", text)
	}
	if status, _ := k.post("/events/dead", map[string]string{"Content-Type": "application/json"}, strings.NewReader("{}")); status != http.StatusBadRequest {
		t.Errorf("what is no event: got %d", status)
	}
}

// Nobody can fill the database with them, nor leave any that have never been on their
// way here.
func TestDeadLettersAreBounded(t *testing.T) {
	t.Parallel()
	k := beginKeeper(t, nil)
	for code, letter := range map[string]map[string]string{
		"event_type":   changed(recordedPing, "Ce-Type", "anything.at.all"),
		"event_source": changed(recordedPing, "Ce-Source", "https://elsewhere.example"),
	} {
		if status, body := k.post("/events/dead", letter, nil); status != http.StatusBadRequest || !strings.Contains(body, code) {
			t.Errorf("%s: got %d %s", code, status, body)
		}
		if n := k.count("audit_events WHERE action = 'event.refused' AND detail->>'reason' = '" + code + "'"); n != 1 {
			t.Errorf("%s: %d refusals are recorded", code, n)
		}
	}
	_, err := k.owner.ExecContext(t.Context(), `INSERT INTO dead_letters (id, received_at, seen_at, event_source, event_id, event_type, job, destination, code, reason)
		SELECT gen_random_uuid(), now(), CASE WHEN n > ? THEN now() END, '/authway', n::text, '', '', '', '', '' FROM generate_series(1, ?) n`,
		journal.MaxUnseen-1, journal.MaxUnseen+50)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"the last", "one too many"} {
		if status, body := k.post("/events/dead", changed(recordedPing, "Ce-Id", id), nil); status != http.StatusNoContent || body != "" {
			t.Errorf("%s: got %d %q", id, status, body)
		}
	}
	if n := k.count("dead_letters WHERE seen_at IS NULL"); n != journal.MaxUnseen || k.count("dead_letters WHERE event_id = 'the last'") != 1 {
		t.Errorf("%d are kept", n)
	}
	if got := k.number("authway_dead_letters_total", outbox.Job); got != 2 {
		t.Errorf("counted %v", got)
	}
}

// A mail that is left while a delivery is at its end does not wait for the timer.
func TestKnockDuringARunIsNotLost(t *testing.T) {
	t.Parallel()
	k := beginKeeper(t, nil)
	k.add("first@example.org")
	sending, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	k.office.Trouble(func(s harness.MailStep) error {
		if s.At == "content" {
			once.Do(func() { close(sending); <-release })
		}
		return nil
	})
	var running sync.WaitGroup
	running.Go(func() { k.post("/events", recordedPing, nil) })
	<-sending
	k.add("second@example.org")
	began := time.Now()
	if status, body := k.post("/events", changed(recordedPing, "Ce-Id", "2"), nil); status != http.StatusNoContent || body != "" {
		t.Errorf("while it is held: got %d %q", status, body)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the second waited %s for the first", took)
	}
	if got := k.number("authway_job_runs_total", outbox.Job, "held"); got != 1 {
		t.Errorf("counted %v", got)
	}
	close(release)
	running.Wait()
	k.receivers("first@example.org", "second@example.org")
}

func TestSenderThatHangsUpHasDelivered(t *testing.T) {
	t.Parallel()
	k := beginKeeper(t, nil)
	k.add("ada@example.org")
	sending, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	k.office.Trouble(func(s harness.MailStep) error {
		if s.At == "rcpt" {
			once.Do(func() { close(sending); <-release })
		}
		return nil
	})
	impatient, hangUp := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	waiting.Go(func() {
		request, err := http.NewRequestWithContext(impatient, http.MethodPost, k.at+"/events", nil)
		if err != nil {
			t.Error(err)
			return
		}
		for name, value := range recordedPing {
			request.Header.Set(name, value)
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			answer.Body.Close()
		}
	})
	<-sending
	hangUp()
	waiting.Wait()
	close(release)
	// Stopping waits for the run.
	if err := k.server.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	k.receivers("ada@example.org")
}
