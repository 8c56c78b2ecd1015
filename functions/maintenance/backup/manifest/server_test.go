package manifest_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authway/authway/functions/maintenance/backup/manifest"
	"github.com/authway/authway/functions/maintenance/backup/replica"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/postgres"
)

// What a server sends is what its manifest says, tablespaces too: what is refused
// here is not refused because PostgreSQL writes it.
func TestWhatAServerSends(t *testing.T) {
	t.Parallel()
	server := start(t)
	defer func() { _ = server.Stop(t.Context()) }()
	withTablespace(t, server)
	conn, err := replica.Dial(t.Context(), server.Superuser(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	dir := t.TempDir()
	var archives []string
	base, err := conn.BaseBackup(t.Context(), func(int64, int64) {}, func(a replica.Archive) error {
		archives = append(archives, a.Name)
		f, err := os.Create(filepath.Join(dir, a.Name))
		if err != nil {
			return err
		}
		if _, err := io.Copy(f, a); err != nil {
			return err
		}
		return f.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(archives) != 3 {
		t.Fatalf("the server sent %q", archives)
	}
	m, err := manifest.Parse(open(t, dir, "backup_manifest"))
	if err != nil {
		t.Fatal(err)
	}
	if r := m.Ranges; len(r) != 1 || r[0].Start != base.Start || r[0].End != base.Stop || r[0].Timeline != base.Timeline {
		t.Errorf("the manifest wants %v, and the server said %v", r, base)
	}
	rows := 0
	for _, name := range archives[:2] {
		prefix := ""
		if name != "base.tar" {
			prefix = "pg_tblspc/" + strings.TrimSuffix(name, ".tar")
		}
		err := m.Archive(open(t, dir, name), prefix, func(e manifest.Entry) error {
			if strings.HasPrefix(e.Path, "pg_tblspc/") && e.Header.Size > 0 {
				rows++
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if lost := m.Missing(); len(lost) > 0 {
		t.Errorf("%d files are missing, %s first", len(lost), lost[0])
	}
	if rows == 0 {
		t.Error("the tablespace's table was in no archive")
	}
}

func start(t *testing.T) *parts.Postgres {
	t.Helper()
	folder, err := supervise.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	server, err := parts.StartPostgres(t.Context(), parts.PostgresOptions{
		Folder: folder, Password: "for-a-test", Throwaway: true, Say: func(string, ...any) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func withTablespace(t *testing.T, server *parts.Postgres) {
	t.Helper()
	dir := filepath.Join(server.Home, "space")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	account, err := supervise.OwnerOf(filepath.Join(server.Home, "data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := account.Own(dir); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(postgres.Config{URL: server.Superuser(), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, statement := range []string{
		"CREATE TABLESPACE elsewhere LOCATION '" + dir + "'",
		"CREATE TABLE kept TABLESPACE elsewhere AS SELECT generate_series(1, 1000) AS n",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, dir, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}
