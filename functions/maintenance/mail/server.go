package mail

import (
	"errors"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Server is the mail server that takes what we send.
type Server struct {
	host           string
	port           int
	user, password string
	// implicit is TLS from the first byte (RFC 8314); otherwise STARTTLS is
	// insisted on, so that nobody on the way can strip it.
	implicit bool
	timeout  time.Duration
}

// Ports of submission with STARTTLS and with implicit TLS (RFC 6409, RFC 8314).
const (
	portSubmission  = 587
	portSubmissions = 465
)

var errServer = errors.New("mail: not an address of a mail server")

// ParseServer reads smtp://user:password@host:port or smtps://…. timeout bounds
// the connecting, and then each mail. The error does not repeat the address.
func ParseServer(address string, timeout time.Duration) (Server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return Server{}, errServer
	}
	s := Server{host: u.Hostname(), timeout: timeout, user: u.User.Username()}
	s.password, _ = u.User.Password()
	switch u.Scheme {
	case "smtp":
		s.port = portSubmission
	case "smtps":
		s.port, s.implicit = portSubmissions, true
	default:
		return Server{}, errServer
	}
	if port := u.Port(); port != "" {
		if s.port, err = strconv.Atoi(port); err != nil || s.port < 1 || s.port > 65535 {
			return Server{}, errServer
		}
	}
	return s, nil
}

// loopback reports whether nobody can listen on the way.
func (s Server) loopback() bool {
	ip := net.ParseIP(s.host)
	return s.host == "localhost" || (ip != nil && ip.IsLoopback())
}

// ParseSender reads an address with or without a name, such as
// Authway <no-reply@example.com>.
func ParseSender(text string) (mail.Address, error) {
	address, err := mail.ParseAddress(text)
	if err != nil {
		return mail.Address{}, errors.New("mail: not a mail address")
	}
	return *address, nil
}

// DefaultSender is no-reply at the public address.
func DefaultSender(public *url.URL) mail.Address {
	host := public.Hostname()
	if host == "" || strings.Contains(host, ":") {
		// An IPv6 address: it has no mail domain that anybody would accept.
		host = "localhost"
	}
	return mail.Address{Name: "Authway", Address: "no-reply@" + host}
}

func domainOf(sender mail.Address) string {
	// The last one: what is before it may be quoted, and hold others.
	return sender.Address[strings.LastIndexByte(sender.Address, '@')+1:]
}

// options are those of one connection.
func (s Server) options(helo string) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(s.timeout), gomail.WithHELO(helo),
		// What comes after a mail was accepted must not make it look refused, and
		// what comes before it must not cost a round trip.
		gomail.WithoutRset(), gomail.WithoutNoop(),
	}
	switch {
	case s.implicit:
		options = append(options, gomail.WithSSL())
	case s.loopback():
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.user != "" {
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password),
			// Both show the password to the server, and only under TLS or to this machine.
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return options
}
