package parts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/postgres"
)

// fastShutdown does not wait for clients to leave (PostgreSQL 19.5).
const fastShutdown = syscall.SIGINT

// superuser owns the cluster. Neither Authway nor Hydra connects as it.
const superuser = "postgres"

// PostgresOptions say how to run PostgreSQL.
type PostgresOptions struct {
	Folder *supervise.Folder
	// Password is the superuser's, for good: it goes into the cluster when that is made.
	Password string
	// Throwaway trades every promise about a crash for speed. It is for tests.
	Throwaway bool
	// Fetched ignores what is installed. It is for testing the fetched programs.
	Fetched bool
	// Restored is the superuser of a cluster that was made elsewhere and lies in
	// PostgresData: it gets Password, and the cluster's own configuration is left aside.
	Restored string
	Say      Say
}

func (o PostgresOptions) superuser() string {
	if o.Restored != "" {
		return o.Restored
	}
	return superuser
}

// Postgres is a running server of our own.
type Postgres struct {
	*supervise.Process
	// Home is where its files are: in the data folder, if the account that PostgreSQL runs as can get there.
	Home string
	// Programs is the folder with PostgreSQL's programs.
	Programs string
	port     int
	options  PostgresOptions
}

// StartPostgres makes the cluster if there is none, starts it and waits until
// it answers.
func StartPostgres(ctx context.Context, o PostgresOptions) (*Postgres, error) {
	home, account, err := findHome(o.Folder)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(home, dataFolder)
	major, err := clusterVersion(data)
	if err != nil {
		return nil, err
	}
	programs, err := findPostgres(ctx, o, account, major)
	if err != nil {
		return nil, err
	}
	server := &Postgres{Home: home, Programs: programs.dir, options: o}
	if major == 0 {
		o.Say("Making a PostgreSQL cluster with %s", programs)
		if err := initCluster(ctx, o, programs, account, home); err != nil {
			return nil, err
		}
	}
	if err := clearPostmasterFile(data); err != nil {
		return nil, err
	}
	if o.Restored != "" {
		if err := adopt(ctx, o, programs, account, home); err != nil {
			return nil, err
		}
	}
	server.Process, err = launch(ctx, func() (*supervise.Process, func(context.Context) error, error) {
		return server.start(programs, account, data)
	})
	if err != nil {
		return nil, err
	}
	return server, nil
}

func (s *Postgres) start(programs pgPrograms, account *supervise.Account, data string) (*supervise.Process, func(context.Context) error, error) {
	ports, err := supervise.Reserve(1)
	if err != nil {
		return nil, nil, err
	}
	s.port = ports.Port(0)
	if err := ports.Release(); err != nil {
		return nil, nil, err
	}
	db, err := postgres.Open(postgres.Config{URL: s.Superuser(), MaxConns: 1})
	if err != nil {
		return nil, nil, err
	}
	p, err := s.options.Folder.Start(supervise.Command{
		Name: "postgres", Path: programs.postgres(), Args: append(serverArgs(data, s.port, s.options.Throwaway), adoptedArgs(s.options, s.Home)...),
		Env: bareEnvironment(), Dir: data, Account: account,
		Stop: fastShutdown,
	})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return p, func(ctx context.Context) error {
		err := postgres.Ping(ctx, db)
		if err == nil {
			return db.Close()
		}
		if !postgres.Unreachable(err) {
			return refused{err}
		}
		return err
	}, nil
}

// URL is the address of a database of this server.
func (s *Postgres) URL(user, password, database string) string {
	return (&url.URL{
		Scheme: "postgres", Host: "127.0.0.1:" + strconv.Itoa(s.port), Path: "/" + database,
		User: url.UserPassword(user, password), RawQuery: "sslmode=disable",
	}).String()
}

// Superuser is the address for what only the superuser may do.
func (s *Postgres) Superuser() string {
	return s.URL(s.options.superuser(), s.options.Password, "postgres")
}

// serverArgs leave the cluster's own files alone, so that nothing has to be
// rewritten when they change.
func serverArgs(data string, port int, throwaway bool) []string {
	settings := []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port),
		// No socket at all: none in /tmp to meet another server's, no 107-byte limit on the data folder's path.
		"unix_socket_directories=",
		// Backups travel over the replication protocol.
		"wal_level=replica",
		// Hydra needs a hundred for itself, or it stalls under load.
		"max_connections=300",
		"shared_buffers=128MB", "max_wal_size=1GB", "checkpoint_timeout=15min", "jit=off",
		"log_min_messages=warning", "log_checkpoints=off", "log_line_prefix=%m [%p] %q%u@%d ", "log_timezone=UTC", "timezone=UTC",
	}
	if throwaway {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			// Each test that makes backups has a slot of its own.
			"max_wal_senders=50", "max_replication_slots=50")
	} else {
		// A slot that nobody drains any more does not fill the disk.
		settings = append(settings, "max_slot_wal_keep_size=2GB")
	}
	args := []string{"-D", data}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// initCluster makes the cluster beside its place and moves it there when it is
// whole, so that one made halfway is never taken for one.
func initCluster(ctx context.Context, o PostgresOptions, programs pgPrograms, account *supervise.Account, home string) error {
	made := filepath.Join(home, "data.new")
	secret := filepath.Join(home, "password")
	if err := errors.Join(os.RemoveAll(made), supervise.WriteFile(secret, []byte(o.Password+"\n")), account.Own(secret)); err != nil {
		return err
	}
	defer func() { _ = os.Remove(secret) }()
	var last error
	for _, locale := range [][]string{{"--locale=C", "--lc-ctype=" + unicodeLocale()}, {"--locale=C"}} {
		args := append([]string{
			"-D", made, "-U", superuser, "--pwfile=" + secret, "--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions",
		}, locale...)
		if o.Throwaway {
			args = append(args, "--no-sync")
		}
		last = run(ctx, o.Folder, supervise.Command{
			Name: "initdb", Path: programs.initdb(), Args: args, Env: bareEnvironment(), Dir: home,
			Account: account, Stop: syscall.SIGTERM,
		})
		if last == nil {
			return os.Rename(made, filepath.Join(home, dataFolder))
		}
		if err := os.RemoveAll(made); err != nil {
			return err
		}
	}
	return last
}

// unicodeLocale knows lower and upper case beyond ASCII. Sorting stays bytewise:
// it is the same on every machine and no upgrade of a C library can break an index.
func unicodeLocale() string {
	if runtime.GOOS == "darwin" {
		return "UTF-8"
	}
	return "C.UTF-8"
}

// clusterVersion is the major version of the cluster in data, 0 when there is none.
func clusterVersion(data string) (int, error) {
	raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("the PostgreSQL cluster cannot be read: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(raw)))
}

// clearPostmasterFile removes the lock file of a server that was killed. The
// process id in it may belong to any other program by now, for example after
// the restart of a container, and PostgreSQL would then refuse to start. The
// folder's lock is ours, so whatever server of this cluster is left is a stray.
func clearPostmasterFile(data string) error {
	path := filepath.Join(data, "postmaster.pid")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	if pid, err := strconv.Atoi(strings.TrimSpace(first)); err == nil {
		if _, err := supervise.EndServer(pid, "postgres", data, fastShutdown); err != nil {
			return err
		}
	}
	return supervise.Remove(path)
}
