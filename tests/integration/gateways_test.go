package integration_test

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// asked is a gateway's question about a visitor's request, as its documentation says
// that it asks, with the rule of the example.
type asked func(t *testing.T, system *harness.System, method, path string, headers http.Header) *http.Response

// traefik asks with GET at the address that it is given, with what the visitor sent
// and the request in X-Forwarded-* (doc.traefik.io, ForwardAuth, "Forward-Request
// Headers").
func traefik(t *testing.T, system *harness.System, method, path string, headers http.Header) *http.Response {
	t.Helper()
	host := parse(t, system.Endpoints.URL).Host
	request := question(t, system, http.MethodGet, ruleOf(t, "traefik/site.yml", `address: TOKEN(\S+)`, host))
	request.Header = headers.Clone()
	for name, value := range map[string]string{
		"X-Forwarded-Method": method, "X-Forwarded-Proto": "http", "X-Forwarded-Host": host,
		"X-Forwarded-Uri": path, "X-Forwarded-For": "203.0.113.7",
	} {
		request.Header.Set(name, value)
	}
	return send(t, request)
}

// envoy asks with the visitor's method and host, the path behind its prefix, an empty
// body, and the headers that it is told to send (envoyproxy.io, ext_authz.proto,
// HttpService and AuthorizationRequest).
func envoy(t *testing.T, system *harness.System, method, path string, headers http.Header) *http.Response {
	t.Helper()
	host := parse(t, system.Endpoints.URL).Host
	request := question(t, system, method, ruleOf(t, "envoy/envoy.yaml", `path_prefix: (\S+)`, host)+path)
	request.Host = host
	for _, name := range []string{"Authorization", "Cookie", "Accept", "Sec-Fetch-Mode"} {
		if values := headers.Values(name); values != nil {
			request.Header[name] = values
		}
	}
	return send(t, request)
}

// ruleOf is what an example asks for.
func ruleOf(t *testing.T, example, pattern, host string) string {
	t.Helper()
	text, err := os.ReadFile("../examples/" + example)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(pattern).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s has no rule", example)
	}
	return strings.ReplaceAll(string(found[1]), "HOST", host)
}

func question(t *testing.T, system *harness.System, method, target string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, system.Upstreams["token"].String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// As it stands: a client of Go's would tidy the path up.
	request.URL.Opaque = target
	return request
}

func send(t *testing.T, request *http.Request) *http.Response {
	t.Helper()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response
}

func TestTraefikAndEnvoyLeadBrowsersToTheSignIn(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	j.system.GiveRoles(t, j.email, "editor")
	reader := begin(t, nil)
	for _, person := range []journey{j, reader} {
		if page := person.signIn(person.visitor.Open(j.system.Endpoints.URL + "/account/sign-in")); page.URL.Path != "/account/" {
			t.Fatalf("at %s", page.URL)
		}
	}
	cookie := func(j journey) string {
		return "authway_session=" + j.visitor.Cookie(j.system.Endpoints.URL, "authway_session")
	}
	const wiki = "/wiki/a%2Fb//page?role=admin&redirect=1&a=b"
	for gateway, ask := range map[string]asked{"Traefik": traefik, "Envoy": envoy} {
		for name, c := range map[string]struct {
			method, path string
			headers      map[string]string
			status       int
		}{
			"a page":                 {"GET", wiki, map[string]string{"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}, 303},
			"an old browser's page":  {"GET", wiki, map[string]string{"Accept": "text/html"}, 303},
			"a page, signed out":     {"GET", wiki, map[string]string{"Accept": "text/html", "Cookie": "authway_session=x"}, 303},
			"a script":               {"GET", wiki, map[string]string{"Accept": "text/html", "Sec-Fetch-Mode": "cors"}, 401},
			"a form":                 {"POST", wiki, map[string]string{"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}, 401},
			"a program":              {"GET", wiki, nil, 401},
			"a program with a token": {"GET", wiki, map[string]string{"Accept": "text/html", "Authorization": "Bearer x"}, 401},
			"an editor":              {"GET", wiki, map[string]string{"Cookie": cookie(j)}, 200},
			"an editor's form":       {"POST", wiki, map[string]string{"Cookie": cookie(j)}, 200},
			"a reader":               {"GET", wiki, map[string]string{"Cookie": cookie(reader), "Accept": "text/html"}, 403},
			"a reader who adds":      {"GET", "/wiki/&role=reader/?role=", map[string]string{"Cookie": cookie(reader)}, 403},
		} {
			headers := http.Header{}
			for name, value := range c.headers {
				headers.Set(name, value)
			}
			response := ask(t, j.system, c.method, c.path, headers)
			if response.StatusCode != c.status {
				t.Errorf("%s, %s: %d, want %d", gateway, name, response.StatusCode, c.status)
			}
			want := ""
			if c.status == 303 {
				want = j.system.Endpoints.URL + "/account/sign-in?" + url.Values{"return": {wiki}}.Encode()
			}
			if got := response.Header.Get("Location"); got != want {
				t.Errorf("%s, %s: leads to %q, want %q", gateway, name, got, want)
			}
			if (response.Header.Get("X-Auth-Token") != "") != (c.status == 200) {
				t.Errorf("%s, %s: the token is %q", gateway, name, response.Header.Get("X-Auth-Token"))
			}
			if c.status == 200 && len(response.Header["X-Auth-Client"]) != 1 {
				t.Errorf("%s, %s: what the visitor sends as X-Auth-Client stays: %v", gateway, name, response.Header)
			}
		}
	}
}

func TestRedirectsOfGatewaysLeadHomeOnly(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	own := parse(t, system.Endpoints.URL).Host
	for name, c := range map[string]struct {
		rule, host, path string
		status           int
	}{
		"home":                {"?redirect=303", own, "/wiki/", 303},
		"a host of the rule":  {"?redirect=303&host=" + own, own, "/wiki/", 303},
		"another of the rule": {"?redirect=303&host=wiki.example", own, "/wiki/", 401},
		"another host":        {"?redirect=303", "evil.example", "/wiki/", 401},
		"not asked for":       {"", own, "/wiki/", 401},
		"another status":      {"?redirect=302", own, "/wiki/", 401},
		"half a rule":         {"?redirect=303&role=100%", own, "/wiki/", 303},
		"no path":             {"?redirect=303", own, "https://evil.example/", 303},
		"two slashes":         {"?redirect=303", own, "//evil.example/", 303},
	} {
		response := send(t, func() *http.Request {
			request := question(t, system, http.MethodGet, "/token/verify"+c.rule)
			request.Header.Set("Accept", "text/html")
			request.Header.Set("X-Forwarded-Uri", c.path)
			request.Header.Set("X-Forwarded-Host", c.host)
			return request
		}())
		location := response.Header.Get("Location")
		if response.StatusCode != c.status || location != "" && !strings.HasPrefix(location, system.Endpoints.URL+"/account/sign-in?return=") {
			t.Errorf("%s: %d %q, want %d", name, response.StatusCode, location, c.status)
		}
		if location == "" {
			continue
		}
		// What is no path of this host, the sign-in does not take as the way back.
		visitor := begin(t, nil)
		arrived := visitor.signIn(visitor.visitor.Open(location))
		if arrived.URL.Host != own {
			t.Errorf("%s: the sign-in ends at %s", name, arrived.URL)
		}
	}
	// A rule of Envoy's ends where the visitor's path begins; without one there is none.
	for _, target := range []string{"/token/envoy/role=editor", "/token/envoy/role=editor?/x", "/token/envoy/"} {
		if response := send(t, question(t, system, http.MethodGet, target)); response.StatusCode != 403 {
			t.Errorf("%s: %d", target, response.StatusCode)
		}
	}
}
