package migrations

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun/migrate"

	"github.com/authway/authway/shared/postgres"
)

//go:embed sql/*.sql
var files embed.FS

// advisoryLock is the key of the lock that one migration run holds. Its value
// means nothing and must never change: an old and a new release exclude each
// other by it.
const advisoryLock = 0x6175746877617900

// Functions are the names of the functions, each of which has a database role.
var Functions = []string{"login", "consent", "token", "admin", "maintenance"}

// Roles are all that have one: the functions, and what shows the state of the system.
var Roles = append(slices.Clone(Functions), "metrics")

// Role is the database role of a function.
func Role(function string) string { return "authway_" + function }

// Up applies every migration that the database has not seen. url names the
// owner of the schema, who must be allowed to create roles. It returns the
// names of what it applied; running it again applies nothing.
func Up(ctx context.Context, url string) ([]string, error) {
	var applied []string
	err := locked(ctx, url, func(ctx context.Context, m *migrate.Migrator) error {
		group, err := m.Migrate(ctx)
		if group != nil {
			applied = names(group.Migrations)
		}
		return err
	})
	return applied, err
}

// Down undoes the group that the last Up applied and returns its names.
func Down(ctx context.Context, url string) ([]string, error) {
	var undone []string
	err := locked(ctx, url, func(ctx context.Context, m *migrate.Migrator) error {
		group, err := m.Rollback(ctx)
		if group != nil {
			undone = names(group.Migrations)
		}
		return err
	})
	return undone, err
}

// Pending returns the names of the migrations that Up would apply.
func Pending(ctx context.Context, url string) ([]string, error) {
	var pending []string
	err := locked(ctx, url, func(ctx context.Context, m *migrate.Migrator) error {
		all, err := m.MigrationsWithStatus(ctx)
		pending = names(all.Unapplied())
		return err
	})
	return pending, err
}

func names(ms migrate.MigrationSlice) []string {
	out := make([]string, len(ms))
	for i, m := range ms {
		out[i] = m.Name + "_" + m.Comment
	}
	return out
}

func locked(ctx context.Context, url string, do func(context.Context, *migrate.Migrator) error) error {
	db, err := postgres.Open(postgres.Config{URL: url, MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()

	lock, err := db.DB.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrations: connect: %w", err)
	}
	defer lock.Close()
	if _, err := lock.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(advisoryLock)); err != nil {
		return fmt.Errorf("migrations: wait for another migration to end: %w", err)
	}
	defer unlock(ctx, lock)

	known, err := discover()
	if err != nil {
		return err
	}
	migrator := migrate.NewMigrator(db, known, migrate.WithMarkAppliedOnSuccess(true))
	if err := migrator.Init(ctx); err != nil {
		return fmt.Errorf("migrations: make the bookkeeping tables: %w", err)
	}
	if err := do(ctx, migrator); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}

// unlock works after ctx has ended, so that a cancelled run does not keep the
// lock for as long as the pool keeps the connection.
func unlock(ctx context.Context, lock *sql.Conn) {
	_, _ = lock.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(advisoryLock))
}

func discover() (*migrate.Migrations, error) {
	dir, err := fs.Sub(files, "sql")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	known := migrate.NewMigrations()
	if err := known.Discover(dir); err != nil {
		return nil, fmt.Errorf("migrations: read sql/: %w", err)
	}
	return known, nil
}

// SetPasswords lets the functions' roles log in: passwords maps a function's
// name to the password its role gets. A name that is not in Roles is
// an error, as is a password that is not of printable ASCII, and nothing is changed.
func SetPasswords(ctx context.Context, url string, passwords map[string]string) error {
	statements := map[string]string{}
	for function, password := range passwords {
		if !slices.Contains(Roles, function) {
			return fmt.Errorf("migrations: there is no function %q", function)
		}
		statement, err := alterRole(function, password)
		if err != nil {
			return fmt.Errorf("migrations: the password of %s: %w", Role(function), err)
		}
		statements[function] = statement
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("migrations: connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for function, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("migrations: set the password of %s: %w", Role(function), err)
		}
	}
	return nil
}

// Roles that are no function's, and that only a superuser can make up to PostgreSQL 15.
const (
	// BackupRole copies the whole server over the replication protocol, and may do
	// nothing in any database.
	BackupRole = "authway_backup"
	// MonitorRole reads the server's statistics (pg_monitor), and nothing of any table.
	MonitorRole = "authway_monitor"
)

// LetBackupIn makes the role that copies the server and gives it its password: url
// names a superuser. Elsewhere somebody who may makes the role:
// CREATE ROLE authway_backup LOGIN REPLICATION PASSWORD '…'.
func LetBackupIn(ctx context.Context, url, password string) error {
	return letIn(ctx, url, "backup", password, func(login string) []string { return []string{login + " REPLICATION"} })
}

// LetMonitorIn makes the role that reads the server's statistics, as LetBackupIn does.
// Elsewhere: CREATE ROLE authway_monitor LOGIN IN ROLE pg_monitor PASSWORD '…'.
func LetMonitorIn(ctx context.Context, url, password string) error {
	return letIn(ctx, url, "monitor", password, func(login string) []string {
		return []string{"GRANT pg_monitor TO " + MonitorRole, login}
	})
}

// LetMonitorConnect lets the role that reads statistics into the database, where
// somebody has made it: PUBLIC may not connect.
func LetMonitorConnect(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("migrations: connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `DO $$ BEGIN
		IF EXISTS (SELECT FROM pg_roles WHERE rolname = '`+MonitorRole+`') THEN
			EXECUTE format('GRANT CONNECT ON DATABASE %I TO `+MonitorRole+`', current_database());
		END IF;
	END $$`); err != nil {
		return fmt.Errorf("migrations: let %s connect: %w", MonitorRole, err)
	}
	return nil
}

// letIn makes a role and lets it log in, by the statements that follow from the one
// that gives it its password.
func letIn(ctx context.Context, url, name, password string, statements func(login string) []string) error {
	login, err := alterRole(name, password)
	if err != nil {
		return fmt.Errorf("migrations: the password of %s: %w", Role(name), err)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("migrations: connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// Two that start at the same moment both make it.
	made := "DO $$ BEGIN CREATE ROLE " + Role(name) + "; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
	for _, s := range append([]string{made}, statements(login)...) {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("migrations: let %s in (a superuser has to, up to PostgreSQL 15): %w", Role(name), err)
		}
	}
	return nil
}

// alterRole sends what PostgreSQL would keep of the password instead of the password,
// which it would write to its log and to pg_stat_statements: ALTER ROLE takes no
// parameters. There is nothing in it to be quoted.
func alterRole(function, password string) (string, error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // it never fails
	kept, err := verifier(password, salt)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("ALTER ROLE %s LOGIN PASSWORD '%s'", pgx.Identifier{Role(function)}.Sanitize(), kept), nil
}
