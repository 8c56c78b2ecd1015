package harness

import (
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/cache"
	"github.com/authway/authway/shared/credential"
)

// publicly is the address that people would see. Nobody listens there: there is no edge.
const publicly = "http://auth.localhost"

// Deployed are the functions of a sign-in as they are deployed: programs in processes of
// their own, so that what they use can be told apart. Databases and Hydra are its own.
type Deployed struct {
	*System
	// Own is Authway's database.
	Own  Database
	Pods map[edge.Upstream]*Pod

	hydra    *parts.Hydra
	program  parts.HydraProgram
	folder   *supervise.Folder
	hydraURL string
}

// Deploy starts them, and Hydra, which knows them.
func Deploy(t testing.TB) *Deployed {
	t.Helper()
	hydraOf := NewHydraDatabase(t)
	d := &Deployed{Own: NewDatabase(t), Pods: map[edge.Upstream]*Pod{}, hydraURL: hydraOf.OwnerURL()}
	var err error
	if d.folder, d.program, err = hydraProgram(t.Context(), "authway-deployed-"); err != nil {
		t.Fatalf("harness: %v", err)
	}
	if d.hydra, err = parts.ReserveHydra(d.folder, d.program); err != nil {
		t.Fatalf("harness: %v", err)
	}
	t.Cleanup(func() { _ = d.hydra.Stop(withoutDeadline(t)) })
	d.startPods(t)
	issuer, err := url.Parse(publicly)
	if err != nil {
		t.Fatal(err)
	}
	err = d.hydra.Start(t.Context(), parts.HydraSettings{
		Issuer: issuer, HookKey: HydraKey, Database: d.hydraURL,
		Login: d.Pods[edge.Login].URL(), Token: d.Pods[edge.Token].URL(),
		System: "of the tests, 32 bytes and longer", Cookie: "another, of 32 bytes and longer.", Pagination: "a third one, of 32 bytes, longer.",
	})
	if err != nil {
		t.Fatalf("harness: %v", err)
	}
	// Without a list of breached passwords every sign-in would be warned of, and a gateway is
	// answered with a key.
	d.Maintain(t, "breached.refresh")
	d.Maintain(t, "keys.rotate")
	return d
}

func (d *Deployed) startPods(t testing.TB) {
	t.Helper()
	d.System = &System{hasher: credential.NewHasher(0), Upstreams: map[edge.Upstream]*url.URL{}}
	d.Endpoints.URL, d.Endpoints.DatabaseURL, d.Endpoints.HydraDatabaseURL = publicly, d.Own.OwnerURL(), d.hydraURL
	d.Endpoints.RedisURL, d.Endpoints.HydraAdminURL, d.Endpoints.HydraPublicURL = Redis(t), d.hydra.Admin, d.hydra.Public
	d.db = d.Own.Owner(t)
	var err error
	if d.cache, err = cache.Open(d.Endpoints.RedisURL, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.cache.Close() })
	dir, err := programs()
	if err != nil {
		t.Fatalf("harness: %v", err)
	}
	for _, function := range []edge.Upstream{edge.Login, edge.Consent, edge.Token} {
		// What a pod writes goes to a file: read by us, it would cost what is measured beside it.
		log, err := os.Create(filepath.Join(t.TempDir(), string(function)+".log"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = log.Close() })
		pod := startUntilItListens(t, filepath.Join(dir, string(function)), d.settings(function), log)
		d.Pods[function] = pod
		if d.Upstreams[function], err = url.Parse(pod.URL()); err != nil {
			t.Fatal(err)
		}
	}
	if d.Upstreams[edge.Hydra], err = url.Parse(d.hydra.Public); err != nil {
		t.Fatal(err)
	}
}

func (d *Deployed) settings(function edge.Upstream) map[string]string {
	return map[string]string{
		"AUTHWAY_URL": publicly, "DATABASE_URL": d.Own.URL(string(function)), "REDIS_URL": d.Endpoints.RedisURL,
		"HYDRA_ADMIN_URL": d.hydra.Admin, "HYDRA_PUBLIC_URL": d.hydra.Public, "HYDRA_CLIENT_SECRET": HydraKey,
		"AUTHWAY_MASTER_KEYS": MasterKey(),
	}
}

// Maintain runs a job of maintenance once.
func (d *Deployed) Maintain(t testing.TB, job string) {
	t.Helper()
	dir, err := programs()
	if err != nil {
		t.Fatalf("harness: %v", err)
	}
	settings := d.settings(edge.Maintenance)
	settings["SMTP_URL"] = "smtp://127.0.0.1:1"
	command := exec.CommandContext(t.Context(), filepath.Join(dir, "maintenance"), "run", job)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		command.Env = append(command.Env, name+"="+settings[name])
	}
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("harness: %s: %v\n%s", job, err, said)
	}
}
