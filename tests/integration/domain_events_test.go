package integration_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cloudhttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance/publish"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/tests/harness"
)

// sink receives events.
type sink struct {
	t      *testing.T
	server *httptest.Server

	mu sync.Mutex
	// answer is what an event is answered with; 0 is 202.
	answer func(event.Event) int
	// asked are all attempts, and taken what was answered 2xx.
	asked, taken []event.Event
	headers      []http.Header
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{t: t}
	s.server = httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(s.server.Close)
	return s
}

func (s *sink) receive(w http.ResponseWriter, r *http.Request) {
	headers := r.Header.Clone()
	e, err := binding.ToEvent(r.Context(), cloudhttp.NewMessageFromHttpRequest(r))
	if err != nil || e.Validate() != nil {
		s.t.Errorf("this is no event: %v", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.asked = append(s.asked, *e)
	answer := s.answer
	s.mu.Unlock()
	status := 0
	if answer != nil {
		status = answer(*e)
	}
	if status == 0 {
		status = http.StatusAccepted
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if status/100 == 2 {
		s.taken = append(s.taken, *e)
		s.headers = append(s.headers, headers)
	}
	w.WriteHeader(status)
}

// answers makes the sink answer so from now on; nil is 202.
func (s *sink) answers(answer func(event.Event) int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// told are the events that were taken, as subject and what happened.
func (s *sink) told() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.taken {
		all = append(all, e.Subject()+" "+strings.TrimSuffix(strings.TrimPrefix(e.Type(), "dev.authway."), ".v1"))
	}
	return all
}

// publishing is a database with an audit log, and a sink.
type publishing struct {
	*delivery
	*sink
	publisher *publish.Publisher
	login     *bun.DB
}

func beginPublishing(t *testing.T) *publishing {
	t.Helper()
	d := beginDelivery(t)
	p := &publishing{delivery: d, sink: newSink(t), login: d.db.As(t, "login")}
	p.publisher = p.process()
	if got := p.publish(); got != "0 found, 0 delivered, 0 put off, 0 given up" {
		t.Fatalf("the first run says %s", got)
	}
	return p
}

// process is one instance's publisher.
func (p *publishing) process() *publish.Publisher {
	p.delivery.t.Helper()
	one := publisherOf(p.delivery.t, p.outbox.DB, p.sink)
	one.Outbox, one.Timeout, one.Clock = p.outbox, 400*time.Millisecond, p.clock
	one.Chance = func() float64 { return 1 }
	return one
}

func (p *publishing) publish() string {
	p.delivery.t.Helper()
	said, err := p.publisher.Job().Do(p.delivery.t.Context())
	if err != nil {
		p.delivery.t.Fatalf("publish: %s: %v", said, err)
	}
	return said
}

// happens writes down that a person changed their profile, a second after what
// was written before.
func (p *publishing) happens(subjects ...string) {
	p.delivery.t.Helper()
	for _, subject := range subjects {
		p.clock.Advance(time.Second)
		p.happened(p.login, p.clock.Now(), subject)
	}
}

func (p *publishing) happened(db bun.IDB, at time.Time, subject string) {
	p.delivery.t.Helper()
	err := audit.Append(p.delivery.t.Context(), db, at, audit.Event{
		TenantID: defaultTenant, Action: audit.ActionProfileChanged, Outcome: audit.Success, ActorKind: audit.ActorUser,
		ActorID: subject, SubjectID: subject,
	})
	if err != nil {
		p.delivery.t.Fatal(err)
	}
}

func (p *publishing) tells(want ...string) {
	p.delivery.t.Helper()
	for i := range want {
		want[i] += " user.changed"
	}
	// Subjects do not wait for each other.
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(p.told())); !slices.Equal(got, want) {
		p.delivery.t.Errorf("the sink was told %q, want %q", got, want)
	}
}

// onceEach fails the test if an id was taken twice, or was asked under two ids.
func (s *sink) onceEach() {
	s.t.Helper()
	seen := s.noneTwice()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.asked {
		if !seen[e.ID()] {
			s.t.Errorf("%s was tried and never taken", e.ID())
		}
	}
}

// noneTwice are the ids of what was taken.
func (s *sink) noneTwice() (seen map[string]bool) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	seen = map[string]bool{}
	for _, e := range s.taken {
		if seen[e.ID()] {
			s.t.Errorf("%s was taken twice", e.ID())
		}
		seen[e.ID()] = true
	}
	return seen
}

func TestHistoryIsNotPublished(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	p := &publishing{delivery: d, sink: newSink(t), login: d.db.As(t, "login")}
	p.publisher = p.process()
	p.happens("ada")
	for range 3 {
		p.publish()
		p.clock.Advance(time.Minute)
	}
	p.happens("bob")
	p.publish()
	p.tells("bob")
}

func TestEventsAreDeliveredOnceAndInOrder(t *testing.T) {
	t.Parallel()
	p := beginPublishing(t)
	p.happens("ada", "bob", "ada", "ada")
	if got := p.publish(); got != "4 found, 4 delivered, 0 put off, 0 given up" {
		t.Errorf("got %s", got)
	}
	var ada []event.Event
	for _, e := range p.taken {
		if e.Subject() == "ada" {
			ada = append(ada, e)
		}
	}
	if len(ada) != 3 || !ada[0].Time().Before(ada[1].Time()) || !ada[1].Time().Before(ada[2].Time()) {
		t.Errorf("ada's are %v", ada)
	}
	for range 3 {
		p.clock.Advance(outbox.Overlap / 2)
		due, err := p.publisher.Job().Due(t.Context(), p.clock.Now())
		if due || err != nil {
			t.Errorf("there is something to do: %v, %v", due, err)
		}
		p.publish()
	}
	p.onceEach()
}

// An event that is written and committed later than younger ones is not passed by.
func TestLateCommitIsFound(t *testing.T) {
	t.Parallel()
	p := beginPublishing(t)
	p.clock.Advance(time.Minute)
	tx, err := p.login.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	p.happened(tx, p.clock.Now(), "late")
	p.happens("ada")
	p.publish()
	p.clock.Advance(5 * time.Minute)
	p.publish()
	p.tells("ada")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	// Its writer's clock goes ahead, and then one that is behind.
	p.happened(p.login, p.clock.Now().Add(time.Hour), "ahead")
	p.publish()
	p.happened(p.login, p.clock.Now().Add(-time.Minute), "behind")
	p.publish()
	p.tells("ada", "late", "ahead", "behind")
}

func TestMaintenanceRefusesItsOwnEvents(t *testing.T) {
	t.Parallel()
	came := newSink(t)
	k := beginKeeper(t, map[string]string{"K_SINK": came.server.URL, "K_CE_OVERRIDES": `{"extensions":{"team":"identity"}}`})
	ping := changed(recordedPing, "Ce-Job", publish.Job)
	if status, body := k.post("/events", ping, nil); status != http.StatusNoContent {
		t.Fatalf("got %d %s", status, body)
	}
	id := uuid.NewString()
	err := audit.Append(t.Context(), k.db.As(t, "login"), clock.System().Now(), audit.Event{
		Action: audit.ActionKeyTurned, Outcome: audit.Success, ActorKind: audit.ActorSystem, ActorID: "maintenance",
		Detail: map[string]string{"kid": id, "state": "active"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := k.post("/events", changed(ping, "Ce-Id", "2"), nil); status != http.StatusNoContent {
		t.Fatalf("got %d %s", status, body)
	}
	if len(came.taken) != 1 || came.taken[0].Subject() != id || came.taken[0].Extensions()["team"] != "identity" ||
		came.taken[0].Source() != "/authway" || came.taken[0].Extensions()["partitionkey"] != id {
		t.Fatalf("the sink was told %v", came.taken)
	}
	if got := k.number("authway_events_published_total", "delivered"); got != 1 {
		t.Errorf("counted %v", got)
	}
	// A Broker without a filter gives it back.
	back := map[string]string{}
	for name, values := range came.headers[0] {
		if strings.HasPrefix(name, "Ce-") || name == "Content-Type" {
			back[name] = values[0]
		}
	}
	status, body := k.post("/events", back, bytes.NewReader(came.taken[0].Data()))
	if status != http.StatusBadRequest || !strings.Contains(body, `"event_type"`) {
		t.Errorf("got %d %s", status, body)
	}
}

// Whatever people did in the tests that ran until now, at a sink. No other test of
// the package may publish from the system's database.
func TestWhatPeopleDoIsPublished(t *testing.T) {
	t.Parallel()
	j, came := begin(t, nil), newSink(t)
	publisher := publisherOf(t, j.system.Database(t), came)
	run := func() {
		t.Helper()
		if said, err := publisher.Job().Do(t.Context()); err != nil {
			t.Fatalf("%s: %v", said, err)
		}
	}
	run()
	// The sink loses every other answer, and takes nothing the first time.
	tried := map[string]int{}
	came.answers(func(e event.Event) int {
		tried[e.ID()]++
		return []int{0, http.StatusServiceUnavailable, 0}[min(tried[e.ID()], 2)]
	})
	email := someone()
	arrival := j.arrived(enter(j.apply(j.visitor, email), j.system.AwaitMail(t, email, 1).Code()), email)
	elsewhere := harness.NewVisitor(t).Open(j.app.Start())
	says(t, elsewhere.Submit(map[string][]string{"email": {email}, "password": {"wrong horse battery"}}, ""), 422, "wrong_credentials")
	j.visitor.Open(j.app.LogoutURL(arrival.Tokens)).Submit(nil, "decision=signout")
	subject := arrival.IDToken.Subject
	want := []string{"user.registered", "login.succeeded", "consent.granted", "login.failed", "session.ended"}
	for range 40 {
		run()
		if len(came.of(subject)) == len(want) {
			break
		}
		ageOutbox(t, j.system.Database(t))
	}
	if got := came.of(subject); !slices.Equal(got, want) {
		t.Errorf("of the person the sink was told %q, want %q", got, want)
	}
	// What others do meanwhile may still wait for its second try.
	came.noneTwice()
	for _, e := range came.taken {
		came.valid(e)
	}
}

// ageOutbox lets the time of everything that was put off come.
func ageOutbox(t *testing.T, db *bun.DB) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), "UPDATE outbox SET due_at = now() WHERE kind = 'event' AND delivered_at IS NULL"); err != nil {
		t.Fatal(err)
	}
}

func publisherOf(t *testing.T, db *bun.DB, s *sink) *publish.Publisher {
	t.Helper()
	return &publish.Publisher{
		DB: db, Outbox: outbox.Store{DB: db, Clock: clock.System()}, Sink: &publish.Sink{URL: parse(t, s.server.URL)},
		Timeout: publish.Timeout, Clock: clock.System(), Chance: func() float64 { return 0 },
	}
}

// of is what the sink was told of a subject.
func (s *sink) of(subject string) (all []string) {
	for _, said := range s.told() {
		if what, ok := strings.CutPrefix(said, subject+" "); ok {
			all = append(all, what)
		}
	}
	return all
}

// valid fails the test unless e is as its schema says, with nothing more.
func (s *sink) valid(e event.Event) {
	s.t.Helper()
	name := strings.TrimPrefix(e.Type(), "dev.authway.")
	text, err := publish.Schemas.ReadFile("schemas/" + name + ".json")
	if err != nil {
		s.t.Error(err)
		return
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	read.(map[string]any)["additionalProperties"] = false
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(name, read); err != nil {
		s.t.Fatal(err)
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	data, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data()))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := schema.Validate(data); err != nil {
		s.t.Errorf("%s: %s: %v", name, e.Data(), err)
	}
}
