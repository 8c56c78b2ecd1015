package harness

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/mail"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// PostOffice is a mail server that keeps what it is given and fails as it is
// told to.
type PostOffice struct {
	listener net.Listener

	mu       sync.Mutex
	letters  []PostedLetter
	trouble  func(MailStep) error
	password string
}

// PostedLetter is a mail that was accepted.
type PostedLetter struct {
	To      string
	Header  mail.Header
	Content string
}

// MailStep is a moment of a delivery at which a mail server may fail.
type MailStep struct {
	// At is "rcpt", "data" (before the content) or "content" (after it, before the answer).
	At, To string
	// Keep takes the mail although the answer will say nothing of it.
	Keep func()
	conn net.Conn
}

// Drop ends the connection.
func (s MailStep) Drop() error {
	_ = s.conn.Close()
	return errors.New("dropped")
}

// MailFailure is an answer of a mail server, such as 451 4.3.0.
func MailFailure(code int, class, subject, detail int) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: "said of <ada@example.org>"}
}

// PostOfficeOptions change a post office.
type PostOfficeOptions struct {
	// TLS is offered by STARTTLS, or spoken from the first byte when Implicit.
	TLS      *tls.Config
	Implicit bool
	// Password is asked of everybody.
	Password string
}

// NewPostOffice opens one on a loopback port.
func NewPostOffice(t testing.TB, o PostOfficeOptions) *PostOffice {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &PostOffice{listener: listener, password: o.Password}
	server := smtp.NewServer(p)
	server.Domain, server.MaxMessageBytes, server.TLSConfig = "post.example", 1<<20, o.TLS
	server.ErrorLog = quiet{}
	// A connection without TLS shows its password to whoever listens: whether it
	// does is the sender's to decide, and what is tested.
	server.AllowInsecureAuth = true
	if o.Implicit {
		listener = tls.NewListener(listener, o.TLS)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
	return p
}

// Address is host:port.
func (p *PostOffice) Address() string { return p.listener.Addr().String() }

// Port is the port alone.
func (p *PostOffice) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Letters are the mails accepted so far.
func (p *PostOffice) Letters() []PostedLetter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.letters)
}

// Trouble decides from now on what fails; nil is nothing.
func (p *PostOffice) Trouble(trouble func(MailStep) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble = trouble
}

// NewSession is part of smtp.Backend.
func (p *PostOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &counter{office: p, conn: c, known: p.password == ""}, nil
}

// counter is where one sender stands.
type counter struct {
	office *PostOffice
	conn   *smtp.Conn
	known  bool
	to     string
}

func (c *counter) AuthMechanisms() []string {
	if c.office.password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if password != c.office.password {
			return smtp.ErrAuthFailed
		}
		c.known = true
		return nil
	}), nil
}

func (c *counter) Mail(string, *smtp.MailOptions) error {
	if !c.known {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = to
	return c.fails("rcpt", nil)
}

func (c *counter) Data(r io.Reader) error {
	if err := c.fails("data", nil); err != nil {
		return err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	letter := PostedLetter{To: c.to, Header: m.Header, Content: string(raw)}
	if err := c.fails("content", func() { c.office.keep(letter) }); err != nil {
		return err
	}
	c.office.keep(letter)
	return nil
}

func (p *PostOffice) keep(l PostedLetter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.letters = append(p.letters, l)
}

func (c *counter) fails(at string, keep func()) error {
	c.office.mu.Lock()
	trouble := c.office.trouble
	c.office.mu.Unlock()
	if trouble == nil {
		return nil
	}
	return trouble(MailStep{At: at, To: c.to, Keep: keep, conn: c.conn.Conn()})
}

func (c *counter) Reset()      { c.to = "" }
func (*counter) Logout() error { return nil }

// quiet keeps the library from writing about senders that hang up.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
