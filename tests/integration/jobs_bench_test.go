package integration_test

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/tests/harness"
)

// duty is a job, with work for it.
type duty struct {
	// prepare makes work that is due, and may change settings.
	prepare func(b *bench)
	// effect counts what has happened; want is what it says when all the work has been
	// done once.
	effect func(b *bench) string
	want   string
	// hold makes a run that has begun stand still in the middle of the work.
	hold func(b *bench) held
}

// held is a run that stands still.
type held struct {
	// stands reports whether a run has come to the point.
	stands func() bool
	// release lets go, and returns when nothing of the run is left.
	release func()
}

// bench is a database with work in it, and what maintenance needs to do it.
type bench struct {
	t        *testing.T
	name     string
	duty     duty
	db       harness.Database
	owner    *bun.DB
	hydra    *bun.DB
	relay    *harness.Relay
	office   *harness.PostOffice
	settings map[string]string
	list     *list
	sink     *sink
	objects  *harness.Objects
	store    *store.Store
}

func newBench(t *testing.T, name string, d duty) *bench {
	t.Helper()
	b := &bench{t: t, name: name, duty: d, db: harness.NewDatabase(t), office: harness.NewPostOffice(t, harness.PostOfficeOptions{})}
	b.owner = b.db.Owner(t)
	b.relay = harness.NewRelay(t, harness.Run(t).Endpoints.HydraAdminURL)
	b.settings = map[string]string{
		"AUTHWAY_URL": "https://auth.example.com", "DATABASE_URL": b.db.URL("maintenance"),
		"AUTHWAY_MASTER_KEYS": harness.MasterKey(), "SMTP_URL": "smtp://" + b.office.Address(), "HYDRA_ADMIN_URL": b.relay.URL,
	}
	d.prepare(b)
	if b.done() {
		t.Fatal("what is prepared is done already")
	}
	return b
}

func (b *bench) exec(statement string, args ...any) {
	b.t.Helper()
	if _, err := b.owner.NewRaw(statement, args...).Exec(b.t.Context()); err != nil {
		b.t.Fatalf("%s: %v", statement, err)
	}
}

// text is the one text that a query gives.
func text(b *bench, db *bun.DB, query string, args ...any) (said string) {
	b.t.Helper()
	if err := db.NewRaw(query, args...).Scan(b.t.Context(), &said); err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
	return said
}

func (b *bench) done() bool {
	b.t.Helper()
	return b.duty.effect(b) == b.duty.want
}

// once fails the test unless the work has been done, and once.
func (b *bench) once(when string) {
	b.t.Helper()
	if got := b.duty.effect(b); got != b.duty.want {
		b.t.Errorf("%s: %s, want %s", when, got, b.duty.want)
	}
}

// instance starts a maintenance function of its own on the database.
func (b *bench) instance() *url.URL {
	b.t.Helper()
	sink, err := url.Parse(harness.StartFunction(b.t, maintenance.Spec, b.db, b.settings))
	if err != nil {
		b.t.Fatal(err)
	}
	return sink.JoinPath("events")
}

// event is what the job's PingSource sends at its next time.
func (b *bench) event() events.Event {
	return events.New(events.TypePing, "/apis/v1/namespaces/tests/pingsources/"+b.name, b.name)
}

// post delivers an event that was made so long ago, which has to be accepted.
func (b *bench) post(sink *url.URL, e events.Event, ago time.Duration) {
	b.t.Helper()
	if err := events.Post(b.t.Context(), sink, e, time.Now().Add(-ago)); err != nil {
		b.t.Errorf("%s: %v", b.name, err)
	}
}

// runs counts the runs that a condition holds of.
func (b *bench) runs(condition string) string {
	b.t.Helper()
	return text(b, b.owner, "SELECT count(*)::text FROM job_runs WHERE job = ? AND "+condition, b.name)
}

// takeOver makes what the process that was killed held be nobody's.
func (b *bench) takeOver() {
	b.t.Helper()
	b.exec("UPDATE leases SET until = now() - interval '1 second'")
	b.exec("UPDATE outbox SET claimed_until = now() - interval '1 second' WHERE claimed_until IS NOT NULL")
}

// process is `maintenance run JOB` as a process of its own.
type process struct {
	command *exec.Cmd
	output  *bytes.Buffer
	ended   chan struct{}
}

// asMaintenance, as the first argument, makes the binary of the tests the program
// maintenance.
const asMaintenance = "maintenance"

func (b *bench) start() *process {
	b.t.Helper()
	p := &process{output: &bytes.Buffer{}, ended: make(chan struct{})}
	p.command = exec.CommandContext(context.WithoutCancel(b.t.Context()), os.Args[0], asMaintenance, "run", b.name)
	p.command.Stdout, p.command.Stderr = p.output, p.output
	for name, value := range b.settings {
		p.command.Env = append(p.command.Env, name+"="+value)
	}
	if err := p.command.Start(); err != nil {
		b.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait()
	}()
	return p
}

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// startAndKill kills a process in the middle of the work. A machine that is so slow
// that the run has given up before it was killed gets another try.
func (b *bench) startAndKill(h held) {
	b.t.Helper()
	for range 5 {
		p := b.start()
		awaitSo(b.t, "the run stands", func() bool { return h.stands() || p.over() })
		_ = p.command.Process.Signal(syscall.SIGKILL)
		<-p.ended
		if status, ok := p.command.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return
		}
		b.t.Logf("it ended by itself: %s", p.output)
		b.takeOver()
	}
	b.t.Fatal("the run always ends before it can be killed")
}

// awaitSo asks until it is so. Nothing tells a test when another process waits.
func awaitSo(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	bounded, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !so() {
		select {
		case <-bounded.Done():
			t.Fatalf("awaited in vain: %s", what)
		case <-tick.C:
		}
	}
}

// lock holds what a statement locks in db until somebody stands before it.
func (b *bench) lock(db *bun.DB, statement string, args ...any) held {
	b.t.Helper()
	tx, err := db.BeginTx(b.t.Context(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	rollback := sync.OnceFunc(func() { _ = tx.Rollback() })
	b.t.Cleanup(rollback)
	if _, err := tx.NewRaw(statement, args...).Exec(b.t.Context()); err != nil {
		b.t.Fatalf("%s: %v", statement, err)
	}
	var we int
	if err := tx.NewRaw("SELECT pg_backend_pid()").Scan(b.t.Context(), &we); err != nil {
		b.t.Fatal(err)
	}
	var blocked string
	return held{
		stands: func() bool {
			blocked = text(b, db, `SELECT coalesce(string_agg(DISTINCT pid::text, ','), '') FROM pg_locks
				WHERE NOT granted AND ? = ANY (pg_blocking_pids(pid))`, we)
			return blocked != ""
		},
		release: func() {
			rollback()
			// PostgreSQL finishes a statement whose client is gone.
			awaitSo(b.t, "the statement of the killed run ends", func() bool {
				return text(b, db, "SELECT count(*)::text FROM pg_stat_activity WHERE pid::text = ANY (string_to_array(?, ','))", blocked) == "0"
			})
		},
	}
}

// turnstile stands in a handler of the test's own, the first time that it is passed.
type turnstile struct {
	once             sync.Once
	reached, release chan struct{}
}

func (b *bench) turnstile() (*turnstile, held) {
	g := &turnstile{reached: make(chan struct{}), release: make(chan struct{})}
	open := sync.OnceFunc(func() { close(g.release) })
	b.t.Cleanup(open)
	return g, held{release: open, stands: func() bool {
		select {
		case <-g.reached:
			return true
		default:
			return false
		}
	}}
}

// pass reports whether this was the first time.
func (g *turnstile) pass() (first bool) {
	g.once.Do(func() {
		close(g.reached)
		<-g.release
		first = true
	})
	return first
}
