package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/maintenance/backup/bundle"
	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/drill"
	"github.com/authway/authway/functions/maintenance/restore"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tokens"
)

// Options say how to do a drill.
type Options struct {
	// Lookup finds BACKUP_URL, BACKUP_IDENTITY and HYDRA_BIN.
	Lookup config.Lookup
	// Folder is where everything is restored to; it is made, and removed at the end.
	// Empty is a temporary one.
	Folder string
	Clock  clock.Clock
	// Output is where a person reads.
	Output io.Writer
}

// exercise is a drill under way.
type exercise struct {
	Options
	store      *store.Store
	identities envelope.Identities
	catalog    *catalog.Catalog
	contents   *bundle.Contents
	evidence   drill.Evidence
	// keys are the restored ones, once they are there.
	keys tokens.Keys
}

// Run does a drill. The error says why it has failed; the evidence says so, too, if
// the keys to sign it with had been restored by then.
func Run(ctx context.Context, o Options) (drill.Evidence, error) {
	e := &exercise{Options: o}
	settings := config.Read(o.Lookup)
	e.store, e.identities = backup.ReadStore(settings)
	if e.store == nil {
		settings.Complain("BACKUP_URL", "is not set: it says where the backups are")
	} else if e.identities == nil {
		settings.Complain("BACKUP_IDENTITY", "is not set: without the secret key backups cannot be read")
	}
	if err := settings.Err(); err != nil {
		return drill.Evidence{}, err
	}
	defer func() { _ = e.store.Close() }()
	e.evidence.Started = o.Clock.Now()
	err := e.inFolder(ctx)
	e.evidence.Finished = o.Clock.Now()
	if err != nil {
		e.evidence.Summary = problem.Redact(err.Error())
	}
	if e.evidence.Succeeded = err == nil; e.keys == nil {
		return e.evidence, err
	}
	name, unfiled := e.evidence.File(ctx, e.store, e.keys, e.contents.Settings["AUTHWAY_URL"])
	if unfiled == nil {
		e.say("the evidence is %s", name)
	}
	return e.evidence, errors.Join(err, unfiled)
}

func (e *exercise) say(format string, args ...any) {
	_, _ = fmt.Fprintf(e.Output, "%7.1fs  %s\n", e.Clock.Now().Sub(e.evidence.Started).Seconds(), fmt.Sprintf(format, args...))
}

// inFolder does it in a folder that is gone afterwards: what is restored is all
// that the backups keep secret.
func (e *exercise) inFolder(ctx context.Context) (err error) {
	dir := e.Folder
	if dir == "" {
		if dir, err = os.MkdirTemp("", "authway-drill-"); err != nil {
			return err
		}
		// PostgreSQL's account has to get through to what is its own.
		if err := os.Chmod(dir, 0o711); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := e.open(ctx); err != nil {
		return err
	}
	server, err := e.restore(ctx, filepath.Join(dir, "server"))
	if server != nil {
		defer func() { err = errors.Join(err, server.close(context.WithoutCancel(ctx))) }()
	}
	if err != nil {
		return err
	}
	if err := e.confront(ctx, server); err != nil {
		return err
	}
	return e.signIn(ctx, server, filepath.Join(dir, "system"))
}

// needed are the settings that nothing starts without.
var needed = []string{"AUTHWAY_URL", "AUTHWAY_MASTER_KEYS", "HYDRA_SECRETS_SYSTEM"}

// open reads the latest bundle.
func (e *exercise) open(ctx context.Context) error {
	c, err := catalog.Read(ctx, e.store)
	if err != nil {
		return err
	}
	e.catalog = c
	if len(c.Backups) == 0 {
		return errors.New("there is no base backup (maintenance run backup.full)")
	}
	if len(c.Bundles) == 0 {
		return errors.New("there is no copy of the configuration (maintenance run backup.config): without its keys nothing that is restored can be read")
	}
	latest := c.Bundles[len(c.Bundles)-1]
	if e.contents, err = bundle.Open(ctx, e.store, latest, e.identities); err != nil {
		return err
	}
	for _, name := range needed {
		if e.contents.Settings[name] == "" {
			return fmt.Errorf("the copy of the configuration of %s has no %s: give it to maintenance", latest.Taken.Format(time.RFC3339), name)
		}
	}
	e.say("opened the configuration of %s", latest.Taken.Format(time.RFC3339))
	return nil
}

// restore makes the cluster again and starts a server on it.
func (e *exercise) restore(ctx context.Context, dir string) (*server, error) {
	s, err := newServer(dir)
	if err != nil {
		return nil, err
	}
	youngest := e.catalog.Backups[len(e.catalog.Backups)-1]
	programs, err := parts.PostgresPrograms(ctx, s.folder, youngest.Server, e.say)
	if err != nil {
		return s, err
	}
	r, err := restore.Run(ctx, restore.Options{Store: e.store, Identities: e.identities, To: s.data, Programs: programs, Clock: e.Clock})
	if err != nil {
		return s, err
	}
	e.evidence.Target, e.evidence.Backup = r.Reached, r.Backup.ID
	e.evidence.RPO = max(0, e.evidence.Started.Sub(r.Reached))
	e.say("restored base backup %s and its WAL up to %s", r.Backup.ID, r.Reached.Format(time.RFC3339))
	return s, s.start(ctx, r.Backup.Superuser, e.contents.Settings)
}
