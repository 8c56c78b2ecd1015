package scripts_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

const repository = "../.."

func TestMain(m *testing.M) { harness.Main(m) }

// ran is what a script did.
type ran struct {
	said, complained string
	status           int
}

// settings that a script would take from whoever runs the tests.
var foreign = []string{"AUTHWAY_", "CURL_", "DATABASE_", "KUBE", "BACKUP_", "MAINTENANCE=", "DRILL=", "GOVULNDB", "npm_config_"}

// script runs one of scripts/ with a data folder in which nothing runs, unless the
// settings name another.
func script(t *testing.T, settings map[string]string, name string, args ...string) ran {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(repository, "scripts", name))
	if err != nil {
		t.Fatal(err)
	}
	return program(t, settings, path, args...)
}

func program(t *testing.T, settings map[string]string, path string, args ...string) ran {
	t.Helper()
	var said, complained strings.Builder
	command := exec.CommandContext(t.Context(), path, args...)
	command.Env = slices.DeleteFunc(command.Environ(), func(setting string) bool {
		return slices.ContainsFunc(foreign, func(prefix string) bool { return strings.HasPrefix(setting, prefix) })
	})
	given := map[string]string{"AUTHWAY_DATA_DIR": t.TempDir(), "KUBECTL": "false"}
	maps.Copy(given, settings)
	for name, value := range given {
		command.Env = append(command.Env, name+"="+value)
	}
	command.Stdout, command.Stderr, command.WaitDelay = &said, &complained, 10*time.Second
	err := command.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatalf("%s: %v", path, err)
	}
	return ran{said.String(), complained.String(), command.ProcessState.ExitCode()}
}

func (r ran) String() string { return r.said + r.complained }

// ends fails the test unless the script had that status.
func (r ran) ends(t *testing.T, status int) {
	t.Helper()
	if r.status != status {
		t.Fatalf("the status is %d, want %d:\n%s", r.status, status, r)
	}
}

// into decodes a document that has to be the whole output.
func (r ran) into(t *testing.T, value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.said), value); err != nil {
		t.Fatalf("the output is not JSON: %v\n%s", err, r)
	}
}

// here is a data folder as `make run` leaves it while system runs.
func here(t *testing.T, system *harness.System) string {
	t.Helper()
	dir := t.TempDir()
	raw, err := json.MarshalIndent(system.Endpoints, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "endpoints.json"), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// secretsOf are the words that no script may print.
func secretsOf(system *harness.System) []string {
	e := system.Endpoints
	return []string{e.DemoPassword, e.AdminPassword, e.DatabaseURL, e.RedisURL}
}

func silent(t *testing.T, r ran, system *harness.System) {
	t.Helper()
	for _, secret := range secretsOf(system) {
		if secret != "" && strings.Contains(r.String(), secret) {
			t.Error("it prints a secret")
		}
	}
}
