package restore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup"
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

// kept is a store as the jobs have made it, of a cluster that is not there any more:
// a base backup with a tablespace; then rows 1 to 100, the moment, a dropped table
// and rows 101 to 200; then several segments, the last one unfinished.
type kept struct {
	home       string
	identity   string
	identities envelope.Identities
	recipients envelope.Recipients
	tablespace string
	moment     time.Time
	// programs are those of the server that was copied.
	programs string
	problem  error
}

func (k kept) store() string { return filepath.Join(k.home, "store") }

// archive is made once for all tests; each gets a copy of its store.
var archive = sync.OnceValue(func() kept {
	home, err := os.MkdirTemp("", "restore-test-")
	k := kept{home: home, problem: err}
	if err == nil {
		k.problem = errors.Join(os.Chmod(home, 0o755), k.fill(context.Background()))
	}
	return k
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(archive().home)
	os.Exit(code)
}

func (k *kept) fill(ctx context.Context) (err error) {
	folder, err := supervise.Open(filepath.Join(k.home, "cluster"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	server, err := parts.StartPostgres(ctx, parts.PostgresOptions{Folder: folder, Password: "pw", Throwaway: true, Say: func(string, ...any) {}})
	if err != nil {
		return err
	}
	k.programs = server.Programs
	defer func() { err = errors.Join(err, server.Stop(ctx)) }()
	db, err := postgres.Open(postgres.Config{URL: server.Superuser()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	opened, err := store.Open(ctx, "file://"+k.store())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	identity, recipient, err := envelope.Pair()
	if err != nil {
		return err
	}
	if k.recipients, err = envelope.ParseRecipients(recipient); err != nil {
		return err
	}
	if k.identities, err = envelope.ParseIdentities(identity); err != nil {
		return err
	}
	k.identity = identity
	return k.live(ctx, db, server.Home, replicator(server, db, opened, k.recipients))
}

// replicator backs a server up, as the jobs do.
func replicator(server *parts.Postgres, db *postgres.DB, s *store.Store, to envelope.Recipients) *backup.Replicator {
	return &backup.Replicator{
		Settings: backup.Settings{
			Store: s, Recipients: to, Method: backup.MethodReplication, Slot: "authway_backup",
			Connect: func(ctx context.Context) (*replica.Conn, error) { return replica.Dial(ctx, server.Superuser(), "") },
		},
		Beat: recovery.Beat{DB: db}, Noted: recovery.Backups{DB: db}, Clock: clock.System(), Log: slog.New(slog.DiscardHandler), Retry: backup.Retry,
	}
}

// live is the life of the cluster.
func (k *kept) live(ctx context.Context, db *postgres.DB, home string, r *backup.Replicator) error {
	spaces := filepath.Join(home, "spaces")
	if err := os.Mkdir(spaces, 0o700); err != nil {
		return err
	}
	if a, err := ownerOf(home); err != nil {
		return err
	} else if err := a.ownPath(spaces); err != nil {
		return err
	}
	do := func(statements ...string) error {
		for _, s := range statements {
			if _, err := db.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	}
	job := func(do func(context.Context) (string, error)) error {
		_, err := do(ctx)
		return err
	}
	beat, err := beatTable()
	if err != nil {
		return err
	}
	err = do(beat,
		"CREATE TABLESPACE fast LOCATION '"+spaces+"'", "CREATE TABLE fast_rows TABLESPACE fast AS SELECT generate_series(1, 1000) id",
		// As an earlier recovery could have left it.
		"ALTER SYSTEM SET recovery_target_time = '2001-01-01 00:00:00+00'", "ALTER SYSTEM SET shared_preload_libraries = 'not_there'",
		"CREATE TABLE rows (id int)", "CREATE TABLE doomed AS SELECT 1 AS id")
	if err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "SELECT oid::text FROM pg_tablespace WHERE spcname = 'fast'").Scan(&k.tablespace); err != nil {
		return err
	}
	if err := job(r.Full().Do); err != nil {
		return err
	}
	if err := do("INSERT INTO rows SELECT generate_series(1, 100)"); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&k.moment); err != nil {
		return err
	}
	k.moment = k.moment.UTC()
	if err := do("DROP TABLE doomed", "INSERT INTO rows SELECT generate_series(101, 150)"); err != nil {
		return err
	}
	for from := 151; from <= 200; from += 25 {
		if err := job(r.Incremental().Do); err != nil {
			return err
		}
		if err := do("SELECT pg_switch_wal()", fmt.Sprintf("INSERT INTO rows SELECT generate_series(%d, %d)", from, from+24)); err != nil {
			return err
		}
	}
	return job(r.Incremental().Do)
}

// beatTable makes what the jobs mark the WAL by and write down what they did, as the
// migrations do.
func beatTable() (statements string, err error) {
	for table, in := range map[string]string{"recovery_beat": "recovery", "backup_state": "monitoring"} {
		found, err := filepath.Glob("../../../migrations/sql/*_" + in + ".tx.up.sql")
		if err != nil || len(found) != 1 {
			return "", fmt.Errorf("the migration is %v, %w", found, err)
		}
		text, err := os.ReadFile(found[0])
		if err != nil {
			return "", err
		}
		statements += regexp.MustCompile(`(?s)CREATE TABLE ` + table + ` \(.*?\n\);`).FindString(string(text))
	}
	return statements, nil
}

// ours is a copy of the archive, and options to restore from it.
func ours(t *testing.T) (kept, Options) {
	t.Helper()
	k := archive()
	if k.problem != nil {
		t.Fatal(k.problem)
	}
	copied := filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(copied, os.DirFS(k.store())); err != nil {
		t.Fatal(err)
	}
	home := reachable(t)
	k.home = filepath.Dir(copied)
	opened, err := store.Open(t.Context(), "file://"+k.store())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return k, Options{
		Store: opened, Identities: k.identities, At: k.moment, To: filepath.Join(home, "data"), Programs: k.programs,
		Tablespaces: map[string]string{k.tablespace: filepath.Join(home, "fast")},
	}
}

// reachable is a folder that the account of a server can get to.
func reachable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "restored-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// segments are the stored segments' paths, in order.
func (k kept) segments(t *testing.T) (paths []string, objects []wal.Object) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(k.store(), "wal", "*", "*"))
	if err != nil || len(paths) < 3 {
		t.Fatalf("%d segments, %v", len(paths), err)
	}
	for _, p := range paths {
		rest, _ := filepath.Rel(k.store(), p)
		o, err := wal.ParseKey(filepath.ToSlash(rest))
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, o)
	}
	return paths, objects
}

// flip changes a byte in the middle of a file.
func flip(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// look starts a server on restored files and asks it one thing.
func look[T any](t *testing.T, o Options, question string) (answer T) {
	t.Helper()
	s := serve(t, o)
	db, err := s.connect("postgres", "postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		err := db.QueryRowContext(t.Context(), question).Scan(&answer)
		if err == nil {
			return answer
		}
		if !postgres.Unreachable(err) {
			t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-s.done:
			t.Fatal(s.ended())
		}
	}
}

func serve(t *testing.T, o Options) *server {
	t.Helper()
	r := &restoration{Options: o}
	var err error
	if r.program, err = findServer(t.Context(), o.Programs, "15"); err != nil {
		t.Fatal(err)
	}
	if r.account, err = ownerOf(o.To); err != nil {
		t.Fatal(err)
	}
	r.plan.Timeline = 1
	s, err := r.start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.abandon)
	return s
}

// dead checks that no server starts on what a restore has left behind.
func dead(t *testing.T, o Options) {
	t.Helper()
	if _, err := os.Stat(o.To); errors.Is(err, fs.ErrNotExist) {
		return
	}
	r := &restoration{Options: o}
	program, err := findServer(t.Context(), o.Programs, "15")
	if err != nil {
		t.Fatal(err)
	}
	if r.account, err = ownerOf(o.To); err != nil {
		t.Fatal(err)
	}
	sockets := reachable(t)
	if err := r.account.ownPath(sockets); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	said := &log{ready: end}
	// As somebody would who does not know, with nothing to recover by.
	cmd := exec.CommandContext(ctx, program, "-D", o.To, "-c", "listen_addresses=", "-c", "unix_socket_directories="+sockets,
		"-c", "shared_preload_libraries=")
	cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = attributes(r.account), said, said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	if err := cmd.Run(); err == nil || ctx.Err() != nil || !said.has("FATAL", control, "postgresql.conf") {
		t.Errorf("a server on what is not whole: %v, %s", err, said.text.String())
	}
}

// log is what a server says; ready is called when it lets people in.
type log struct {
	text  strings.Builder
	ready func()
}

func (l *log) Write(p []byte) (int, error) {
	l.text.Write(p)
	if l.has("ready to accept connections") {
		l.ready()
	}
	return len(p), nil
}

func (l *log) has(any ...string) bool {
	return slices.ContainsFunc(any, func(text string) bool { return strings.Contains(l.text.String(), text) })
}
