package backup

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/replica"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/recovery"
)

// cluster is a server of a test's own, which is being backed up.
type cluster struct {
	*Replicator
	db    *bun.DB
	dir   string
	fixed *clock.Fixed
	// connected is called with how many connections for replication there were.
	connected func(before int)
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	home, err := os.MkdirTemp("", "authway-replicator-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	// Whoever PostgreSQL runs as has to get there.
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	folder, err := supervise.Open(home)
	if err != nil {
		t.Fatal(err)
	}
	server, err := parts.StartPostgres(context.WithoutCancel(t.Context()),
		parts.PostgresOptions{Folder: folder, Password: "for-a-test", Throwaway: true, Say: func(string, ...any) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(server.Stop(context.WithoutCancel(t.Context())), folder.Close()); err != nil {
			t.Error(err)
		}
	})
	c := &cluster{dir: filepath.Join(home, "store"), fixed: clock.NewFixed(time.Now().UTC())}
	if c.db, err = postgres.Open(postgres.Config{URL: server.Superuser() + "&options=-c%20synchronous_commit%3Dlocal"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.db.Close() })
	beat, err := beatTable()
	if err != nil {
		t.Fatal(err)
	}
	c.do(t, beat)
	c.Replicator = &Replicator{
		Settings: Settings{Store: opened(t, c.dir), Recipients: recipients(t), Method: MethodReplication, Slot: defaultSlot},
		Beat:     recovery.Beat{DB: c.db}, Noted: recovery.Backups{DB: c.db}, Clock: c.fixed, Log: slog.New(slog.DiscardHandler), Retry: time.Millisecond,
	}
	connections := 0
	c.Connect = func(ctx context.Context) (*replica.Conn, error) {
		if c.connected != nil {
			c.connected(connections)
		}
		connections++
		return replica.Dial(ctx, server.Superuser(), "")
	}
	return c
}

func opened(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "file://"+dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func recipients(t *testing.T) envelope.Recipients {
	t.Helper()
	_, recipient, err := envelope.Pair()
	if err != nil {
		t.Fatal(err)
	}
	to, err := envelope.ParseRecipients(recipient)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func (c *cluster) do(t *testing.T, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := c.db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// fill makes whole segments of WAL.
func (c *cluster) fill(t *testing.T, segments int) {
	t.Helper()
	for range segments {
		c.do(t, "SELECT pg_logical_emit_message(true, 'test', repeat('some WAL', 1000))", "SELECT pg_switch_wal()")
	}
}

// lose makes the server forget what the slot has kept.
func (c *cluster) lose(t *testing.T) {
	t.Helper()
	ended := time.NewTicker(10 * time.Millisecond)
	defer ended.Stop()
	for dropped := 0; dropped == 0; <-ended.C {
		// The server sees that somebody has gone when it comes to it.
		err := c.db.NewRaw("SELECT count(pg_drop_replication_slot(slot_name)) FROM pg_replication_slots WHERE NOT active").Scan(t.Context(), &dropped)
		if err != nil {
			t.Fatal(err)
		}
	}
	c.fill(t, 3)
	c.do(t, "CHECKPOINT")
}

func (c *cluster) succeed(t *testing.T, do func(context.Context) (string, error)) string {
	t.Helper()
	said, err := do(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.fixed.Advance(time.Minute)
	return said
}

// stored are the objects of WAL, in order.
func (c *cluster) stored(t *testing.T) (all []wal.Object) {
	t.Helper()
	for found, err := range c.Store.List(t.Context(), wal.Prefix) {
		if err != nil {
			t.Fatal(err)
		}
		o, err := wal.ParseKey(found.Key)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

func (c *cluster) catalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	read, err := catalog.Read(t.Context(), c.Store)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func (c *cluster) noted(t *testing.T) recovery.BackupState {
	t.Helper()
	s, err := recovery.LookAtBackups(t.Context(), c.db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
