package harness

import (
	"bytes"
	"encoding/base64"
	"io"
	"maps"
	"sync"
	"testing"

	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/serve"
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
	address, _ := startFunction(t, spec, db, settings, t.Output())
	return address
}

// StartFunctionLogging is StartFunction with its log, which is complete once
// stop has returned.
func StartFunctionLogging(t testing.TB, spec serve.Spec, db Database, log io.Writer) (address string, stop func()) {
	t.Helper()
	return startFunction(t, spec, db, nil, log)
}

func startFunction(t testing.TB, spec serve.Spec, db Database, settings map[string]string, log io.Writer) (string, func()) {
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
	maps.Copy(all, settings)
	server, err := serve.Start(t.Context(), spec, serve.Options{Lookup: config.Map(all), Listen: "127.0.0.1:0", LogWriter: log})
	if err != nil {
		t.Fatalf("harness: start %s: %v", spec.Name, err)
	}
	stop := sync.OnceFunc(func() {
		if err := server.Shutdown(withoutDeadline(t)); err != nil {
			t.Errorf("harness: stop %s: %v", spec.Name, err)
		}
	})
	t.Cleanup(stop)
	return "http://" + server.Addr(), stop
}
