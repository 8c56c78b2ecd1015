package monitoring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/standalone"
	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/tests/harness"
)

const password = "correct horse battery"

// world is a system of its own, and all that watches it.
type world struct {
	t      *testing.T
	dir    string
	system *harness.System
	// server is PostgreSQL as its superuser, which may do what the owner may not.
	server    *bun.DB
	superuser *url.URL
	// mail leads to the mail server, and redis to Redis for its exporter.
	mail, redis *harness.Wire

	prometheus, alertmanager, exporter, redisExporter *program
	cluster                                           *cluster
	receivers                                         *receivers
	configuration                                     string
}

// cluster is what kubelets and kube-state-metrics say.
type cluster struct {
	mu     sync.Mutex
	values map[string]string
	ticks  int
}

func (c *cluster) set(name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[name] = value
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	text, err := os.ReadFile("testdata/cluster.prom")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ticks++
	filled := strings.ReplaceAll(string(text), "{{ticks}}", strconv.Itoa(c.ticks))
	for name, value := range c.values {
		filled = strings.ReplaceAll(filled, "{{"+name+"}}", value)
	}
	_, _ = io.WriteString(w, filled)
}

// receivers are who is told of alerts.
type receivers struct {
	*httptest.Server
	mu   sync.Mutex
	told map[string][]string
	deaf bool
}

func newReceivers(t *testing.T) *receivers {
	r := &receivers{told: map[string][]string{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.deaf {
			http.Error(w, "deaf", http.StatusBadRequest)
			return
		}
		name := strings.TrimPrefix(q.URL.Path, "/")
		r.told[name] = append(r.told[name], string(body))
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receivers) deafen() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf = true
}

// hears tells whether a receiver was told of an alert.
func (r *receivers) hears(name, alert string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.told[name], func(body string) bool { return strings.Contains(body, `"alertname":"`+alert+`"`) })
}

func newWorld(t *testing.T) *world {
	t.Helper()
	office := harness.NewPostOffice(t, harness.PostOfficeOptions{})
	w := &world{t: t, mail: harness.NewWire(t, office.Address())}
	w.startSystem()
	w.watch()
	return w
}

func (w *world) startSystem() {
	w.t.Helper()
	dir, err := os.MkdirTemp("", "authway-monitoring-")
	if err != nil {
		w.t.Fatal(err)
	}
	// PostgreSQL's account has to get through to what is its own.
	if err := os.Chmod(dir, 0o711); err != nil {
		w.t.Fatal(err)
	}
	w.dir = filepath.Join(dir, "data")
	environment := config.Environment()
	running, err := standalone.Start(context.WithoutCancel(w.t.Context()), standalone.Options{Lookup: func(name string) (string, bool) {
		switch name {
		case "PORT", "OPS_PORT":
			return "0", true
		case "AUTHWAY_DATA_DIR":
			return w.dir, true
		case "SMTP_URL":
			return "smtp://" + w.mail.Address(), true
		case "AUTHWAY_MASTER_KEYS":
			return harness.MasterKey(), true
		case "HYDRA_BIN":
			return environment(name)
		}
		return "", false
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), time.Minute)
		defer cancel()
		if err := running.Stop(stopping); err != nil {
			w.t.Errorf("the system: %v", err)
		}
		_ = os.RemoveAll(dir)
	})
	w.system = harness.Elsewhere(w.t, running.Endpoints())
	w.system.Upstreams = running.Upstreams()
	superuser, err := url.Parse(running.Endpoints().DatabaseURL)
	if err != nil {
		w.t.Fatal(err)
	}
	var secrets struct {
		Superuser string `json:"postgres_superuser"`
	}
	raw, err := os.ReadFile(filepath.Join(w.dir, "secrets.json"))
	if err == nil {
		err = json.Unmarshal(raw, &secrets)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	superuser.User = url.UserPassword("postgres", secrets.Superuser)
	w.superuser = superuser
	if w.server, err = postgres.Open(postgres.Config{URL: superuser.String(), MaxConns: 4}); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = w.server.Close() })
}

// role is the address of the system's database for a role, whose password is set now.
func (w *world) role(name string, options string) string {
	w.t.Helper()
	w.exec("ALTER ROLE " + name + " LOGIN PASSWORD 'monitoring'")
	address, err := url.Parse(w.system.Endpoints.DatabaseURL)
	if err != nil {
		w.t.Fatal(err)
	}
	address.User = url.UserPassword(name, "monitoring")
	address.RawQuery = options
	return address.String()
}

// letMonitorIn does what the migrate job does.
func (w *world) letMonitorIn() {
	w.t.Helper()
	address := w.superuser.String()
	err := errors.Join(migrations.LetMonitorIn(w.t.Context(), address, "monitoring"), migrations.LetMonitorConnect(w.t.Context(), address))
	if err != nil {
		w.t.Fatal(err)
	}
}

// watch starts all that the component has, in its own settings but for addresses and
// the pace.
func (w *world) watch() {
	t := w.t
	t.Helper()
	w.receivers = newReceivers(t)
	w.cluster = &cluster{values: map[string]string{"memory": "100000000", "free": "9000000000", "restarts": "0", "ready": "1"}}
	exposition := httptest.NewServer(w.cluster)
	t.Cleanup(exposition.Close)
	redis, err := url.Parse(w.system.Endpoints.RedisURL)
	if err != nil {
		t.Fatal(err)
	}
	w.redis = harness.NewWire(t, redis.Host)
	w.letMonitorIn()
	statistics := start(t, "prometheus-postgres-exporter", "/", []string{"DATA_SOURCE_NAME=" + w.role("authway_monitor", "sslmode=disable")}, "--web.listen-address=127.0.0.1:{port}")
	secret, _ := redis.User.Password()
	w.redisExporter = start(t, "prometheus-redis-exporter", "/health", []string{"REDIS_ADDR=redis://" + w.redis.Address(), "REDIS_PASSWORD=" + secret}, "-web.listen-address=127.0.0.1:{port}")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w.exporter = start(t, self, "/metrics", []string{"OPS_PORT={port}", "DATABASE_URL=" + w.role("authway_metrics", "sslmode=disable")}, asMaintenance, "metrics")
	w.startAlertmanager()
	file := filepath.Join(t.TempDir(), "prometheus.yml")
	write(t, filepath.Join(filepath.Dir(file), "recording.yml"), hastened(read(t, recording)))
	write(t, filepath.Join(filepath.Dir(file), "alerts.yml"), hastened(read(t, alerts)))
	w.configuration = file
	w.configure(true, map[string]string{
		"authway-exporter": w.exporter.url + "/metrics", "postgres": statistics.url + "/metrics", "redis": w.redisExporter.url + "/metrics",
		"cluster": exposition.URL + "/", "alertmanager": w.alertmanager.url + "/alertmanager/metrics",
		"hydra": w.system.Endpoints.HydraAdminURL + "/admin/metrics/prometheus",
	})
	w.prometheus = start(t, "prometheus", "/prometheus/-/ready", nil, "--config.file="+file, "--storage.tsdb.path="+t.TempDir(),
		"--web.listen-address=127.0.0.1:{port}", "--web.external-url=http://127.0.0.1:{port}/prometheus", "--web.route-prefix=/prometheus", "--web.enable-lifecycle")
	// Its own address it has only now.
	w.edit(func(text string) string {
		return strings.ReplaceAll(text, "PROMETHEUS", strings.TrimPrefix(w.prometheus.url, "http://"))
	})
}

// edit changes Prometheus' file, which it reads again.
func (w *world) edit(change func(string) string) {
	w.t.Helper()
	text, err := os.ReadFile(w.configuration)
	if err != nil {
		w.t.Fatal(err)
	}
	write(w.t, w.configuration, change(string(text)))
	w.reload()
}

func (w *world) startAlertmanager() {
	w.t.Helper()
	text := read(w.t, "alertmanager/alertmanager.yml")
	for _, name := range []string{"now", "morning", "heartbeat"} {
		text = strings.ReplaceAll(text, "  - name: "+name+"\n", fmt.Sprintf("  - name: %s\n    webhook_configs: [{url: %q}]\n", name, w.receivers.URL+"/"+name))
	}
	for _, wait := range []string{"group_wait: 30s", "group_wait: 10s"} {
		text = strings.ReplaceAll(text, wait, "group_wait: 200ms")
	}
	file := filepath.Join(w.t.TempDir(), "alertmanager.yml")
	write(w.t, file, strings.ReplaceAll(text, "group_interval: 5m", "group_interval: 1s"))
	w.alertmanager = start(w.t, "prometheus-alertmanager", "/alertmanager/-/ready", nil, "--config.file="+file, "--storage.path="+w.t.TempDir(),
		"--web.listen-address=127.0.0.1:{port}", "--web.external-url=http://127.0.0.1:{port}/alertmanager", "--web.route-prefix=/alertmanager", "--cluster.listen-address=")
}

// configure writes Prometheus' file. Job names are those of the component's; pods are
// one process here, and what the exporter says is the exporter's alone.
func (w *world) configure(notifies bool, targets map[string]string) {
	w.t.Helper()
	var text strings.Builder
	fmt.Fprintln(&text, "global: {scrape_interval: 1s, evaluation_interval: 500ms}\nrule_files: ['*.yml.rules', alerts.yml, recording.yml, broken.yml]")
	if notifies {
		address, _ := url.Parse(w.alertmanager.url)
		fmt.Fprintf(&text, "alerting: {alertmanagers: [{path_prefix: /alertmanager, static_configs: [{targets: [%q]}]}]}\n", address.Host)
	}
	fmt.Fprintln(&text, "scrape_configs:")
	all := map[string]string{"authway": w.system.Endpoints.OpsURL + "/metrics"}
	for name, at := range targets {
		all[name] = at
	}
	for name, at := range all {
		address, err := url.Parse(at)
		if err != nil {
			w.t.Fatal(err)
		}
		// The exporter of PostgreSQL asks it a dozen questions each time.
		every := map[bool]string{true: "3s", false: "1s"}[name == "postgres"]
		fmt.Fprintf(&text, "  - {job_name: %s, scrape_interval: %s, honor_labels: true, metrics_path: %q, static_configs: [{targets: [%q]}]", name, every, address.Path, address.Host)
		if name == "authway" {
			fmt.Fprint(&text, `, metric_relabel_configs: [{source_labels: [__name__], regex: "`+strings.Join(stateOf(w.t, w.exporter.url), "|")+`", action: drop}]`)
		}
		fmt.Fprintln(&text, "}")
	}
	fmt.Fprintln(&text, "  - {job_name: prometheus, metrics_path: /prometheus/metrics, static_configs: [{targets: [PROMETHEUS]}]}")
	write(w.t, w.configuration, text.String())
}

// stateOf are the series that the exporter has of the system.
func stateOf(t *testing.T, address string) (names []string) {
	t.Helper()
	_, body := get(t, address+"/metrics")
	for line := range strings.Lines(body) {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, _, _ = strings.Cut(name, " ")
			if strings.HasPrefix(name, "authway_") || name == "active_sessions_total" {
				names = append(names, name)
			}
		}
	}
	return names
}
