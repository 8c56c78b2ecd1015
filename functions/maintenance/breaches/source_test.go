package breaches

import (
	"io"
	"net/http"
	"net/http/httptest"
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
	for _, address := range []string{"", "list", "/var/list", "file:list", "file://host/list", "file:///list?x", "https://", "ftp://host/list", "https://host/list#x", "https://u:%zz@host"} {
		if _, err := ParseSource(address); err == nil || strings.Contains(err.Error(), "%zz") {
			t.Errorf("%q: got %v", address, err)
		}
	}
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
