package restore

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/postgres"
)

// A cluster that was restored to a moment lives on and is backed up to the same
// store: the latest is what it has become, and what was left is there on request.
func TestRestoreOfARestoredCluster(t *testing.T) {
	t.Parallel()
	k, o := ours(t)
	home := reachable(t)
	o.To = filepath.Join(home, "postgres", "data")
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	k.liveOn(t, home, o)

	// The base backup that the new life began with does not count, so that the way
	// leads over the end of the first timeline.
	c, err := catalog.Read(t.Context(), o.Store)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range c.Backups {
		if b.Timeline == 2 {
			if err := o.Store.Remove(t.Context(), b.Key(catalog.Description)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"the latest":         {func(o *Options) { o.At = time.Time{} }, "110 rows to 1010, doomed true, fast 1000"},
		"the one it left":    {func(o *Options) { o.At, o.Timeline = time.Time{}, 1 }, "200 rows to 200, doomed false, fast 1000"},
		"before they parted": {func(*Options) {}, "100 rows to 100, doomed true, fast 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := o
			dir := reachable(t)
			o.To, o.Tablespaces = filepath.Join(dir, "data"), map[string]string{k.tablespace: filepath.Join(dir, "fast")}
			test.change(&o)
			got, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if said := look[string](t, o, state); said != test.want || got.Timeline != 3 || got.Backup.Timeline != 1 {
				t.Errorf("restored are %s, on timeline %d, from a backup of timeline %d", said, got.Timeline, got.Backup.Timeline)
			}
		})
	}
}

// liveOn starts the restored cluster as it will be used, writes to it and backs it
// up.
func (k kept) liveOn(t *testing.T, home string, o Options) {
	t.Helper()
	// It names a library that is not there.
	if err := os.Truncate(filepath.Join(o.To, "postgresql.auto.conf"), 0); err != nil {
		t.Fatal(err)
	}
	a, err := ownerOf(o.To)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ownPath(filepath.Dir(o.To)); err != nil {
		t.Fatal(err)
	}
	folder, err := supervise.Open(home)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = folder.Close() }()
	server, err := parts.StartPostgres(t.Context(), parts.PostgresOptions{Folder: folder, Password: "pw", Throwaway: true, Say: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Stop(t.Context()) }()
	db, err := postgres.Open(postgres.Config{URL: server.Superuser()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "INSERT INTO rows SELECT generate_series(1001, 1010)"); err != nil {
		t.Fatal(err)
	}
	if said, err := replicator(server, db, o.Store, k.recipients).Incremental().Do(t.Context()); err != nil {
		t.Fatal(said, err)
	}
}
