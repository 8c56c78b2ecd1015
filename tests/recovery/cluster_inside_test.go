package recovery_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// superuserOf is the address of Authway's database for PostgreSQL's superuser: in a
// cluster with components/postgres the role authway is that.
func (k *cluster) superuserOf() string {
	k.t.Helper()
	address, err := url.Parse(k.c.system.Endpoints.DatabaseURL)
	if err != nil {
		k.t.Fatal(err)
	}
	var secrets struct {
		Superuser string `json:"postgres_superuser"`
	}
	raw, err := os.ReadFile(k.c.path(".authway/secrets.json"))
	if err := errors.Join(err, json.Unmarshal(raw, &secrets)); err != nil {
		k.t.Fatal(err)
	}
	address.User = url.UserPassword("postgres", secrets.Superuser)
	return address.String()
}

// exec runs in a pod what the pod has.
func (k *cluster) exec(c called, _ source) (string, error) {
	if len(c.args) != 1 || len(c.behind) == 0 {
		return "", errors.New("exec POD -- COMMAND")
	}
	pod, err := k.meant(called{verb: "exec", args: []string{"pod", c.args[0]}, flags: c.flags})
	if err != nil {
		return "", err
	}
	if container := c.flag("container"); container != "" && !hasContainer(pod[0], container) {
		return "", fmt.Errorf("container %s is not valid for pod %s", container, c.args[0])
	}
	app := text(pod[0], "metadata", "labels", "app")
	switch {
	case app == "postgres" && c.behind[0] == "psql":
		return k.psql(pod[0], c.behind[1:])
	case app == "hydra" && c.behind[0] == "hydra":
		return k.hydra(pod[0], c.behind[1:])
	}
	return "", fmt.Errorf("the pod of %s has no %s", app, c.behind[0])
}

// psql asks the system's server. Statements of pg_stat_statements, which it does not
// preload, are planned and not run: their columns are looked up, and their types are.
func (k *cluster) psql(pod object, args []string) (string, error) {
	raw, _ := json.Marshal(pod)
	for i, arg := range args[:max(0, len(args)-1)] {
		setting := map[string]string{"-U": "POSTGRES_USER", "-d": "POSTGRES_DB"}[arg]
		if setting != "" && !strings.Contains(string(raw), fmt.Sprintf(`{"name":%q,"value":%q}`, setting, args[i+1])) {
			return "", fmt.Errorf("the server has no %s", args[i+1])
		}
	}
	passed := []string{"--no-psqlrc", "--dbname=" + k.superuser}
	for i := 0; i < len(args); i++ {
		if (args[i] == "-U" || args[i] == "-d") && i+1 < len(args) {
			i++
			continue
		}
		if strings.Contains(args[i], "pg_stat_statements") {
			passed = append(passed, "EXPLAIN "+args[i])
			continue
		}
		passed = append(passed, args[i])
	}
	return k.ran("psql", passed...)
}

func (k *cluster) ran(name string, args ...string) (string, error) {
	if _, err := exec.LookPath(name); err != nil {
		// Beside the server, where nothing puts it on PATH.
		if beside, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(beside) > 0 {
			name = beside[len(beside)-1]
		}
	}
	command := exec.CommandContext(k.t.Context(), name, args...)
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(name), err, out)
	}
	return string(out), nil
}

// hydra is its command line, which asks the Hydra that runs here.
func (k *cluster) hydra(pod object, args []string) (string, error) {
	raw, _ := json.Marshal(pod)
	inside := regexp.MustCompile(`^http://127\.0\.0\.1:(\d+)$`)
	args = slices.Clone(args)
	for i, arg := range args {
		if m := inside.FindStringSubmatch(arg); m != nil {
			if !strings.Contains(string(raw), `"containerPort":`+m[1]) {
				return "", fmt.Errorf("Hydra does not listen on %s", m[1])
			}
			args[i] = k.c.system.Endpoints.HydraAdminURL
		}
	}
	program := os.Getenv("HYDRA_BIN")
	if program == "" {
		cache, _ := os.UserCacheDir()
		if built, _ := filepath.Glob(filepath.Join(cache, "authway", "hydra-v*[0-9]")); len(built) > 0 {
			program = built[len(built)-1]
		} else if found, err := exec.LookPath("hydra"); err == nil {
			program = found
		}
	}
	said, err := k.ran(program, args...)
	if strings.Contains(said, "Usage:") {
		return "", errors.New("Hydra does not know what that means")
	}
	return said, err
}

var proxied = regexp.MustCompile(`^/api/v1/namespaces/authway-(?:production|staging)/(services|pods)/([a-z0-9-]+):(\d+)/proxy(/.*)$`)

// raw is the API server as a proxy to Prometheus or to an ops port.
func (k *cluster) raw(address string) (string, error) {
	m := proxied.FindStringSubmatch(address)
	if m == nil {
		return "", fmt.Errorf("not a path to a service or a pod of ours: %s", address)
	}
	word, name, port, path := m[1], m[2], m[3], m[4]
	of, _ := kindOf(word)
	o, err := k.one(of, name)
	if err != nil {
		return "", err
	}
	raw, _ := json.Marshal(o)
	if word == "pods" {
		policy, err := k.one(kind{name: "NetworkPolicy", version: "networking.k8s.io/v1", words: "networkpolicies"}, "scraped")
		open, _ := json.Marshal(policy)
		if err != nil || !strings.Contains(string(open), `"port":`+port+`,`) || !hasContainer(o, "user-container") {
			return "", fmt.Errorf("%s has no ops port %s", name, port)
		}
		return k.asked(k.c.system.Endpoints.OpsURL + path)
	}
	if !strings.Contains(string(raw), `"port":`+port) {
		return "", fmt.Errorf("the service %s has no port %s", name, port)
	}
	if name != "prometheus" {
		return "", fmt.Errorf("nobody knows what %s answers", name)
	}
	return k.prometheus(path)
}

func (k *cluster) asked(address string) (string, error) {
	response, err := http.Get(address) //nolint:noctx // the test ends it
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: status %d", address, response.StatusCode)
	}
	return string(body), err
}

var (
	// names of PromQL that are no metrics: functions, and what groups.
	series   = regexp.MustCompile(`[a-z_:][a-z0-9_:]*\b(\s*\()?`)
	without  = regexp.MustCompile(`\[[^\]]*\]|\{[^}]*\}|"[^"]*"`)
	grouping = []string{"by", "without", "and", "or", "unless", "bool", "offset"}
)

// prometheus is the query API below the route that Prometheus is told. Its metrics are
// those that the system has; promtool reads the language.
func (k *cluster) prometheus(path string) (string, error) {
	server, err := k.one(kind{name: "StatefulSet", version: "apps/v1", words: "statefulsets"}, "prometheus")
	if err != nil {
		return "", err
	}
	raw, _ := json.Marshal(server)
	route := regexp.MustCompile(`--web\.route-prefix=([^\s"\\]+)`).FindStringSubmatch(string(raw))
	asked, err := url.Parse(path)
	if err != nil || len(route) < 2 || asked.Path != route[1]+"/api/v1/query" {
		return "", fmt.Errorf("Prometheus does not answer %s", path)
	}
	values, err := url.ParseQuery(asked.RawQuery)
	query := values.Get("query")
	if err != nil || query == "" {
		return "", fmt.Errorf("%s asks for nothing: %w", path, err)
	}
	have, err := k.asked(k.c.system.Endpoints.OpsURL + "/metrics")
	if err != nil {
		return "", err
	}
	for _, m := range series.FindAllStringSubmatch(without.ReplaceAllString(query, ""), -1) {
		if m[1] == "" && !slices.Contains(grouping, m[0]) && m[0] != "up" && !strings.Contains(have, "\n"+m[0]+"{") && !strings.Contains(have, "\n"+m[0]+" ") {
			return "", fmt.Errorf("there is no metric %s", m[0])
		}
	}
	rule := filepath.Join(k.t.TempDir(), "rule.yml")
	text := fmt.Sprintf("groups: [{name: asked, rules: [{record: asked, expr: %q}]}]\n", query)
	if err := os.WriteFile(rule, []byte(text), 0o600); err != nil {
		return "", err
	}
	if _, err := k.ran("promtool", "check", "rules", rule); err != nil {
		return "", err
	}
	return `{"status":"success","data":{"resultType":"vector","result":[]}}` + "\n", nil
}
