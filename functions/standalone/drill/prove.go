package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/authway/authway/functions/maintenance/backup/bundle"
	"github.com/authway/authway/functions/standalone"
	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/tokens"
)

// confront asks the restored database what the living one was asked, and lets the
// restored keys verify a token from before.
func (e *exercise) confront(ctx context.Context, s *server) error {
	db, err := postgres.Open(postgres.Config{URL: s.authway, MaxConns: 2})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	settings := config.Read(config.Map(e.contents.Settings))
	box := backend.Box(settings)
	if err := settings.Err(); err != nil {
		return err
	}
	// First of all, and for later: whatever comes out is to be signed, and the database
	// will not be there then.
	signer, err := keyring.NewRing(keyring.Store{DB: db, Box: box, Clock: e.Clock}, e.Clock).Signer(ctx)
	if err != nil {
		return fmt.Errorf("the restored keys cannot be used: %w", err)
	}
	e.keys = signing{signer}
	witness, err := e.witness(ctx)
	if err != nil {
		return err
	}
	testimony, err := witness.Testimony()
	if err != nil {
		return err
	}
	// As of then: the token has expired since.
	then := clock.NewFixed(witness.Index.Taken)
	said, err := testimony.Confront(ctx, db, tokens.New(keyring.NewRing(keyring.Store{DB: db, Box: box, Clock: then}, then), then))
	if err != nil {
		return err
	}
	e.say("the restored keys verify a token from before; %d accounts, %d credentials and %d rows of the audit log are what they were",
		said.Accounts, said.Credentials, said.Events)
	return nil
}

// witness is the youngest copy of the configuration that speaks of a time that was
// restored: one that is younger than the WAL asks for more than there can be.
func (e *exercise) witness(ctx context.Context) (*bundle.Contents, error) {
	for _, b := range slices.Backward(e.catalog.Bundles) {
		contents, err := bundle.Open(ctx, e.store, b, e.identities)
		if err != nil {
			return nil, err
		}
		testimony, err := contents.Testimony()
		if err != nil {
			return nil, err
		}
		if !testimony.Database.Until.After(e.evidence.Target) {
			return contents, nil
		}
	}
	return nil, errors.New("the WAL does not reach to any copy of the configuration (maintenance run backup.incremental)")
}

// signing is one restored key.
type signing struct{ key keyring.Key }

func (s signing) Signer(context.Context) (keyring.Key, error) { return s.key, nil }

func (s signing) Public(context.Context, string) (keyring.Key, error) {
	return keyring.Key{}, keyring.ErrUnknown
}

// signIn starts Hydra and Authway on the restored databases and signs somebody in.
func (e *exercise) signIn(ctx context.Context, s *server, dir string) (err error) {
	made := map[string]string{
		"PORT": "0", "OPS_PORT": "0", "AUTHWAY_DATA_DIR": dir, "LOG_LEVEL": "warn",
		"DATABASE_URL": s.authway, "HYDRA_DATABASE_URL": s.hydra,
		"AUTHWAY_MASTER_KEYS": e.contents.Settings["AUTHWAY_MASTER_KEYS"], "HYDRA_SECRETS_SYSTEM": e.contents.Settings["HYDRA_SECRETS_SYSTEM"],
	}
	if program, ok := e.Lookup("HYDRA_BIN"); ok {
		maps.Copy(made, map[string]string{"HYDRA_BIN": program})
	}
	system, err := standalone.Start(ctx, standalone.Options{Lookup: config.Map(made), Throwaway: true, Clock: e.Clock})
	if err != nil {
		return fmt.Errorf("what was restored does not start: %w", err)
	}
	defer func() { err = errors.Join(err, system.Stop(context.WithoutCancel(ctx))) }()
	e.say("Hydra and Authway run on it")
	at := system.Endpoints()
	if err := visit(ctx, at.URL, at.DemoUser, at.DemoPassword); err != nil {
		return fmt.Errorf("nobody can sign in: %w", err)
	}
	e.evidence.RTO = e.Clock.Now().Sub(e.evidence.Started)
	e.evidence.Summary = "restored, and signed in"
	e.say("somebody is signed in")
	return nil
}
