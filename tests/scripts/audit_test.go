package scripts_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

// audit is what security-audit.sh --json says.
type audit struct {
	Address, Namespace, Manifests string
	Findings                      []struct{ ID, Severity, What, Evidence, Advice string }
	Sound                         []string
}

// named fails the test unless there are these findings.
func (a audit) named(t *testing.T, wanted map[string]string) {
	t.Helper()
	for id, severity := range wanted {
		if !slices.ContainsFunc(a.Findings, func(f struct{ ID, Severity, What, Evidence, Advice string }) bool {
			return f.ID == id && f.Severity == severity && f.What != ""
		}) {
			t.Errorf("%s (%s) is not found", id, severity)
		}
	}
}

// all fails the test unless there are these findings and no others.
func (a audit) all(t *testing.T, wanted map[string]string) {
	t.Helper()
	a.named(t, wanted)
	for _, f := range a.Findings {
		if f.Severity != "info" && wanted[f.ID] == "" {
			t.Errorf("%s %s: %s (%s): nothing is wrong there", f.Severity, f.ID, f.What, f.Evidence)
		}
	}
}

func TestAuditOfARunningSystem(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	r := script(t, map[string]string{"AUTHWAY_DATA_DIR": here(t, system)}, "security-audit.sh", "--offline")
	r.ends(t, 0)
	silent(t, r, system)
	for line := range strings.Lines(r.said) {
		if word, _, _ := strings.Cut(line, " "); word != "ok" && word != "info" && word != "" {
			t.Errorf("%s", line)
		}
	}
	for _, id := range []string{"headers.login", "headers.account", "headers.admin", "headers.api", "headers.token", "guessing", "cookies", "enumeration", "origins", "doors", "keys", "keys.age"} {
		if !strings.Contains(r.said, "ok       "+id+": ") {
			t.Errorf("it says nothing of %s:\n%s", id, r.said)
		}
	}
	if !strings.Contains(r.said, "bounded: status 429 at guess ") || !strings.Contains(r.said, "info     modules.left-out") {
		t.Errorf("%s", r.said)
	}
}

// Behind TLS that is as it should be nothing is found.
func TestAuditOfASystemBehindTLS(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	config, file := certificate(t, 60*24*time.Hour)
	moved := httptest.NewServer(http.RedirectHandler("https://auth.example/", http.StatusPermanentRedirect))
	t.Cleanup(moved.Close)
	email := "audited@example.org"
	system.AddUser(t, email, "Ada Lovelace", "correct horse battery")
	var a audit
	r := script(t, map[string]string{"CURL_CA_BUNDLE": file}, "security-audit.sh", front{tls: config}.before(t, system),
		"--json", "--offline", "--plain", moved.URL, "--account", email)
	r.into(t, &a)
	a.all(t, nil)
	r.ends(t, 0)
	for _, id := range []string{"tls", "tls.plain", "cookies", "enumeration", "guessing"} {
		if !slices.Contains(a.Sound, id) {
			t.Errorf("%s is not among what is sound: %v", id, a.Sound)
		}
	}
}

// What is wrong here is wrong at once, and each of it is named.
func TestAuditNamesWhatIsOpen(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	email := "told@example.org"
	system.AddUser(t, email, "Ada Lovelace", "correct horse battery")
	metrics := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		// Without a key that signs, the turn is as late as can be.
		_, _ = w.Write([]byte("authway_key_overdue_seconds{use=\"hydra\"} +Inf\nauthway_key_age_seconds{use=\"access\"} 8.64e+07\nauthway_key_age_seconds{use=\"id\"} 60\n" +
			"authway_key_overdue_seconds{use=\"access\"} 200000\nauthway_key_overdue_seconds{use=\"id\"} 0\n"))
	}))
	t.Cleanup(metrics.Close)
	f := front{
		instead: func(w http.ResponseWriter, r *http.Request) bool {
			switch r.URL.Path {
			case "/metrics", "/debug/pprof/", "/hooks/token", "/readyz":
			case "/events":
				w.WriteHeader(http.StatusUnauthorized)
			case "/admin/clients":
				w.Header().Set("Content-Type", "application/json")
			case "/.well-known/authway/jwks.json":
				_, _ = w.Write([]byte(`{"keys": [{"kty": "oct", "alg": "HS256", "kid": "a"}, {"kty": "RSA", "alg": "RS256", "n": "AQAB", "d": "AQAB"}]}`))
				return true
			default:
				return false
			}
			_, _ = w.Write([]byte("[]"))
			return true
		},
		change: careless(email),
	}
	var a audit
	r := script(t, nil, "security-audit.sh", f.before(t, system), "--json", "--offline", "--account", email, "--metrics", metrics.URL)
	r.ends(t, 1)
	r.into(t, &a)
	a.all(t, map[string]string{
		"headers.csp-missing.login": "medium", "headers.csp-weak.account": "high", "headers.framed.account": "medium",
		"headers.referrer.admin": "low", "headers.opener.admin": "low", "headers.sniffed.api": "medium", "headers.cached.token": "medium",
		"headers.version.token": "low", "headers.powered.token": "low",
		"guessing.unbounded": "high", "enumeration.told": "high",
		"cookies.script.authway_browser": "medium", "cookies.cross-site.authway_browser": "medium",
		"origins.open/api/login/flow": "medium", "origins.credentials/api/account": "critical", "origins.echoed/userinfo": "medium", "origins.open/oauth2/token": "medium",
		"doors.open/metrics": "medium", "doors.open/debug/pprof/": "high", "doors.open/hooks/token": "high", "doors.open/readyz": "medium", "doors.open/admin/clients": "critical",
		"keys.algorithm/.well-known/authway/jwks.json": "critical", "keys.symmetric/.well-known/authway/jwks.json": "critical",
		"keys.private/.well-known/authway/jwks.json": "critical", "keys.short/.well-known/authway/jwks.json": "high", "keys.offered": "high",
		"keys.old.access": "medium", "keys.overdue.access": "medium", "keys.overdue.hydra": "medium",
		// Refused, but by what must not be reached.
		"doors.open/events":              "high",
		"origins.echoed/api/admin/v1/me": "medium",
	})
}

// careless is a front that does a little wrong everywhere, and answers a wrong password
// for email in words of its own.
func careless(email string) func(r *http.Response, body []byte) []byte {
	return func(r *http.Response, body []byte) []byte {
		h, origin := r.Header, r.Request.Header.Get("Origin")
		for i, c := range h["Set-Cookie"] {
			if strings.HasPrefix(c, "authway_browser=") {
				h["Set-Cookie"][i] = strings.NewReplacer("; HttpOnly", "", "; SameSite=Lax", "").Replace(c)
			}
		}
		switch r.Request.URL.Path {
		case "/login":
			h.Del("Content-Security-Policy")
			if r.Request.Method == http.MethodPost {
				// No bound is seen from here.
				if r.StatusCode == http.StatusTooManyRequests {
					r.StatusCode, body = http.StatusUnprocessableEntity, nil
				}
				if strings.Contains(string(body), email) {
					body = append(body, " This account exists."...)
				}
			}
		case "/account/":
			h.Set("Content-Security-Policy", "default-src 'self'; script-src 'self' 'unsafe-inline'")
		case "/admin/":
			h.Del("Referrer-Policy")
			h.Del("Cross-Origin-Opener-Policy")
		case "/api/account":
			h.Del("X-Content-Type-Options")
			if origin != "" {
				h.Set("Access-Control-Allow-Origin", origin)
				h.Set("Access-Control-Allow-Credentials", "true")
			}
		case "/api/admin/v1/me":
			if r.Request.Method == http.MethodOptions {
				h.Set("Access-Control-Allow-Origin", origin)
			}
		case "/api/login/flow":
			h.Set("Access-Control-Allow-Origin", "*")
		case "/userinfo":
			h.Set("Access-Control-Allow-Origin", origin)
		case "/oauth2/token":
			h.Set("Cache-Control", "private")
			h.Set("Server", "nginx/1.18.0")
			h.Set("X-Powered-By", "PHP")
			h.Set("Access-Control-Allow-Origin", "*")
		case "/.well-known/openid-configuration":
			body = []byte(strings.Replace(string(body), `"id_token_signing_alg_values_supported":["ES256"]`, `"id_token_signing_alg_values_supported":["none","ES256"]`, 1))
		}
		return body
	}
}

func TestAuditOfTLS(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	config, file := certificate(t, -24*time.Hour)
	config.MinVersion = tls.VersionTLS10
	config.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(plain.Close)
	var a audit
	f := front{tls: config, careless: true}
	r := script(t, map[string]string{"CURL_CA_BUNDLE": file}, "security-audit.sh", "--json", "--offline", f.before(t, system), "--plain", plain.URL)
	r.ends(t, 1)
	r.into(t, &a)
	a.named(t, map[string]string{
		"tls.certificate": "high", "tls.old.tls1": "high", "tls.old.tls1_1": "high", "tls.plain": "high",
		"headers.hsts.login": "medium", "cookies.insecure.authway_browser": "high", "cookies.prefix.authway_browser": "medium",
	})
	if slices.Contains(a.Sound, "tls") {
		t.Error("TLS is sound")
	}
}

func TestAuditOfWhatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	var a audit
	r := script(t, nil, "security-audit.sh", "http://127.0.0.1:1", "--json", "--offline")
	r.ends(t, 1)
	r.into(t, &a)
	a.named(t, map[string]string{"reach.failed": "medium", "guessing.failed": "medium"})
	// Nothing that did not answer is sound.
	if len(a.Sound) > 0 {
		t.Errorf("%v is sound", a.Sound)
	}
}
