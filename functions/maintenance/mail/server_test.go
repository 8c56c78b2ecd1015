package mail

import (
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestParseServer(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]Server{
		"smtp://mail.example.com":               {host: "mail.example.com", port: 587},
		"smtp://u:p%40ss@mail.example.com:2525": {host: "mail.example.com", port: 2525, user: "u", password: "p@ss"},
		"smtps://u:p@mail.example.com":          {host: "mail.example.com", port: 465, user: "u", password: "p", implicit: true},
		"smtp://127.0.0.1:1025/":                {host: "127.0.0.1", port: 1025},
	} {
		got, err := ParseServer(address, time.Second)
		want.timeout = time.Second
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v", address, got, err)
		}
	}
	for _, address := range []string{
		"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://h:0", "smtp://h:99999", "smtp://h/path", "smtp://h?tls=no", "smtp://u:%zz@h",
	} {
		if _, err := ParseServer(address, time.Second); err == nil || strings.Contains(err.Error(), "%zz") {
			t.Errorf("%q: got %v", address, err)
		}
	}
}

// Only what stays on this machine goes without TLS.
func TestLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.1.2.3": true, "[::1]": true,
		"localhost.example.com": false, "10.0.0.1": false, "0.0.0.0": false, "mail": false, "127.0.0.1.example.com": false,
	} {
		s, err := ParseServer("smtp://"+host, time.Second)
		if err != nil || s.loopback() != want {
			t.Errorf("%s: got %v, %v", host, s.loopback(), err)
		}
	}
}

func TestSender(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://auth.example.com": "no-reply@auth.example.com", "http://localhost:8080": "no-reply@localhost", "http://[::1]:80": "no-reply@localhost",
	} {
		parsed, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := DefaultSender(parsed); got.Address != want || got.Name != "Authway" {
			t.Errorf("%s: got %v", address, got)
		}
	}
	if got, err := ParseSender("Acme <hello@acme.example>"); err != nil || got.Name != "Acme" || got.Address != "hello@acme.example" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := ParseSender("Acme"); err == nil {
		t.Error("a name is no address")
	}
}

func FuzzParseServer(f *testing.F) {
	for _, seed := range []string{"smtp://u:p%40ss@mail.example.com:2525", "smtps://[::1]/", "smtp://h:0", "smtp://u%0a:p@h", "smtp://[fe80::1%25x]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		s, err := ParseServer(address, time.Second)
		if err != nil {
			if s != (Server{}) || err.Error() != errServer.Error() {
				t.Fatalf("%q: got %+v, %v", address, s, err)
			}
			return
		}
		if s.host == "" || s.implicit != strings.HasPrefix(strings.ToLower(address), "smtps:") || s.port < 1 || s.port > 65535 || s.timeout != time.Second || strings.ContainsFunc(s.host, unicode.IsControl) {
			t.Fatalf("%q is read as %+v", address, s)
		}
		if strings.Contains(s.host, "%") {
			return // net/url reads zones that it cannot write
		}
		u := url.URL{Scheme: "smtp", User: url.UserPassword(s.user, s.password), Host: net.JoinHostPort(s.host, strconv.Itoa(s.port))}
		if s.implicit {
			u.Scheme = "smtps"
		}
		if again, err := ParseServer(u.String(), time.Second); err != nil || again != s {
			t.Fatalf("%q is %+v, and written again %+v, %v", address, s, again, err)
		}
	})
}

func FuzzParseSender(f *testing.F) {
	for _, seed := range []string{"Acme <hello@acme.example>", "a@x.example, b@y.example", "=?utf-8?q?a=0d=0ab?= <a@b.example>", "\"a@b\"@c.example", "<a@[127.0.0.1]>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		from, err := ParseSender(text)
		if err != nil {
			if from != (mail.Address{}) {
				t.Fatalf("%q: got %v, %v", text, from, err)
			}
			return
		}
		if written := from.String(); strings.ContainsAny(from.Address, "\r\n\x00") || strings.ContainsAny(written, "\r\n\x00") {
			t.Fatalf("%q would break a mail: %q", text, written)
		}
		if again, err := ParseSender(from.String()); err != nil || again != from {
			t.Fatalf("%q is %q, and written again %q, %v", text, from, again, err)
		}
		if domain := domainOf(from); domain == "" || strings.Contains(domain, "@") || !strings.HasSuffix(from.Address, "@"+domain) {
			t.Fatalf("the domain of %q is %q", from.Address, domain)
		}
	})
}

func TestReceiversAreOneAddress(t *testing.T) {
	t.Parallel()
	s := Sender{From: DefaultSender(public)}
	for _, to := range []string{"", "x", "a@x.example, b@y.example", "Eve <eve@evil.example>", "a@x.example\r\nRCPT TO:<b@y.example>", "a@x.example>"} {
		if _, err := s.message(Letter{}, Letterhead{To: to}); err == nil {
			t.Errorf("%q was taken for an address", to)
		}
	}
}

func TestOurFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code     int
		enhanced string
		want     bool
	}{
		{550, "5.1.1", false}, {550, "", false}, {553, "5.1.3", false}, {550, "5.7.1", true}, {554, "", true}, {530, "", true}, {550, "5.2.1", false},
	} {
		if got := ourFault(c.code, c.enhanced); got != c.want {
			t.Errorf("%d %s: got %v", c.code, c.enhanced, got)
		}
	}
}
