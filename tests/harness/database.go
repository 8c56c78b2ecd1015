package harness

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/postgres"
)

// password is that of every role of the throw-away server.
const password = "harness"

const template = "authway_template"

// server is one PostgreSQL for the binary.
type server struct {
	*parts.Postgres
	folder *supervise.Folder
	admin  *bun.DB
	// cloning is one at a time: PostgreSQL does not copy a database that another
	// copy is being made of.
	cloning sync.Mutex
	cloned  atomic.Int64
}

var startServer = sync.OnceValues(func() (*server, error) {
	ctx := context.Background()
	dir, err := folder("authway-postgres-")
	if err != nil {
		return nil, err
	}
	data, err := supervise.Open(dir)
	if err != nil {
		return nil, err
	}
	AtEnd(func(context.Context) error { return data.Close() })
	running, err := parts.StartPostgres(ctx, parts.PostgresOptions{
		Folder: data, Password: password, Throwaway: true, Say: func(string, ...any) {},
	})
	if err != nil {
		return nil, err
	}
	AtEnd(running.Stop)
	admin, err := postgres.Open(postgres.Config{URL: running.Superuser(), MaxConns: 1})
	if err != nil {
		return nil, err
	}
	AtEnd(func(context.Context) error { return admin.Close() })
	s := &server{Postgres: running, folder: data, admin: admin}
	return s, s.makeTemplate(ctx)
})

// owner owns the databases and may make roles, as a deployment's migrate job.
const owner = "authway"

func (s *server) makeTemplate(ctx context.Context) error {
	err := s.Prepare(ctx, parts.Database{Name: owner, Password: password, Rights: "CREATEROLE CREATEDB"})
	if err != nil {
		return err
	}
	if _, err := s.admin.ExecContext(ctx, "CREATE DATABASE "+template+" OWNER "+owner); err != nil {
		return err
	}
	if _, err := migrations.Up(ctx, s.URL(owner, password, template)); err != nil {
		return err
	}
	passwords := map[string]string{}
	for _, function := range migrations.Roles {
		passwords[function] = password
	}
	if err := migrations.LetBackupIn(ctx, s.Superuser(), password); err != nil {
		return err
	}
	return migrations.SetPasswords(ctx, s.URL(owner, password, template), passwords)
}

// Database is one test's own.
type Database struct {
	name   string
	server *server
}

// NewDatabase gives the test a migrated database of its own.
func NewDatabase(t testing.TB) Database {
	t.Helper()
	return newDatabase(t, " TEMPLATE "+template)
}

// NewEmptyDatabase gives the test a database without any migration.
func NewEmptyDatabase(t testing.TB) Database {
	t.Helper()
	return newDatabase(t, "")
}

func newDatabase(t testing.TB, from string) Database {
	t.Helper()
	s, err := startServer()
	if err != nil {
		t.Fatalf("harness: PostgreSQL: %v", err)
	}
	name := fmt.Sprintf("test_%d", s.cloned.Add(1))
	s.cloning.Lock()
	defer s.cloning.Unlock()
	if _, err := s.admin.ExecContext(t.Context(), "CREATE DATABASE "+name+from+" OWNER "+owner); err != nil {
		t.Fatalf("harness: clone the database: %v", err)
	}
	d := Database{name: name, server: s}
	if from != "" {
		d.grantConnect(t)
	}
	return d
}

// grantConnect repeats what the first migration says about the database itself:
// a copy of a database does not have its template's privileges.
func (d Database) grantConnect(t testing.TB) {
	t.Helper()
	for _, function := range migrations.Roles {
		statement := fmt.Sprintf("GRANT CONNECT ON DATABASE %s TO %s", d.name, migrations.Role(function))
		if _, err := d.server.admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("harness: %v", err)
		}
	}
}

// OwnerURL is the address for the owner of the schema.
func (d Database) OwnerURL() string { return d.server.URL(owner, password, d.name) }

// URL is the address for the role of a function.
func (d Database) URL(function string) string {
	return d.server.URL(migrations.Role(function), password, d.name)
}

// ReplicationURL is the address for who copies the whole server.
func (d Database) ReplicationURL() string { return d.server.Superuser() }

// BackupURL is the address for the role that copies the whole server.
func (d Database) BackupURL() string {
	return d.server.URL(migrations.BackupRole, password, "postgres")
}

// Name is what the database is called on the server.
func (d Database) Name() string { return d.name }

// Programs is the folder with the server's programs.
func (d Database) Programs() string { return d.server.Programs }

// Owner opens the database as the owner of the schema.
func (d Database) Owner(t testing.TB) *bun.DB { return open(t, d.OwnerURL()) }

// Superuser opens the server's own database, for what only PostgreSQL itself may see.
func (d Database) Superuser(t testing.TB) *bun.DB { return open(t, d.server.Superuser()) }

// SuperuserIn opens the database as the server's superuser, whom no trigger stops.
func (d Database) SuperuserIn(t testing.TB) *bun.DB {
	t.Helper()
	address, err := url.Parse(d.server.Superuser())
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + d.name
	return open(t, address.String())
}

// As opens the database as a function does.
func (d Database) As(t testing.TB, function string) *bun.DB { return open(t, d.URL(function)) }

func open(t testing.TB, url string) *bun.DB {
	t.Helper()
	db, err := postgres.Open(postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
