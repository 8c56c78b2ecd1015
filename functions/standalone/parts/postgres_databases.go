package parts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/authway/authway/shared/postgres"
)

// Database is a database with an owner of the same name, who is no superuser:
// what works here then works on a managed server as well.
type Database struct {
	Name     string
	Password string
	// Rights are the owner's attributes besides LOGIN.
	Rights string
}

// Prepare makes the databases that are missing.
func (s *Postgres) Prepare(ctx context.Context, wanted ...Database) error {
	db, err := postgres.Open(postgres.Config{URL: s.Superuser(), MaxConns: 1})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var roles, databases []string
	if roles, err = names(ctx, db.DB, "SELECT rolname FROM pg_roles"); err != nil {
		return err
	}
	if databases, err = names(ctx, db.DB, "SELECT datname FROM pg_database"); err != nil {
		return err
	}
	// Names and passwords are ours, of letters and digits only: no statement here takes parameters.
	for _, d := range wanted {
		if !slices.Contains(roles, d.Name) {
			_, err = db.ExecContext(ctx, fmt.Sprintf("CREATE ROLE %s LOGIN %s PASSWORD '%s'", d.Name, d.Rights, d.Password))
		}
		if err == nil && !slices.Contains(databases, d.Name) {
			_, err = db.ExecContext(ctx, fmt.Sprintf("CREATE DATABASE %s OWNER %s", d.Name, d.Name))
		}
		if err != nil {
			return fmt.Errorf("the database %s cannot be made: %w", d.Name, err)
		}
	}
	return nil
}

// EnsureDatabase makes a database on a server of somebody else's, if the user
// in url may.
func EnsureDatabase(ctx context.Context, url, name string) error {
	db, err := postgres.Open(postgres.Config{URL: url, MaxConns: 1})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	databases, err := names(ctx, db.DB, "SELECT datname FROM pg_database")
	if err != nil || slices.Contains(databases, name) {
		return err
	}
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return fmt.Errorf("the database %s cannot be made; make it, or name one with HYDRA_DATABASE_URL: %w", name, err)
	}
	return nil
}

func names(ctx context.Context, db *sql.DB, query string) (all []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		all = append(all, name)
	}
	return all, rows.Err()
}
