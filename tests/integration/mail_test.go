package integration_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance/mail"
	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

var defaultTenant = uuid.MustParse("00000000-0000-4000-8000-000000000001")

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// smtpTimeout is short: what is tested is that there is one.
const smtpTimeout = 400 * time.Millisecond

// delivery is an outbox with a post office behind it, and a clock that stands.
type delivery struct {
	t      *testing.T
	db     harness.Database
	owner  *bun.DB
	office *harness.PostOffice
	wire   *harness.Wire
	clock  *clock.Fixed
	outbox outbox.Store
}

func masterBox(t *testing.T) *seal.Box {
	t.Helper()
	box, err := seal.New([]string{harness.MasterKey()})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func beginDelivery(t *testing.T) *delivery {
	t.Helper()
	d := &delivery{t: t, db: harness.NewDatabase(t), clock: clock.NewFixed(noon), office: harness.NewPostOffice(t, harness.PostOfficeOptions{})}
	d.owner = d.db.Owner(t)
	d.wire = harness.NewWire(t, d.office.Address())
	d.outbox = outbox.Store{DB: d.db.As(t, "maintenance"), Box: masterBox(t), Clock: d.clock}
	return d
}

// deliverer is one process's.
func (d *delivery) deliverer() *mail.Deliverer {
	d.t.Helper()
	server, err := mail.ParseServer("smtp://"+d.wire.Address(), smtpTimeout)
	if err != nil {
		d.t.Fatal(err)
	}
	public := &url.URL{Scheme: "https", Host: "auth.example.com"}
	return &mail.Deliverer{
		Outbox: d.outbox, Tenants: tenant.Store{DB: d.outbox.DB}, Public: public, Clock: d.clock, Chance: func() float64 { return 1 },
		Sender: mail.Sender{Server: server, From: mail.DefaultSender(public)},
	}
}

// run delivers what is due and returns the summary.
func (d *delivery) run() string {
	d.t.Helper()
	summary, err := d.deliverer().Job().Do(d.t.Context())
	if err != nil {
		d.t.Fatalf("deliver: %v", err)
	}
	return summary
}

// add leaves a mail as login does.
func (d *delivery) add(to string) {
	d.t.Helper()
	addMail(d.t, d.db.As(d.t, "login"), outbox.Store{Box: d.outbox.Box, Clock: d.clock}, to)
}

func verification(to string) outbox.Mail {
	return outbox.Mail{
		To: to, Locale: "ko", Template: outbox.VerifyEmail,
		Data: map[string]string{outbox.Code: "20481632", outbox.Link: "/login/confirm?token=x", outbox.Client: "Photo Book"},
	}
}

func addMail(t *testing.T, login *bun.DB, store outbox.Store, to string) {
	t.Helper()
	err := login.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		return store.AddMail(ctx, tx, defaultTenant, verification(to))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// receivers fails the test unless each of them has one mail and nobody else any.
func (d *delivery) receivers(want ...string) {
	d.t.Helper()
	got := map[string]int{}
	for _, l := range d.office.Letters() {
		got[l.To]++
	}
	for _, to := range want {
		if got[to] != 1 {
			d.t.Errorf("%s has %d mails", to, got[to])
		}
	}
	if len(got) != len(want) {
		d.t.Errorf("mails went to %v, not to %v", got, want)
	}
}

type outboxRow struct {
	ID        uuid.UUID
	Attempts  int
	Delivered bool
	Dead      bool
	Held      bool
	Empty     bool
	LastError string
	DueAt     time.Time
}

// only is the one row of the outbox.
func (d *delivery) only() (r outboxRow) {
	d.t.Helper()
	err := d.owner.NewRaw(`SELECT id, attempts, delivered_at IS NOT NULL AS delivered, dead_at IS NOT NULL AS dead,
		claimed_until IS NOT NULL AS held, payload = '' AS empty, last_error, due_at FROM outbox`).
		Scan(d.t.Context(), &r)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

func TestMailIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	d.add("ada@example.org")
	if got := d.run(); got != "1 delivered, 0 put off, 0 given up" {
		t.Errorf("got %s", got)
	}
	row := d.only()
	if !row.Delivered || row.Held || !row.Empty || row.Attempts != 1 {
		t.Errorf("got %+v", row)
	}
	letter := d.office.Letters()[0]
	for name, want := range map[string]string{
		"Message-Id": "<" + row.ID.String() + "@auth.example.com>", "From": `"Authway" <no-reply@auth.example.com>`,
		"To": "<ada@example.org>", "Content-Language": "ko", "Auto-Submitted": "auto-generated", "User-Agent": "", "X-Mailer": "",
	} {
		if got := letter.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if date, err := letter.Header.Date(); err != nil || !date.Equal(noon) {
		t.Errorf("dated %v, %v", date, err)
	}
	d.clock.Advance(24 * time.Hour)
	d.run()
	d.receivers("ada@example.org")
}

func TestOutboxKeepsNothingReadable(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	d.add("ada@example.org")
	var text string
	if err := d.owner.NewRaw("SELECT outbox::text || encode(payload, 'escape') FROM outbox").Scan(t.Context(), &text); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"ada@", "20481632", "token=x", "Photo"} {
		if strings.Contains(text, secret) {
			t.Errorf("the row shows %q", secret)
		}
	}
	if _, err := d.db.As(t, "login").NewRaw("SELECT payload FROM outbox").Exec(t.Context()); err == nil {
		t.Error("login may read the outbox")
	}
}

func TestMailOfARefusedChangeIsNotSent(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	tx, err := d.db.As(t, "login").BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.outbox.AddMail(t.Context(), tx, defaultTenant, outbox.Mail{To: "a@example.org", Template: outbox.PasswordChanged}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if due, err := d.outbox.Due(t.Context()); due || err != nil {
		t.Errorf("got %v, %v", due, err)
	}
}

func TestConcurrentDeliveriesSendEachMailOnce(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	var everybody []string
	for i := range 40 {
		everybody = append(everybody, fmt.Sprintf("p%d@example.org", i))
		d.add(everybody[i])
	}
	var processes sync.WaitGroup
	for range 4 {
		deliverer := d.deliverer()
		processes.Go(func() {
			if _, err := deliverer.Job().Do(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	processes.Wait()
	d.receivers(everybody...)
}

func TestClaimOfAKilledProcessRunsOut(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	d.add("ada@example.org")
	killed, err := d.outbox.Claim(t.Context(), 5, time.Minute)
	if err != nil || len(killed) != 1 {
		t.Fatalf("got %v, %v", killed, err)
	}
	d.run()
	d.receivers()
	d.clock.Advance(time.Minute)
	d.run()
	d.receivers("ada@example.org")
	// It was only slow: what it has to say about the row counts no more.
	if err := d.outbox.GiveUp(t.Context(), killed[0], "late"); err != nil {
		t.Fatal(err)
	}
	if row := d.only(); !row.Delivered || row.Dead || row.Attempts != 2 {
		t.Errorf("got %+v", row)
	}
}

// The whole system: a row, a knock, and the mailbox's page.
func TestMailOfTheSystemIsInItsMailbox(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	to := someone()
	system.AddMail(t, verification(to))
	events.NewKnocker(system.Upstreams[edge.Maintenance].JoinPath("events")).Knock(outbox.Job)
	m := system.AwaitMail(t, to, 1)
	if m.Link() != system.Endpoints.URL+"/login/confirm?token=x" || m.Code() != "20481632" || m.Subject != "이메일 주소를 확인해 주세요" {
		t.Errorf("got %+v", m)
	}
}
