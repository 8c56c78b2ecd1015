package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

const (
	// Only a name here: the server listens on no address.
	port = "5432"
	// socketPath is the most that the system takes for a socket's address; macOS takes
	// four less.
	socketPath = 103
	logTail    = 4 << 10

	// A fast shutdown waits for nobody, but writes all that is in memory.
	stopPatience = 10 * time.Minute
	killPatience = 10 * time.Second
)

// server is a running PostgreSQL that only we reach.
type server struct {
	// home holds its socket, its log and the configuration for the recovery.
	home string
	pid  int
	done chan struct{}
	err  error
}

// start starts the server on the restored files.
func (r *restoration) start() (*server, error) {
	home, err := r.makeHome()
	if err != nil {
		return nil, err
	}
	s := &server{home: home, done: make(chan struct{})}
	log, err := os.OpenFile(s.log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	cmd := &exec.Cmd{
		Path: r.program, Args: append([]string{r.program, "-D", r.To}, r.arguments(home)...), Dir: r.To,
		Env:    bareEnvironment,
		Stdout: log, Stderr: log, SysProcAttr: attributes(r.account),
	}
	started := make(chan error, 1)
	go func() {
		// The system tells the child of the end of the THREAD that has started it
		// (prctl(2)), so this one is kept.
		runtime.LockOSThread()
		err := cmd.Start()
		_ = log.Close()
		if err == nil {
			s.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			s.err = cmd.Wait()
			close(s.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("restore: PostgreSQL does not start: %w", err), os.RemoveAll(home))
	}
	return s, nil
}

// makeHome makes a folder of its own for the server, with a path that is short
// enough for a socket.
func (r *restoration) makeHome() (string, error) {
	var errs []error
	for _, in := range []string{os.TempDir(), "/tmp", filepath.Dir(r.To)} {
		home, err := os.MkdirTemp(in, "authway-restore-")
		if err == nil {
			err = r.furnish(home)
		}
		if err == nil {
			return home, nil
		}
		errs = append(errs, err)
		if home != "" {
			errs = append(errs, os.RemoveAll(home))
		}
	}
	return "", errors.Join(errs...)
}

// furnish gives the server's folder to the account, with what has to be in it.
func (r *restoration) furnish(home string) error {
	if len(filepath.Join(home, ".s.PGSQL."+port)) > socketPath {
		return fmt.Errorf("restore: %s is too long for a socket's address: set TMPDIR to a shorter path", home)
	}
	if err := errors.Join(r.account.reaches(home), r.account.ownPath(home)); err != nil {
		return err
	}
	for name, content := range map[string]string{
		"postgresql.conf": "",
		// Who gets into the folder is root or the owner of all the data.
		"pg_hba.conf": "local all all trust\n",
	} {
		path := filepath.Join(home, name)
		if err := errors.Join(os.WriteFile(path, []byte(content), 0o600), r.account.ownPath(path)); err != nil {
			return err
		}
	}
	return nil
}

// arguments are all settings of the recovery. They win over what ALTER SYSTEM has
// left in the cluster, such as the target of an earlier recovery.
func (r *restoration) arguments(home string) (args []string) {
	settings := []string{
		"config_file=" + filepath.Join(home, "postgresql.conf"), "hba_file=" + filepath.Join(home, "pg_hba.conf"),
		"listen_addresses=", "port=" + port, "unix_socket_directories=" + home, "ssl=off",
		// There is no archive: all WAL lies beside the data.
		"restore_command=exit 1", "archive_cleanup_command=", "recovery_end_command=", "recovery_min_apply_delay=0",
		"recovery_target=", "recovery_target_lsn=", "recovery_target_name=", "recovery_target_xid=",
		"recovery_target_time=" + targetTime(r.At), "recovery_target_action=promote",
		fmt.Sprintf("recovery_target_timeline=%d", r.plan.Timeline),
		"primary_conninfo=", "primary_slot_name=", "archive_mode=off", "wal_level=replica",
		// With it, a server of larger sizes than ours would make the recovery pause.
		"hot_standby=off",
		"shared_preload_libraries=", "session_preload_libraries=", "local_preload_libraries=",
		"shared_buffers=128MB", "huge_pages=off", "autovacuum=off", "jit=off", "external_pid_file=",
		"logging_collector=off", "log_destination=stderr", "log_min_messages=warning", "log_timezone=UTC", "timezone=UTC",
		"log_startup_progress_interval=1s",
	}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// targetTime is how PostgreSQL takes a moment. It counts in microseconds; what is
// below was not reached yet.
func targetTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04:05.000000+00")
}

func (s *server) log() string { return filepath.Join(s.home, "postgres.log") }

// tail is the end of the log.
func (s *server) tail() string {
	f, err := os.Open(s.log())
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	text, _ := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-logTail), logTail))
	return strings.TrimSpace(string(text))
}

var progressLine = regexp.MustCompile(`current LSN: ([0-9A-F]+/[0-9A-F]+)`)

// replayed is how far the server says it has come.
func (s *server) replayed() (wal.LSN, bool) {
	said := progressLine.FindAllStringSubmatch(s.tail(), -1)
	if len(said) == 0 {
		return 0, false
	}
	at, err := wal.ParseLSN(said[len(said)-1][1])
	return at, err == nil
}

// ended tells how the server ended by itself.
func (s *server) ended() error {
	<-s.done
	how := "without an error"
	if s.err != nil {
		how = "with " + s.err.Error()
	}
	return fmt.Errorf("restore: PostgreSQL ended during the recovery %s, and says:\n%s", how, s.tail())
}

// stop ends the server in order.
func (s *server) stop(ctx context.Context) error {
	if err := s.signal(ctx, syscall.SIGINT, stopPatience); err != nil {
		return fmt.Errorf("restore: PostgreSQL does not stop: %w", err)
	}
	if s.err != nil {
		return s.ended()
	}
	return nil
}

// abandon ends the server at once, and takes its home away.
func (s *server) abandon() {
	if s.signal(context.Background(), syscall.SIGQUIT, killPatience) != nil {
		_ = s.signal(context.Background(), syscall.SIGKILL, killPatience)
	}
	_ = os.RemoveAll(s.home)
}

var errPatience = errors.New("it takes too long")

// signal sends a signal and waits for the end.
func (s *server) signal(ctx context.Context, sig syscall.Signal, patience time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errPatience)
	defer cancel()
	select {
	case <-s.done:
		return nil
	default:
		_ = syscall.Kill(s.pid, sig)
	}
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
