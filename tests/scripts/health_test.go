package scripts_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

// health is what health-check.sh --json says.
type health struct {
	Address, Namespace, Status string
	Checks                     []struct{ Status, Name, Detail string }
}

func (h health) of(name string) (status, detail string) {
	for _, c := range h.Checks {
		if c.Name == name {
			return c.Status, c.Detail
		}
	}
	return "", ""
}

// only fails the test unless these, and no others, are not ok.
func (h health) only(t *testing.T, wanted map[string]string) {
	t.Helper()
	for _, c := range h.Checks {
		if c.Status != "ok" && wanted[c.Name] == "" {
			t.Errorf("%s %s %s: nothing is wrong there", c.Status, c.Name, c.Detail)
		}
	}
	for name, want := range wanted {
		if got, detail := h.of(name); got != want {
			t.Errorf("%s is %q (%s), want %s", name, got, detail, want)
		}
	}
}

func TestHealthOfARunningSystem(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	at := map[string]string{"AUTHWAY_DATA_DIR": here(t, system)}
	r := script(t, at, "health-check.sh", "--function", "login="+system.Upstreams["login"].String())
	r.ends(t, 0)
	silent(t, r, system)
	for line := range strings.Lines(r.said) {
		if !strings.HasPrefix(line, "ok   ") && !strings.HasPrefix(line, "warn parts ") {
			t.Errorf("%s", line)
		}
	}
	for _, name := range []string{"health", "discovery", "keys.hydra", "keys.authway", "page.login", "page.account", "page.admin", "token", "function.admin", "ready.login"} {
		if !strings.Contains(r.said, "ok   "+name+" ") {
			t.Errorf("it says nothing of %s:\n%s", name, r.said)
		}
	}
	// By the address alone it is somebody else's, whose metrics are not known.
	var h health
	remote := script(t, map[string]string{"AUTHWAY_URL": system.Endpoints.URL + "/"}, "health-check.sh", "--json")
	remote.ends(t, 0)
	remote.into(t, &h)
	h.only(t, nil)
	if h.Address != system.Endpoints.URL || h.Status != "ok" || len(h.Checks) != 12 {
		t.Errorf("%+v", h)
	}
}

func TestHealthNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	only := func(path string, answer http.HandlerFunc) front {
		return front{instead: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == path {
				answer(w, r)
			}
			return r.URL.Path == path
		}}
	}
	says := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write([]byte(body))
		}
	}
	missing := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) }
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	for name, c := range map[string]struct {
		front  front
		wanted map[string]string
	}{
		"sound":                  {front{}, nil},
		"unhealthy":              {only("/health", missing), map[string]string{"health": "fail"}},
		"another thing":          {only("/health", says("text/html", "welcome\x1b[2J\"\\")), map[string]string{"health": "fail"}},
		"foreign issuer":         {discovery(`"issuer":"`, "\"issuer\":\"https://other.example\x1b[2J\x07é\\u0000"), map[string]string{"discovery": "fail"}},
		"foreign endpoint":       {discovery(`"token_endpoint":"`, `"token_endpoint":"https://other.example/`), map[string]string{"discovery": "fail"}},
		"no userinfo":            {discovery(`"userinfo_endpoint"`, `"other"`), map[string]string{"discovery": "fail"}},
		"no key":                 {only("/.well-known/jwks.json", says("application/json", `{"keys": [ ]}`)), map[string]string{"keys.hydra": "fail"}},
		"no key of Authway":      {only("/.well-known/authway/jwks.json", missing), map[string]string{"keys.authway": "fail"}},
		"page without script":    {only("/account/", says("text/html", "<p>hello")), map[string]string{"page.account": "fail"}},
		"script that is no more": {only("/admin/", says("text/html", `<script type="module" src="/ui/assets/gone.js"></script>`)), map[string]string{"page.admin": "fail"}},
		"script that is a page":  {only("/login", says("text/html", `<script src="/register"></script>`)), map[string]string{"page.login": "fail"}},
		"tokens for nothing":     {only("/oauth2/token", says("application/json", `{"access_token": "x"}`)), map[string]string{"token": "fail"}},
		"connection cut":         {only("/oauth2/token", cut), map[string]string{"token": "fail"}},
		"a function is away":     {only("/health/consent", missing), map[string]string{"function.consent": "fail"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h health
			r := script(t, nil, "health-check.sh", c.front.before(t, system), "--json")
			r.ends(t, min(len(c.wanted), 1))
			r.into(t, &h)
			h.only(t, c.wanted)
		})
	}
}

// discovery is a front that changes a word of the discovery document.
func discovery(from, to string) front {
	return front{change: func(r *http.Response, body []byte) []byte {
		if r.Request.URL.Path != "/.well-known/openid-configuration" {
			return body
		}
		return []byte(strings.Replace(string(body), from, to, 1))
	}}
}

func TestHealthOfACertificate(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		lasts   time.Duration
		trusted bool
		status  string
		says    string
	}{
		"good":      {60 * day, true, "ok", "good until"},
		"soon":      {20 * day, true, "warn", "less than 21 days"},
		"very soon": {6 * day, true, "fail", "less than 7 days"},
		"expired":   {-day, true, "fail", "expired"},
		"of nobody": {60 * day, false, "fail", "not to be trusted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, file := certificate(t, c.lasts)
			if !c.trusted {
				_, file = certificate(t, c.lasts)
			}
			var h health
			r := script(t, map[string]string{"CURL_CA_BUNDLE": file}, "health-check.sh", "--json", front{tls: config}.before(t, system))
			r.into(t, &h)
			status, detail := h.of("certificate")
			if status != c.status || !strings.Contains(detail, c.says) || (r.status == 1) != (c.status == "fail") {
				t.Errorf("%s: %s, status %d", status, detail, r.status)
			}
			// What is behind a bad certificate is looked at all the same.
			wanted := map[string]string{"certificate": c.status}
			if c.status == "ok" {
				wanted = nil
			}
			h.only(t, wanted)
		})
	}
}

func TestHealthOfPartsAndFunctions(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	metrics := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("# HELP authway_part_up x\nauthway_state_up 1\nauthway_part_up{part=\"hydra\"} 0\nauthway_part_up{function=\"maintenance\",part=\"smtp\"} 1\n" +
			"authway_part_up_other 0\nauthway_job_last_failed{job=\"keys.rotate\"} 1\nauthway_job_last_failed{job=\"audit.roll\"} 0\n" +
			"authway_job_last_failed{job=\"audit.verify\"} 1\nauthway_job_last_failed{job=\"backup.verify\"} 1\n"))
	}))
	t.Cleanup(metrics.Close)
	unready := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write([]byte(`{"status":"unavailable","missing":"postgres, redis"}`))
	}))
	t.Cleanup(unready.Close)
	degraded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"status":"degraded","missing":"redis"}`))
	}))
	t.Cleanup(degraded.Close)
	var h health
	r := script(t, nil, "health-check.sh", system.Endpoints.URL, "--json", "--metrics", metrics.URL+"/",
		"--function", "token="+unready.URL, "--function", "login="+degraded.URL, "--function", "admin=http://127.0.0.1:1")
	r.ends(t, 1)
	r.into(t, &h)
	h.only(t, map[string]string{"part.hydra": "fail", "job.keys.rotate": "warn", "job.audit.verify": "fail", "job.backup.verify": "fail",
		"ready.token": "fail", "ready.login": "warn", "ready.admin": "fail"})
	if _, detail := h.of("ready.token"); detail != "not ready: postgres, redis" {
		t.Errorf("%q", detail)
	}
	if status, _ := h.of("part.smtp"); status != "ok" {
		t.Errorf("the mail server answers, and is %q", status)
	}
	if status, _ := h.of("job.audit.roll"); status != "" {
		t.Errorf("a job that did not fail is %q", status)
	}
}

// Metrics of something else, or of an exporter that reads nothing, say nothing good of any
// part.
func TestHealthOfMetricsThatAreNotTheExporters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		said string
		want map[string]string
	}{
		"another program":  {"go_goroutines 7\n", map[string]string{"metrics": "fail", "parts": "warn"}},
		"part of the name": {"authway_state_up_other 1\nauthway_part_up{part=\"smtp\"} 1\n", map[string]string{"metrics": "fail"}},
		"no database":      {"authway_state_up 0\n", map[string]string{"database": "fail", "parts": "warn"}},
		"last verified":    {"authway_state_up 1\nauthway_part_up{part=\"smtp\"} 1\nauthway_job_last_failed{job=\"audit.verify\"} 0\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			metrics := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(c.said)) }))
			t.Cleanup(metrics.Close)
			var h health
			// What runs in a cluster is not what this is about: its kubectl knows nothing.
			r := script(t, map[string]string{"KUBECTL": "true"}, "health-check.sh", "--json", "--namespace", "none", "--metrics", metrics.URL)
			r.into(t, &h)
			for _, name := range []string{"metrics", "parts", "database", "job.audit.verify"} {
				if status, detail := h.of(name); status != c.want[name] {
					t.Errorf("%s is %q (%s), want %q", name, status, detail, c.want[name])
				}
			}
		})
	}
}
