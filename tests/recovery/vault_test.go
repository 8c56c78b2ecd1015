package recovery_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/restore"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/tests/harness"
)

// vault is where a test keeps backups of a server.
type vault struct {
	t *testing.T
	// db is Authway's database on it, by its owner.
	db         *bun.DB
	settings   map[string]string
	store      *store.Store
	identity   string
	identities envelope.Identities
}

var vaults atomic.Int64

// ofSystem keeps backups of the system that all tests share.
func ofSystem(t *testing.T, address string) *vault {
	t.Helper()
	system := harness.Run(t)
	return newVault(t, system.Database(t), maps.Clone(system.Settings), address)
}

// ofDatabase keeps backups of a server with a database of the test's own, which has
// its own leases.
func ofDatabase(t *testing.T, db harness.Database, address string) *vault {
	t.Helper()
	return newVault(t, db.Owner(t), map[string]string{
		"AUTHWAY_URL": "https://auth.example.com", "DATABASE_URL": db.URL("maintenance"), "BACKUP_DATABASE_URL": db.BackupURL(),
		"AUTHWAY_MASTER_KEYS": harness.MasterKey(), "POSTGRES_BIN": db.Programs(),
		// Neither is asked for anything.
		"SMTP_URL": "smtp://127.0.0.1:1", "HYDRA_ADMIN_URL": "http://127.0.0.1:1",
	}, address)
}

func newVault(t *testing.T, db *bun.DB, settings map[string]string, address string) *vault {
	t.Helper()
	identity, recipient, err := envelope.Pair()
	if err != nil {
		t.Fatal(err)
	}
	v := &vault{t: t, db: db, settings: settings, identity: identity}
	v.settings["BACKUP_URL"], v.settings["BACKUP_RECIPIENT"] = address, recipient
	v.settings["BACKUP_SLOT"] = fmt.Sprintf("vault_%d", vaults.Add(1))
	if v.identities, err = envelope.ParseIdentities(identity); err != nil {
		t.Fatal(err)
	}
	v.store = v.open(address)
	return v
}

func (v *vault) open(address string) *store.Store {
	v.t.Helper()
	s, err := store.Open(v.t.Context(), address)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = s.Close() })
	return s
}

// run does what the maintenance program does with these words.
func (v *vault) run(words ...string) (said string, code int) {
	v.t.Helper()
	var out bytes.Buffer
	code = maintenance.Run(v.t.Context(), words, config.Map(v.settings), &out, &out)
	return strings.TrimSpace(out.String()), code
}

// succeed runs a job that is due.
func (v *vault) succeed(job string) string {
	v.t.Helper()
	v.free()
	said, code := v.run("run", job)
	if code != 0 || strings.HasSuffix(said, ": nothing is due") {
		v.t.Fatalf("%s: exit status %d: %s", job, code, said)
	}
	return said
}

// free takes the leases from processes that were killed.
func (v *vault) free() {
	v.t.Helper()
	if _, err := v.db.ExecContext(v.t.Context(), "UPDATE leases SET until = now() - interval '1 second' "); err != nil {
		v.t.Fatal(err)
	}
}

// process is the maintenance program, and what it said.
type process struct {
	*exec.Cmd
	said bytes.Buffer
}

// start starts a job as a process of its own.
func (v *vault) start(job string) *process {
	v.t.Helper()
	p := &process{Cmd: exec.CommandContext(v.t.Context(), os.Args[0], asMaintenance, "run", job)}
	p.Stdout, p.Stderr = &p.said, &p.said
	for name, value := range v.settings {
		p.Env = append(p.Env, name+"="+value)
	}
	if err := p.Start(); err != nil {
		v.t.Fatal(err)
	}
	return p
}

func (v *vault) catalog() *catalog.Catalog {
	v.t.Helper()
	c, err := catalog.Read(v.t.Context(), v.store)
	if err != nil {
		v.t.Fatal(err)
	}
	return c
}

// sound fails the test unless all that is listed can be read back, with nothing
// missing in between.
func (v *vault) sound() *catalog.Catalog {
	v.t.Helper()
	r, err := backup.Verifier{Store: v.store, Identities: v.identities, Clock: clock.System(), Log: slog.New(slog.DiscardHandler)}.Check(v.t.Context(), true)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, f := range r.Findings {
		v.t.Error(f)
	}
	return v.continuous()
}

// continuous fails the test unless each base backup that is listed can be restored,
// and goes on to the end.
func (v *vault) continuous() *catalog.Catalog {
	v.t.Helper()
	c := v.catalog()
	for _, w := range c.Windows() {
		if w.Gap != "" {
			v.t.Errorf("the chain of %s ends at %s", w.Backup, w.Gap)
		}
	}
	for _, what := range c.Damaged {
		v.t.Error(what)
	}
	if len(c.Windows()) != len(c.Backups) {
		v.t.Errorf("of %d base backups %d can be restored: %+v", len(c.Backups), len(c.Windows()), c.Windows())
	}
	return c
}

// restored is a server on what came back.
type restored struct {
	t      *testing.T
	server *parts.Postgres
	restore.Result
}

// restore restores to a moment and starts a server on it.
func (v *vault) restore(at time.Time) *restored {
	v.t.Helper()
	dir, err := os.MkdirTemp("", "authway-restored-")
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	// PostgreSQL's account has to get through.
	if err := os.Chmod(dir, 0o711); err != nil {
		v.t.Fatal(err)
	}
	folder, err := supervise.Open(filepath.Join(dir, "server"))
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = folder.Close() })
	data, err := parts.PostgresData(folder)
	if err != nil {
		v.t.Fatal(err)
	}
	r := &restored{t: v.t}
	r.Result, err = restore.Run(v.t.Context(), restore.Options{
		Store: v.store, Identities: v.identities, At: at, To: data, Programs: v.settings["POSTGRES_BIN"],
	})
	if err != nil {
		v.t.Fatalf("restore to %s: %v", at, err)
	}
	r.server, err = parts.StartPostgres(v.t.Context(), parts.PostgresOptions{
		Folder: folder, Password: restoredPassword, Restored: r.Backup.Superuser, Throwaway: true, Say: func(string, ...any) {},
	})
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = r.server.Stop(context.WithoutCancel(v.t.Context())) })
	return r
}

const restoredPassword = "restored"

// database opens a restored database.
func (r *restored) database(name string) *bun.DB {
	r.t.Helper()
	db, err := postgres.Open(postgres.Config{URL: r.server.URL(r.Backup.Superuser, restoredPassword, name), MaxConns: 2})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = db.Close() })
	return db
}

// owner is the address of a restored database for its owner, as Authway is given it.
func (r *restored) owner(name string) string {
	r.t.Helper()
	if _, err := r.database(name).ExecContext(r.t.Context(), "ALTER ROLE "+name+" PASSWORD '"+restoredPassword+"'"); err != nil {
		r.t.Fatal(err)
	}
	return r.server.URL(name, restoredPassword, name)
}

// content is what an object holds.
func (v *vault) content(key string) []byte {
	v.t.Helper()
	r, err := v.store.Read(v.t.Context(), key)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	all, err := io.ReadAll(r)
	if err != nil {
		v.t.Fatal(err)
	}
	return all
}
