package mailbox

import (
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/authway/authway/shared/clock"
)

const (
	kept        = 200
	maxMail     = 1 << 20
	maxReceiver = 50
	patience    = 30 * time.Second
)

// Message is a mail as it was received.
type Message struct {
	ID         string    `json:"id"`
	ReceivedAt time.Time `json:"received_at"`
	From       string    `json:"from"`
	To         []string  `json:"to"`
	Subject    string    `json:"subject"`
	Text       string    `json:"text"`
	HTML       string    `json:"html,omitempty"`
}

// Mailbox is an SMTP server and what it has received.
type Mailbox struct {
	clock    clock.Clock
	server   *smtp.Server
	listener net.Listener

	mu       sync.Mutex
	messages []Message
	count    int
}

// Listen starts the SMTP server on a free loopback port.
func Listen(c clock.Clock) (*Mailbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &Mailbox{clock: c, listener: listener}
	m.server = smtp.NewServer(m)
	m.server.Domain = "mailbox.localhost"
	m.server.ReadTimeout, m.server.WriteTimeout = patience, patience
	m.server.MaxMessageBytes, m.server.MaxRecipients = maxMail, maxReceiver
	m.server.EnableSMTPUTF8 = true
	m.server.ErrorLog = silent{}
	go func() { _ = m.server.Serve(listener) }()
	return m, nil
}

// Address is host:port of the SMTP server.
func (m *Mailbox) Address() string { return m.listener.Addr().String() }

// Close stops the SMTP server.
func (m *Mailbox) Close() error {
	if err := m.server.Close(); !errors.Is(err, smtp.ErrServerClosed) {
		return err
	}
	return nil
}

// Messages are the mails received, the newest first.
func (m *Mailbox) Messages() []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	newest := slices.Clone(m.messages)
	slices.Reverse(newest)
	return newest
}

func (m *Mailbox) keep(msg Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count++
	msg.ID, msg.ReceivedAt = strconv.Itoa(m.count), m.clock.Now()
	m.messages = append(m.messages, msg)
	if len(m.messages) > kept {
		m.messages = slices.Delete(m.messages, 0, len(m.messages)-kept)
	}
}

// NewSession takes a sender's connection; it is part of smtp.Backend.
func (m *Mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &delivery{box: m}, nil }

// delivery is one mail on its way in.
type delivery struct {
	box  *Mailbox
	from string
	to   []string
}

func (d *delivery) Mail(from string, _ *smtp.MailOptions) error {
	d.from = from
	return nil
}

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = append(d.to, to)
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	msg := parse(raw)
	msg.From, msg.To = d.from, d.to
	d.box.keep(msg)
	return nil
}

func (d *delivery) Reset()      { d.from, d.to = "", nil }
func (*delivery) Logout() error { return nil }

// silent keeps the library from writing to standard error about senders that hang up.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
