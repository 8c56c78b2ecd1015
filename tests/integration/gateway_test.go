package integration_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// gateway is the example of a site behind nginx, with a backend that tells what it
// was shown. It returns where it listens.
func gateway(t *testing.T, system *harness.System) string {
	t.Helper()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(r.Header)
	}))
	t.Cleanup(backend.Close)
	example, err := os.ReadFile("../examples/nginx/site.conf")
	if err != nil {
		t.Fatal(err)
	}
	// As in the example, with this system's addresses. nginx takes an address with a
	// path as it is and no other.
	site := strings.NewReplacer(
		"proxy_pass AUTHWAY;", "proxy_pass "+system.Endpoints.URL+";",
		"proxy_pass BACKEND;", "proxy_pass "+backend.URL+";",
		"proxy_pass TOKEN", "proxy_pass "+system.Upstreams["token"].String(),
		"X-Forwarded-Host HOST;", "X-Forwarded-Host "+parse(t, system.Endpoints.URL).Host+";",
	).Replace(string(example))
	return runNginx(t, func(dir, door string) string {
		return `worker_processes 1;
pid ` + dir + `/nginx.pid;
error_log stderr crit;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path ` + dir + `/body;
    proxy_temp_path ` + dir + `/proxy;
    fastcgi_temp_path ` + dir + `/fastcgi;
    uwsgi_temp_path ` + dir + `/uwsgi;
    scgi_temp_path ` + dir + `/scgi;
    large_client_header_buffers 8 16k;
    proxy_buffer_size 16k;
    proxy_buffers 8 16k;
    proxy_busy_buffers_size 32k;
    server {
        listen ` + door + `;
` + site + `
    }
}
`
	})
}

func TestForwardAuthExampleBehindNginx(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	j.system.GiveRoles(t, j.email, "editor")
	door := gateway(t, j.system)
	j.visitor.Through(j.system.Endpoints.URL, door)
	wiki := j.system.Endpoints.URL + "/wiki/page?a=b"

	page := j.visitor.Open(wiki)
	if page.URL.Path != "/login" {
		t.Fatalf("who is not signed in is at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	page = j.signIn(page)
	if page.URL.String() != wiki || page.Status != 200 {
		t.Fatalf("after the sign-in at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	var shown http.Header
	if err := json.Unmarshal([]byte(page.Body), &shown); err != nil {
		t.Fatalf("the backend says %q: %v", page.Body, err)
	}
	phantom, bearer := strings.CutPrefix(shown.Get("Authorization"), "Bearer ")
	claims := verified(t, j.system, phantom, parse(t, j.system.Endpoints.URL).Host)
	if !bearer || claims["sub"] != shown.Get("X-Auth-Subject") || claims["email"] != j.email || shown.Get("X-Auth-Roles") != "editor" {
		t.Errorf("the backend is shown %v; the token says %v", shown, claims)
	}
	if shown.Get("Cookie") != "" {
		t.Error("the backend is shown the session")
	}

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+door+"/wiki/", nil)
	for _, name := range []string{"Subject", "Client", "Email", "Name", "Tenant", "Roles", "Scope", "Token"} {
		if name != "Subject" && name != "Roles" && shown.Get("X-Auth-"+name) != "" {
			t.Errorf("the backend is shown a %s that nobody set", name)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	request.Host = parse(t, j.system.Endpoints.URL).Host
	request.Header.Set("X-Auth-Subject", "somebody")
	request.Header.Set("X-Auth-Roles", "editor")
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	if response.StatusCode != 302 {
		t.Errorf("who sends the headers is answered %d", response.StatusCode)
	}

	other := begin(t, nil)
	other.visitor.Through(j.system.Endpoints.URL, door)
	if page := other.signIn(other.visitor.Open(wiki)); page.Status != 403 {
		t.Errorf("who is no editor is at %s (%d)", page.URL, page.Status)
	}
	if page := other.visitor.Open(j.system.Endpoints.URL + "/_authway"); page.Status != 404 {
		t.Errorf("the gateway's own question is answered to everybody: %d", page.Status)
	}
}
