package drill

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/postgres"
)

// server is a PostgreSQL on what was restored.
type server struct {
	folder *supervise.Folder
	// data is where the cluster goes.
	data     string
	password string
	running  *parts.Postgres
	// authway and hydra are the addresses of the databases for their owners.
	authway, hydra string
}

func newServer(dir string) (*server, error) {
	folder, err := supervise.Open(dir)
	if err != nil {
		return nil, err
	}
	s := &server{folder: folder, password: strings.ToLower(rand.Text())}
	if s.data, err = parts.PostgresData(folder); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return s, nil
}

// start starts it, and lets us in as the owners of the databases that the settings
// name.
func (s *server) start(ctx context.Context, superuser string, settings map[string]string) (err error) {
	s.running, err = parts.StartPostgres(ctx, parts.PostgresOptions{
		Folder: s.folder, Password: s.password, Restored: superuser, Throwaway: true, Say: func(string, ...any) {},
	})
	if err != nil {
		return err
	}
	if s.authway, err = s.owner(ctx, databaseOf(settings["DATABASE_URL"], "authway")); err != nil {
		return err
	}
	s.hydra, err = s.owner(ctx, databaseOf(settings["HYDRA_DATABASE_URL"], "hydra"))
	return err
}

func (s *server) close(ctx context.Context) error {
	var stopped error
	if s.running != nil {
		stopped = s.running.Stop(ctx)
	}
	return errors.Join(stopped, s.folder.Close())
}

// owner lets us in as the owner of a database, and gives its address. Whatever
// password it had before stays with those who knew it.
func (s *server) owner(ctx context.Context, database string) (string, error) {
	db, err := postgres.Open(postgres.Config{URL: s.running.Superuser(), MaxConns: 1})
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }()
	var name, quoted string
	err = db.QueryRowContext(ctx, "SELECT r.rolname, quote_ident(r.rolname) FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = ?", database).
		Scan(&name, &quoted)
	if err != nil {
		return "", fmt.Errorf("the restored server has no database %q: %w", database, err)
	}
	// The password is ours, of letters and digits only; ALTER ROLE takes no parameters.
	if _, err := db.ExecContext(ctx, fmt.Sprintf("ALTER ROLE %s LOGIN PASSWORD '%s'", quoted, s.password)); err != nil {
		return "", err
	}
	return s.running.URL(name, s.password, database), nil
}

// databaseOf is the name of the database in an address of the configuration.
func databaseOf(address, otherwise string) string {
	u, err := url.Parse(address)
	if err != nil || strings.Trim(u.Path, "/") == "" {
		return otherwise
	}
	return strings.Trim(u.Path, "/")
}
