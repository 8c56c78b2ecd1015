package standalone

import (
	"context"
	"fmt"

	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/migrations"
)

// databases are the addresses of the schema owner's database and of Hydra's.
type databases struct{ owner, hydra string }

// prepareDatabases makes the databases on a server of our own.
func prepareDatabases(ctx context.Context, server *parts.Postgres, s secrets) (databases, error) {
	err := server.Prepare(ctx,
		// Migrations make the functions' roles; tests clone databases.
		parts.Database{Name: "authway", Password: s.Owner, Rights: "CREATEROLE CREATEDB"},
		parts.Database{Name: "hydra", Password: s.Hydra},
	)
	if err == nil {
		err = migrations.LetBackupIn(ctx, server.Superuser(), s.Backup)
	}
	return databases{
		owner: server.URL("authway", s.Owner, "authway"),
		hydra: server.URL("hydra", s.Hydra, "hydra"),
	}, err
}

// findDatabases uses a server of somebody else's.
func findDatabases(ctx context.Context, s settings, ownHydra bool) (databases, error) {
	d := databases{owner: s.database.Reveal(), hydra: s.hydraDatabase.Reveal()}
	if d.hydra != "" || !ownHydra {
		return d, nil
	}
	d.hydra = inDatabase(d.owner, "hydra")
	return d, parts.EnsureDatabase(ctx, d.owner, "hydra")
}

// migrate brings Authway's database up to date and lets the functions in.
func migrate(ctx context.Context, d databases, s secrets) error {
	if _, err := migrations.Up(ctx, d.owner); err != nil {
		return fmt.Errorf("the database of Authway cannot be migrated: %w", err)
	}
	if err := migrations.SetPasswords(ctx, d.owner, s.Functions); err != nil {
		return fmt.Errorf("the functions' database passwords cannot be set: %w", err)
	}
	return nil
}
