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

// Functions are the names of the functions that have a database role.
var Functions = []string{"login", "consent", "token", "admin", "maintenance"}

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
// name to the password its role gets. A function that is not in Functions is
// an error, as is a password that is not of printable ASCII, and nothing is changed.
func SetPasswords(ctx context.Context, url string, passwords map[string]string) error {
	statements := map[string]string{}
	for function, password := range passwords {
		if !slices.Contains(Functions, function) {
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

// BackupRole copies the whole server over the replication protocol, and may do
// nothing in any database.
const BackupRole = "authway_backup"

// LetBackupIn makes the role that copies the server and gives it its password. Up
// to PostgreSQL 15 only a superuser may do that: url names one. Elsewhere somebody
// who may makes the role: CREATE ROLE authway_backup LOGIN REPLICATION PASSWORD '…'.
func LetBackupIn(ctx context.Context, url, password string) error {
	statement, err := alterRole("backup", password)
	if err != nil {
		return fmt.Errorf("migrations: the password of %s: %w", BackupRole, err)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("migrations: connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// Two that start at the same moment both make it.
	made := "DO $$ BEGIN CREATE ROLE " + BackupRole + "; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
	for _, s := range []string{made, statement + " REPLICATION"} {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("migrations: let %s in (a superuser has to, up to PostgreSQL 15): %w", BackupRole, err)
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
