package harness

import (
	"bytes"
	"encoding/base64"
	"io"
	"maps"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/telemetry"
)

// HydraKey is the key that Hydra shows to every function of a test.
const HydraKey = "the key that Hydra shows to our hooks"

// MasterKey is the master key of every function of a test.
func MasterKey() string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)) }

// StartFunction starts one function by itself and returns its address.
// settings are added to, and override, those that every function has: a
// database of its own, and servers that are not there.
func StartFunction(t testing.TB, spec serve.Spec, db Database, settings map[string]string) string {
	t.Helper()
	server, _ := startFunction(t, spec, db, settings, t.Output())
	return "http://" + server.Addr()
}

// StartFunctionLogging is StartFunction with its log, which is complete once
// stop has returned.
func StartFunctionLogging(t testing.TB, spec serve.Spec, db Database, log io.Writer, settings map[string]string) (address string, stop func()) {
	t.Helper()
	server, stop := startFunction(t, spec, db, settings, log)
	return "http://" + server.Addr(), stop
}

func startFunction(t testing.TB, spec serve.Spec, db Database, settings map[string]string, log io.Writer) (*serve.Server, func()) {
	t.Helper()
	all := map[string]string{
		"AUTHWAY_URL":         "http://127.0.0.1:1",
		"REDIS_URL":           "redis://127.0.0.1:1/0",
		"HYDRA_ADMIN_URL":     "http://127.0.0.1:1",
		"HYDRA_PUBLIC_URL":    "http://127.0.0.1:1",
		"HYDRA_CLIENT_SECRET": HydraKey,
		"AUTHWAY_MASTER_KEYS": MasterKey(),
		"SMTP_URL":            "smtp://127.0.0.1:1",
	}
	if db.server != nil {
		all["DATABASE_URL"] = db.URL(spec.Name)
	}
	if db.server == nil && settings["DATABASE_URL"] != "" {
		// It notes them in the system's database, as the system's own function does.
		all["OIDC_PROVIDERS"] = Run(t).providers
	}
	maps.Copy(all, settings)
	server := start(t, spec, all, log)
	stop := sync.OnceFunc(func() {
		if err := server.Shutdown(withoutDeadline(t)); err != nil {
			t.Errorf("harness: stop %s: %v", spec.Name, err)
		}
	})
	t.Cleanup(stop)
	return server, stop
}

func start(t testing.TB, spec serve.Spec, settings map[string]string, log io.Writer) *serve.Server {
	t.Helper()
	server, err := serve.Start(t.Context(), spec, serve.Options{Lookup: config.Map(settings), Listen: "127.0.0.1:0", LogWriter: log})
	if err != nil {
		t.Fatalf("harness: start %s: %v", spec.Name, err)
	}
	return server
}

// StartFunctionCounting is StartFunction with a look at its counters: count
// returns the value of one without labels.
func StartFunctionCounting(t testing.TB, spec serve.Spec, db Database, settings map[string]string) (address string, count func(name string) int) {
	t.Helper()
	server, _ := startFunction(t, spec, db, settings, t.Output())
	return "http://" + server.Addr(), func(name string) int {
		t.Helper()
		families, err := server.Metrics().Registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			if family.GetName() == name {
				return int(family.GetMetric()[0].GetCounter().GetValue())
			}
		}
		t.Fatalf("harness: %s has no counter %s", spec.Name, name)
		return 0
	}
}

// StartFunctionShowing is StartFunction with the address of its metrics.
func StartFunctionShowing(t testing.TB, spec serve.Spec, db Database, settings map[string]string) (address, ops string) {
	t.Helper()
	server, _ := startFunction(t, spec, db, settings, t.Output())
	shown := httptest.NewServer(telemetry.OpsHandler(server.Metrics().Registry))
	t.Cleanup(shown.Close)
	return "http://" + server.Addr(), shown.URL
}
