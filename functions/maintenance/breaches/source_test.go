package breaches

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseSource(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://host/list", "http://host:8080/list?version=1", "file:///var/lists/list", "https://user:pw@host/list"} {
		if _, err := ParseSource(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"", "list", "/var/list", "file:list", "file://host/list", "file:///list?x", "https://", "ftp://host/list", "https://host/list#x", "https://u:%zz@host", "https://<host>/list", `https://"host/list`} {
		if _, err := ParseSource(address); err == nil || strings.Contains(err.Error(), "%zz") {
			t.Errorf("%q: got %v", address, err)
		}
	}
}

func FuzzParseSource(f *testing.F) {
	for _, seed := range []string{"https://host/list", "http://user:hunter2@host:8080/list?v=1", "file:///var/list", "file:/list", "https://[::1%25x]/a?b#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSource(text)
		if err != nil {
			if s != nil || err.Error() != errSource.Error() {
				t.Fatalf("%q: got %v, %v", text, s, err)
			}
			return
		}
		u := s.address
		if file := u.Scheme == "file"; file != (u.Host == "") || file != (u.Scheme != "http" && u.Scheme != "https") || file && !filepath.IsAbs(u.Path) || u.Opaque != "" {
			t.Fatalf("%q leads to %#v", text, u)
		}
		if strings.Contains(u.Host, "%") {
			return // net/url reads zones that it cannot write
		}
		if again, err := ParseSource(u.String()); err != nil || again.address.String() != u.String() {
			t.Fatalf("%q is accepted once and then not: %v", text, err)
		}
		// A name, a password and a signature that the rest of the address cannot hold by chance.
		secret, query := "hunter2-of-a-source", "signature=hunter3-of-a-source"
		if withSecrets := *u; u.Scheme != "file" {
			withSecrets.User, withSecrets.RawQuery = url.UserPassword(secret, secret), query
			guarded, err := ParseSource(withSecrets.String())
			if err != nil || strings.Contains(guarded.String(), secret) || strings.Contains(guarded.String(), query) {
				t.Fatalf("%q tells %v, %v", text, guarded, err)
			}
		}
	})
}

func TestSourceTellsNoSecret(t *testing.T) {
	t.Parallel()
	s, err := ParseSource("https://user:hunter2@127.0.0.1:1/list?signature=hunter3")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.open(t.Context(), Client())
	if err == nil || strings.Contains(s.String()+err.Error(), "hunter") {
		t.Errorf("got %s, %v", s, err)
	}
}

func TestSourceIsNotLedAstray(t *testing.T) {
	t.Parallel()
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "list") }))
	defer there.Close()
	lead := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, there.URL, http.StatusFound) })
	plain, secure := httptest.NewServer(lead), httptest.NewTLSServer(lead)
	defer plain.Close()
	defer secure.Close()
	for _, c := range []struct {
		server  *httptest.Server
		follows bool
	}{{plain, true}, {secure, false}} {
		client := Client()
		client.Transport = c.server.Client().Transport
		s, err := ParseSource(c.server.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := s.open(t.Context(), client)
		if (err == nil) != c.follows {
			t.Errorf("%s: %v", c.server.URL, err)
		}
		if err == nil {
			_ = body.Close()
		}
	}
}
