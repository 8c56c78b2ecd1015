package integration_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/mail"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/tests/harness"
)

// recovered ends all trouble and lets the rows' time come.
func (d *delivery) recovered() {
	d.t.Helper()
	d.office.Trouble(nil)
	d.wire.Mend()
	d.clock.Advance(time.Hour)
	d.run()
}

// putOff fails the test unless the row waits, tried so often, for such a reason.
func (d *delivery) putOff(attempts int, reason string) {
	d.t.Helper()
	row := d.only()
	if row.Delivered || row.Dead || row.Held || row.Attempts != attempts || !strings.Contains(row.LastError, reason) {
		d.t.Errorf("got %+v, want %d attempts and %q", row, attempts, reason)
	}
	if strings.Contains(row.LastError, "ada@") {
		d.t.Errorf("the reason names the person: %s", row.LastError)
	}
	if !row.DueAt.After(d.clock.Now()) {
		d.t.Error("the row is due at once")
	}
}

func TestMailServerThatIsNotThere(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	d.add("ada@example.org")
	d.wire.Cut()
	if got := d.run(); got != "0 delivered, 1 put off, 0 given up" {
		t.Errorf("got %s", got)
	}
	d.putOff(1, "connect")
	d.run()
	d.putOff(1, "connect")
	d.clock.Advance(outbox.Wait(1, 1))
	d.run()
	d.putOff(2, "connect")
	d.recovered()
	d.receivers("ada@example.org")
}

func TestMailServerThatHangs(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	d.add("ada@example.org")
	for _, at := range []string{"rcpt", "data", "content"} {
		release := make(chan struct{})
		d.office.Trouble(func(s harness.MailStep) error {
			if s.At == at {
				<-release
				return errors.New("too late")
			}
			return nil
		})
		before := d.only().Attempts
		began := time.Now()
		d.run()
		if took := time.Since(began); took > 4*smtpTimeout {
			t.Errorf("%s: it took %s", at, took)
		}
		close(release)
		d.putOff(before+1, "connection was lost")
		d.clock.Advance(time.Hour)
	}
	d.recovered()
	d.receivers("ada@example.org")
}

// A port that accepts and says nothing.
func TestMailServerThatSaysNothing(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	d.add("ada@example.org")
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	deliverer := d.deliverer()
	if deliverer.Sender.Server, err = mail.ParseServer("smtp://"+silent.Addr().String(), smtpTimeout); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := deliverer.Job().Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 4*smtpTimeout {
		t.Errorf("it took %s", took)
	}
	d.putOff(1, "connect")
}

func TestMailServerThatDropsInTheMiddle(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	for i := range 7 {
		d.add(fmt.Sprintf("p%d@example.org", i))
	}
	for _, at := range []string{"rcpt", "data", "content"} {
		d.office.Trouble(func(s harness.MailStep) error {
			if s.At == at {
				return s.Drop()
			}
			return nil
		})
		// The first is tried, the others are not troubled.
		if got := d.run(); got != "0 delivered, 1 put off, 0 given up" {
			t.Errorf("%s: got %s", at, got)
		}
	}
	d.receivers()
	d.recovered()
	d.receivers("p0@example.org", "p1@example.org", "p2@example.org", "p3@example.org", "p4@example.org", "p5@example.org", "p6@example.org")
}

// The server took it and its answer was lost: this cannot be told from a mail
// that did not arrive, and the second copy has the first one's Message-ID.
func TestLostAnswerGivesTheSameMessageID(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	d.add("ada@example.org")
	d.office.Trouble(func(s harness.MailStep) error {
		if s.At == "content" {
			s.Keep()
			return s.Drop()
		}
		return nil
	})
	d.run()
	d.recovered()
	letters := d.office.Letters()
	if len(letters) != 2 || letters[0].Header.Get("Message-Id") != letters[1].Header.Get("Message-Id") {
		t.Errorf("got %d mails", len(letters))
	}
}

func TestOneBadMailDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	for _, to := range []string{"gone@example.org", "full@example.org", "fine@example.org"} {
		d.add(to)
	}
	d.office.Trouble(func(s harness.MailStep) error {
		switch {
		case s.At == "rcpt" && s.To == "gone@example.org":
			return harness.MailFailure(550, 5, 1, 1)
		case s.At == "content" && s.To == "full@example.org":
			return harness.MailFailure(452, 4, 2, 2)
		}
		return nil
	})
	if got := d.run(); got != "1 delivered, 1 put off, 1 given up" {
		t.Errorf("got %s", got)
	}
	d.receivers("fine@example.org")
	d.recovered()
	d.receivers("fine@example.org", "full@example.org")
}

func TestRefusedSenderIsNotThePersonsFault(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	d.add("ada@example.org")
	d.office.Trouble(func(s harness.MailStep) error {
		if s.At == "rcpt" {
			return harness.MailFailure(550, 5, 7, 1)
		}
		return nil
	})
	d.run()
	d.putOff(1, "550 5.7.1")
	d.recovered()
	d.receivers("ada@example.org")
}

func TestMailIsDeadAfterItsLastAttempt(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	d.add("ada@example.org")
	d.office.Trouble(func(harness.MailStep) error { return harness.MailFailure(451, 4, 3, 0) })
	for attempt := range outbox.MaxAttempts {
		if row := d.only(); row.Dead || row.Attempts != attempt {
			t.Fatalf("after %d attempts: %+v", attempt, row)
		}
		d.run()
		d.clock.Advance(outbox.Wait(attempt+1, 1))
	}
	if row := d.only(); !row.Dead || row.Delivered || row.Attempts != outbox.MaxAttempts || !strings.Contains(row.LastError, "451") {
		t.Errorf("got %+v", row)
	}
	d.recovered()
	d.receivers()
}

func TestMailWithoutItsDataIsDeadAtOnce(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	for _, m := range []outbox.Mail{
		{To: "a@example.org", Template: "unknown"}, {To: "a@example.org", Template: outbox.Recover},
		{To: "a@example.org", Template: outbox.KnownAddress, Data: map[string]string{outbox.Link: "https://evil.example/"}},
		{To: "a@example.org, b@example.org", Template: outbox.PasswordChanged},
	} {
		if err := d.outbox.AddMail(t.Context(), d.db.As(t, "login"), defaultTenant, m); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.run(); got != "0 delivered, 0 put off, 4 given up" {
		t.Errorf("got %s", got)
	}
}

// 0.0.0.0 leads to this machine, but is not known to: a name like any other.
const elsewhere = "0.0.0.0"

func TestMailGoesUnderTLS(t *testing.T) {
	t.Parallel()
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	defer certified.Close()
	config := &tls.Config{Certificates: certified.TLS.Certificates}
	plain := harness.NewPostOffice(t, harness.PostOfficeOptions{Password: "secret"})
	starting := harness.NewPostOffice(t, harness.PostOfficeOptions{TLS: config, Password: "secret"})
	implicit := harness.NewPostOffice(t, harness.PostOfficeOptions{TLS: config, Implicit: true, Password: "secret"})
	for name, c := range map[string]struct {
		address string
		office  *harness.PostOffice
		trusted bool
		want    string
	}{
		"STARTTLS is stripped":            {fmt.Sprintf("smtp://u:secret@%s:%d", elsewhere, plain.Port()), plain, true, "does not support STARTTLS"},
		"a certificate of another name":   {fmt.Sprintf("smtp://u:secret@%s:%d", elsewhere, starting.Port()), starting, true, "certificate"},
		"an unknown authority":            {fmt.Sprintf("smtps://u:secret@127.0.0.1:%d", implicit.Port()), implicit, false, "certificate"},
		"a wrong password":                {fmt.Sprintf("smtps://u:wrong@127.0.0.1:%d", implicit.Port()), implicit, true, "AUTH"},
		"implicit TLS":                    {fmt.Sprintf("smtps://u:secret@127.0.0.1:%d", implicit.Port()), implicit, true, ""},
		"this machine, without TLS":       {fmt.Sprintf("smtp://u:secret@127.0.0.1:%d", plain.Port()), plain, true, ""},
		"a password where none is wanted": {fmt.Sprintf("smtp://127.0.0.1:%d", plain.Port()), plain, true, "5.7.0"},
	} {
		server, err := mail.ParseServer(c.address, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		from, err := mail.ParseSender("no-reply@auth.example.com")
		if err != nil {
			t.Fatal(err)
		}
		sender := mail.Sender{Server: server, From: from}
		if c.trusted {
			sender.Roots = x509.NewCertPool()
			sender.Roots.AddCert(certified.Certificate())
		}
		before := len(c.office.Letters())
		err = sendOne(t, sender)
		switch arrived := len(c.office.Letters()) - before; {
		case c.want == "" && (err != nil || arrived != 1):
			t.Errorf("%s: %d arrived, %v", name, arrived, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || arrived != 0):
			t.Errorf("%s: %d arrived, %v", name, arrived, err)
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}

func sendOne(t *testing.T, s mail.Sender) error {
	t.Helper()
	connection, err := s.Open(t.Context())
	if err != nil {
		return err
	}
	defer connection.Close()
	return connection.Send(mail.Letter{Locale: "en", Subject: "s", Text: "t", HTML: "h"}, mail.Letterhead{To: "ada@example.org", ID: "1", Date: noon})
}
