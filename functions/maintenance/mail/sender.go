package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/authway/authway/shared/problem"
)

// Failure says what a mail's not being sent means for the next try.
type Failure int

// Failures.
const (
	// Refused: this person cannot be reached, however often it is tried.
	Refused Failure = iota + 1
	// PutOff: the server answered, and this mail may go later.
	PutOff
	// Unreachable: the server is not there, or went away in the middle.
	Unreachable
)

// SendError says why a mail was not sent. Its text holds no address of a
// person: servers like to repeat those, so what they say is left out.
type SendError struct {
	Failure Failure
	text    string
}

func (e *SendError) Error() string { return "mail: " + e.text }

// Sender sends letters.
type Sender struct {
	Server Server
	From   mail.Address
	// Roots are who may certify the server; nil is whom the system trusts.
	Roots *x509.CertPool
}

// Letterhead is what a letter carries beside its words.
type Letterhead struct {
	To string
	// ID is the same at every try, so that receivers can tell a second copy.
	ID   string
	Date time.Time
}

// Connection is an open connection to the server, for one mail after another.
type Connection struct {
	sender Sender
	client *gomail.Client
	conn   net.Conn
	stop   func() bool
}

// Open connects and shows who we are. The connection ends with ctx.
func (s Sender) Open(ctx context.Context) (*Connection, error) {
	c := &Connection{sender: s}
	tlsConfig := &tls.Config{ServerName: s.Server.host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}
	options := append(s.Server.options(domainOf(s.From)), gomail.WithTLSConfig(tlsConfig),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			if s.Server.implicit {
				conn, err = (&tls.Dialer{Config: tlsConfig}).DialContext(ctx, network, address)
			} else {
				conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
			}
			c.conn = conn
			return conn, err
		}))
	client, err := gomail.NewClient(s.Server.host, options...)
	if err != nil {
		return nil, &SendError{Failure: Unreachable, text: "settings: " + err.Error()}
	}
	c.client = client
	err = client.DialWithContext(ctx)
	if err != nil {
		if c.conn != nil {
			// The library leaves a connection open that failed after it was made.
			_ = c.conn.Close()
		}
		return nil, &SendError{Failure: Unreachable, text: "connect: " + problem.Redact(err.Error())}
	}
	c.stop = context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	return c, nil
}

// Greet reports whether the server answers and takes our name and password. It
// sends nothing.
func (s Sender) Greet(ctx context.Context) error {
	c, err := s.Open(ctx)
	if err != nil {
		return err
	}
	c.Close()
	return nil
}

// Close says goodbye.
func (c *Connection) Close() {
	c.stop()
	// The mails have been accepted or not; how we part changes nothing.
	_ = c.client.Close()
	_ = c.conn.Close()
}

// Send sends one letter. Without an error the server has taken responsibility
// for it (RFC 5321 section 4.2.5).
func (c *Connection) Send(l Letter, h Letterhead) error {
	m, err := c.sender.message(l, h)
	if err != nil {
		return err
	}
	err = c.client.Send(m)
	if err == nil || m.IsDelivered() {
		return nil
	}
	return explain(err)
}

// message puts a letter into its envelope.
func (s Sender) message(l Letter, h Letterhead) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	from := s.From
	if l.From != "" {
		from.Name = l.From
	}
	m.FromMailAddress(&from)
	// A list of addresses, or a name with one, is not what an account has.
	to, err := mail.ParseAddress(h.To)
	if err != nil || to.Name != "" || strings.ContainsAny(h.To, "\r\n<>,") {
		return nil, &SendError{Failure: Refused, text: "the receiver's address is malformed"}
	}
	m.ToMailAddress(to)
	m.Subject(l.Subject)
	m.SetMessageIDWithValue(h.ID + "@" + domainOf(s.From))
	m.SetDateWithValue(h.Date)
	m.SetGenHeader("Content-Language", l.Locale)
	// RFC 3834: no holiday answers, please.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	return m, nil
}

// explain sorts what the library reports.
func explain(err error) *SendError {
	said, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return &SendError{Failure: Unreachable, text: "send: " + fmt.Sprintf("%T", err)}
	}
	code, enhanced := said.ErrorCode(), said.EnhancedStatusCode()
	text := strings.TrimSpace(fmt.Sprintf("%s: %d %s", said.Reason, code, enhanced))
	switch {
	case code == 0 || code == 421:
		// Nothing was answered, or the server is closing (RFC 5321 section 3.8).
		return &SendError{Failure: Unreachable, text: fmt.Sprintf("%s: the connection was lost", said.Reason)}
	case said.Reason == gomail.ErrSMTPRcptTo && code >= 500 && !ourFault(code, enhanced):
		return &SendError{Failure: Refused, text: text}
	}
	return &SendError{Failure: PutOff, text: text}
}

// ourFault reports whether a receiver was refused because of who sends: a
// missing right to relay, a missing authentication (RFC 3463 X.7.x). That is for
// an administrator to mend, and the mail waits.
func ourFault(code int, enhanced string) bool {
	_, detail, _ := strings.Cut(enhanced, ".")
	return strings.HasPrefix(detail, "7.") || code == 530 || code == 535 || code == 554
}
