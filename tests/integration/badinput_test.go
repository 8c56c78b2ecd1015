package integration_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/authway/authway/functions/login"
	"github.com/authway/authway/tests/harness"
)

type badRequest struct {
	method, path string
	header       map[string]string
	host         string
	body         string
	status       int
}

func (b badRequest) send(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), b.method, address+b.path, strings.NewReader(b.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range b.header {
		request.Header.Set(name, value)
	}
	request.Host = b.host
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// accepting is the same request of a browser, or of a script.
func (b badRequest) accepting(kind string) badRequest {
	header := map[string]string{"Accept": kind}
	maps.Copy(header, b.header)
	b.header = header
	return b
}

const form = "application/x-www-form-urlencoded"

var badRequests = map[string]badRequest{
	"a body that is too large": {method: "POST", path: "/login?login_challenge=x", header: map[string]string{"Content-Type": form},
		body: "email=" + strings.Repeat("a", 100<<10), status: 413},
	"a body of another type": {method: "POST", path: "/login?login_challenge=x", header: map[string]string{"Content-Type": "text/plain"},
		body: "email=a", status: 415},
	"a multipart body": {method: "POST", path: "/register?flow=x", header: map[string]string{"Content-Type": "multipart/form-data; boundary=x"},
		body: "--x--", status: 415},
	"a body without a type": {method: "POST", path: "/login?login_challenge=x", body: "email=a", status: 415},
	"a post from another site": {method: "POST", path: "/login?login_challenge=x",
		header: map[string]string{"Content-Type": form, "Sec-Fetch-Site": "cross-site"}, body: "email=a", status: 403},
	"a post from another origin": {method: "POST", path: "/consent?consent_challenge=x",
		header: map[string]string{"Content-Type": form, "Origin": "https://evil.example"}, body: "decision=allow", status: 403},
	"a form that does not parse": {method: "POST", path: "/login?login_challenge=x", header: map[string]string{"Content-Type": form},
		body: "email=%zz", status: 400},
	"a method that is not served": {method: "DELETE", path: "/login", status: 405},
	"a flow that is no id":        {method: "POST", path: "/login?flow=%00", header: map[string]string{"Content-Type": form}, status: 404},
	"a challenge of odd bytes":    {method: "POST", path: "/login?login_challenge=%00%ff%3Cscript%3E", header: map[string]string{"Content-Type": form}, status: 404},
}

// atTheEdge are refused before a function is asked.
var atTheEdge = map[string]badRequest{
	"an unknown host":  {method: "GET", path: "/login", host: "evil.example", status: 421},
	"a hook":           {method: "POST", path: "/hooks/token", status: 404},
	"the events":       {method: "POST", path: "/events", status: 404},
	"Hydra's callback": {method: "DELETE", path: "/admin/sessions/00000000-0000-4000-8000-000000000001", status: 405},
	// What is read there is the dashboard.
	"Hydra's administrator": {method: "POST", path: "/admin/clients", status: 405},
	"readiness":             {method: "GET", path: "/readyz", status: 404},
	"metrics":               {method: "GET", path: "/metrics", status: 404},
	"profiles":              {method: "GET", path: "/debug/pprof/", status: 404},
	"a path that climbs":    {method: "GET", path: "/ui/../../etc/passwd", status: 404},
}

func refused(t *testing.T, name string, response *http.Response, body string, want int) {
	t.Helper()
	if response.StatusCode != want {
		t.Errorf("%s: %d, want %d: %.200s", name, response.StatusCode, want, body)
	}
	for _, leak := range []string{"goroutine", ".go:", "runtime error", "pgx", "sql:", "<script>"} {
		if strings.Contains(body, leak) {
			t.Errorf("%s: the answer says %q", name, leak)
		}
	}
	if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("%s: the policy is %q", name, policy)
	}
	if response.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: no nosniff", name)
	}
}

func TestBadInputIsRefusedWithAPage(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	for _, set := range []map[string]badRequest{badRequests, atTheEdge} {
		for name, b := range set {
			b = b.accepting("text/html")
			response, body := b.send(t, system.Endpoints.URL)
			refused(t, name, response, body, b.status)
			if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
				t.Errorf("%s: a person gets %s", name, kind)
			}
		}
	}
}

func TestBadInputIsRefusedInTheCallersFormat(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	for name, b := range badRequests {
		response, body := b.accepting("application/json").send(t, system.Endpoints.URL)
		refused(t, name, response, body, b.status)
		if kind := response.Header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s: a script gets %s", name, kind)
		}
	}
}

func TestBadInputLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	address := harness.StartFunction(t, login.Spec, db, nil)
	for name, b := range badRequests {
		response, _ := b.send(t, address)
		if response.StatusCode >= 500 && name != "a challenge of odd bytes" {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
	owner := db.Owner(t)
	for _, table := range []string{"users", "sessions", "flows", "answers", "audit_events"} {
		n, err := owner.NewSelect().Table(table).Count(t.Context())
		if err != nil || n != 0 {
			t.Errorf("%s has %d rows, %v", table, n, err)
		}
	}
}

func TestOnlyHydraEndsSessionsByTheCallback(t *testing.T) {
	t.Parallel()
	address := harness.StartFunction(t, login.Spec, harness.NewDatabase(t), nil)
	path := "/admin/sessions/00000000-0000-4000-8000-000000000001"
	key := map[string]string{"Authorization": "Bearer " + harness.HydraKey}
	for name, b := range map[string]badRequest{
		"without the key":  {method: "DELETE", path: path, status: 401},
		"with another key": {method: "DELETE", path: path, header: map[string]string{"Authorization": "Bearer x"}, status: 401},
		"no id":            {method: "DELETE", path: "/admin/sessions/x", header: key, status: 404},
		"an unknown id":    {method: "DELETE", path: path, header: key, status: 204},
	} {
		if response, body := b.send(t, address); response.StatusCode != b.status {
			t.Errorf("%s: %d %s", name, response.StatusCode, body)
		}
	}
}

func TestLogsHoldNoSecret(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	db := harness.NewDatabase(t)
	address, stop := harness.StartFunctionLogging(t, login.Spec, db, &log, nil)
	b := badRequest{method: "POST", path: "/login?login_challenge=the-challenge", body: "email=ada%40example.org&password=the-password",
		header: map[string]string{"Content-Type": form, "Cookie": "authway_session=the-token"}}
	b.send(t, address)
	stop()
	if !strings.Contains(log.String(), "POST /login") {
		t.Fatalf("the request is not in the log: %s", log.String())
	}
	for _, secret := range []string{"the-challenge", "the-password", "the-token", "ada@", "ada%40", harness.HydraKey, harness.MasterKey()} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, log.String())
		}
	}
}
