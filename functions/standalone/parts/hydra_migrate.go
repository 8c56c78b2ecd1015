package parts

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"syscall"

	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/postgres"
)

// The version that migrated a database is kept as the database's comment: it
// cannot be separated from the data, and it is in nobody's schema.
const (
	readComment = `SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = current_database()`
	makeComment = `SELECT format('COMMENT ON DATABASE %I IS %L', current_database(), $1::text)`
	commentText = "schema of Ory Hydra "
)

var hydraComment = regexp.MustCompile(regexp.QuoteMeta(commentText) + `(\S+)`)

// Migrate brings a database to the schema of this Hydra. Doing it again costs
// one query.
func (p HydraProgram) Migrate(ctx context.Context, f *supervise.Folder, dsn string) error {
	db, err := postgres.Open(postgres.Config{URL: dsn, MaxConns: 1})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var comment string
	if err := db.DB.QueryRowContext(ctx, readComment).Scan(&comment); err != nil {
		return fmt.Errorf("the database of Hydra cannot be read: %w", err)
	}
	if m := hydraComment.FindStringSubmatch(comment); m != nil {
		had, err := parseHydraVersion(m[1])
		switch {
		case err == nil && had == p.Version:
			return nil
		case err == nil && p.Version.less(had):
			return fmt.Errorf("the database of Hydra has the schema of %s, and %s is older (%s): use the newer one, or another data folder (AUTHWAY_DATA_DIR)",
				had, p.Version, p.Path)
		}
	}
	err = run(ctx, f, supervise.Command{
		Name: "hydra-migrate", Path: p.Path, Args: []string{"migrate", "sql", "up", "-e", "--yes"},
		Env: bareEnvironment("DSN=" + dsn), Dir: f.Path(), Stop: syscall.SIGTERM,
	})
	if err != nil {
		return err
	}
	var statement string
	if err := db.DB.QueryRowContext(ctx, makeComment, commentText+p.Version.String()).Scan(&statement); err != nil {
		return err
	}
	// Only the database's owner may; anybody else migrates at every start, which changes nothing.
	if _, err := db.DB.ExecContext(ctx, statement); err != nil && !strings.Contains(err.Error(), "must be owner") {
		return err
	}
	return nil
}
