package replica

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/postgres"
)

const password = "for-a-test"

// poll is how often a test looks whether the server has done something.
const poll = 10 * time.Millisecond

// server is a PostgreSQL with the role that makes backups.
type server struct {
	*parts.Postgres
	db   *bun.DB
	dir  string
	stop func() error
}

// shared is one server for the tests of the package.
var shared = sync.OnceValues(func() (*server, error) {
	dir, err := os.MkdirTemp("", "replica-test-")
	if err != nil {
		return nil, err
	}
	return start(context.Background(), dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	s, err := shared()
	if err == nil {
		err = errors.Join(s.stop(), os.RemoveAll(s.dir))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// start starts the server of a folder. If there is none, one is made.
func start(ctx context.Context, dir string) (*server, error) {
	// Whoever PostgreSQL runs as has to get there.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	folder, err := supervise.Open(dir)
	if err != nil {
		return nil, err
	}
	running, err := parts.StartPostgres(ctx, parts.PostgresOptions{Folder: folder, Password: password, Throwaway: true, Say: func(string, ...any) {}})
	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	s := &server{Postgres: running, dir: dir}
	// What is committed is to be in the WAL that is drained.
	if s.db, err = postgres.Open(postgres.Config{URL: running.Superuser() + "&options=-c%20synchronous_commit%3Dlocal"}); err != nil {
		return nil, err
	}
	s.stop = func() error {
		return errors.Join(s.db.Close(), running.Stop(context.WithoutCancel(ctx)), folder.Close())
	}
	var standby bool
	if err := s.db.QueryRowContext(ctx, "SELECT pg_is_in_recovery()").Scan(&standby); err != nil || standby {
		return s, err
	}
	return s, migrations.LetBackupIn(ctx, running.Superuser(), password)
}

// ours is the server that the tests share.
func ours(t *testing.T) *server {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// own is a server that the test may do to what it likes. dir may have one already.
func own(t *testing.T, dir string) *server {
	t.Helper()
	s, err := start(context.WithoutCancel(t.Context()), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// room is a folder that the account of a server can get to.
func room(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "replica-own-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (s *server) do(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// ask is one value of the server.
func ask[T any](t *testing.T, s *server, question string) (answer T) {
	t.Helper()
	if err := s.db.QueryRowContext(t.Context(), question).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	return answer
}

// until waits for the server to say yes.
func (s *server) until(t *testing.T, question string) {
	t.Helper()
	if err := s.await(t.Context(), question); err != nil {
		t.Fatal(err)
	}
}

func (s *server) await(ctx context.Context, question string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		var yes bool
		if err := s.db.QueryRowContext(ctx, question).Scan(&yes); err != nil || yes {
			if err != nil {
				err = fmt.Errorf("%s: %w", question, err)
			}
			return err
		}
		<-tick.C
	}
}

func (s *server) lsn(t *testing.T, question string) wal.LSN {
	t.Helper()
	at, err := wal.ParseLSN(ask[string](t, s, question))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// fill makes WAL: so many whole segments, and the beginning of one.
func (s *server) fill(t *testing.T, segments int) {
	t.Helper()
	for range segments {
		s.do(t, "SELECT pg_logical_emit_message(false, 'test', repeat(md5(random()::text), 100000))", "SELECT pg_switch_wal()")
	}
	s.do(t, "SELECT pg_logical_emit_message(true, 'test', repeat('what is not finished', 1000))")
}

// pages are the first n bytes of a segment as the server has it.
func (s *server) pages(t *testing.T, timeline wal.Timeline, number uint64, n int) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.Home, "data", "pg_wal", wal.DefaultSize.FileName(timeline, number)))
	if err != nil {
		t.Fatal(err)
	}
	return raw[:n]
}

func (s *server) address() string { return s.URL(migrations.BackupRole, password, "postgres") }

// dial connects as the role that makes backups. parameters are added to the address.
func (s *server) dial(t *testing.T, parameters string) *Conn {
	t.Helper()
	conn, err := Dial(t.Context(), s.address()+parameters, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

var slots atomic.Int64

// slot makes a slot of the test's own, and one beside it that nobody moves, so that
// what is compared is not removed.
func (s *server) slot(t *testing.T, conn *Conn) Slot {
	t.Helper()
	name := fmt.Sprintf("test_%03d", slots.Add(1))
	s.do(t, "SELECT pg_create_physical_replication_slot('"+name+"_held', true)")
	slot, err := conn.MakeSlot(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		ctx := context.WithoutCancel(t.Context())
		// The server sees that somebody has gone when it comes to it.
		err := s.await(ctx, "SELECT NOT bool_or(active) FROM pg_replication_slots WHERE slot_name LIKE '"+name+"%'")
		if err == nil {
			_, err = s.db.ExecContext(ctx, "SELECT pg_drop_replication_slot('"+name+"'), pg_drop_replication_slot('"+name+"_held')")
		}
		if err != nil {
			t.Error(err)
		}
	})
	return slot
}

// restart is from where the server keeps WAL for a slot that nobody is at.
func (s *server) restart(t *testing.T, slot Slot) wal.LSN {
	t.Helper()
	s.until(t, "SELECT NOT active FROM pg_replication_slots WHERE slot_name = '"+slot.Name+"'")
	return s.lsn(t, "SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = '"+slot.Name+"'")
}

// shelf keeps WAL in memory.
type shelf struct {
	segments  []piece
	histories []wal.History
	// before is called with the number of segments that are there.
	before func(ctx context.Context, there int) error
}

type piece struct {
	timeline wal.Timeline
	number   uint64
	data     []byte
}

func (p piece) end() wal.LSN {
	return wal.LSN(p.number*uint64(wal.DefaultSize)) + wal.LSN(len(p.data))
}

func (p piece) String() string {
	return fmt.Sprintf("%s:%d", wal.DefaultSize.FileName(p.timeline, p.number), len(p.data))
}

func (s *shelf) Keep(ctx context.Context, t wal.Timeline, number uint64, from io.Reader) error {
	data := bytes.NewBuffer(make([]byte, 0, wal.DefaultSize+bytes.MinRead))
	if _, err := data.ReadFrom(from); err != nil {
		return err
	}
	if s.before != nil {
		if err := s.before(ctx, len(s.segments)); err != nil {
			return err
		}
	}
	s.segments = append(s.segments, piece{t, number, data.Bytes()})
	return nil
}

func (s *shelf) KeepHistory(_ context.Context, h wal.History) error {
	s.histories = append(s.histories, h)
	return nil
}

// flushed is up to where the server has WAL.
func flushed(t *testing.T, conn *Conn) wal.LSN {
	t.Helper()
	system, err := conn.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return system.Flushed
}
