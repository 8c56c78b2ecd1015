package harness

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// StartHydraAlone starts a second Hydra on the same database, which asks nobody when it
// gives tokens, and returns its addresses.
func (d *Deployed) StartHydraAlone(t testing.TB) (public, admin *url.URL) {
	t.Helper()
	ports, err := supervise.Reserve(2)
	if err != nil {
		t.Fatal(err)
	}
	at := func(port int) *url.URL { return &url.URL{Scheme: "http", Host: "127.0.0.1:" + strconv.Itoa(port)} }
	public, admin = at(ports.Port(0)), at(ports.Port(1))
	path := d.withoutHooks(t, ports)
	if err := ports.Release(); err != nil {
		t.Fatal(err)
	}
	process, err := d.folder.Start(supervise.Command{
		Name: "hydra-alone", Path: d.program.Path, Args: []string{"serve", "all", "--dev", "--config", path}, Dir: filepath.Dir(path),
		// As many connections as the other has.
		Env: []string{"DSN=" + d.hydraURL + "&max_conns=100&max_idle_conns=100"}, Stop: syscall.SIGTERM,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Stop(withoutDeadline(t)) })
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for parts.HydraReady(t.Context(), admin.String()) != nil {
		select {
		case <-tick.C:
		case <-process.Done():
			t.Fatalf("harness: %v", process.Ended())
		}
	}
	return public, admin
}

// withoutHooks writes the configuration of the first Hydra for the second.
func (d *Deployed) withoutHooks(t testing.TB, ports *supervise.Reservation) string {
	t.Helper()
	raw, err := os.ReadFile(d.folder.Path("hydra.json"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Log     any                       `json:"log"`
		SQA     any                       `json:"sqa"`
		URLs    any                       `json:"urls"`
		Secrets any                       `json:"secrets"`
		Scope   any                       `json:"strategies"`
		Serve   map[string]map[string]any `json:"serve"`
		OAuth2  map[string]any            `json:"oauth2"`
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	delete(config.OAuth2, "token_hook")
	delete(config.OAuth2, "refresh_token_hook")
	config.Serve["public"]["port"], config.Serve["admin"]["port"] = ports.Port(0), ports.Port(1)
	if raw, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "hydra.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// HydraPID is the number of Hydra's process.
func (d *Deployed) HydraPID() int { return d.hydra.Process.Process() }
