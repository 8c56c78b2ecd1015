package backup

import (
	"context"
	"errors"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/replica"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/problem"
)

// Methods of keeping the database (BACKUP_METHOD).
const (
	// MethodReplication copies it over the replication protocol.
	MethodReplication = "replication"
	// MethodExternal leaves it to somebody else, such as the provider of a managed
	// server. What is not in the database is kept all the same.
	MethodExternal = "external"
)

// defaultSlot is the replication slot's name unless BACKUP_SLOT says another.
const defaultSlot = "authway_backup"

// Keep is how long what is kept: every moment of a week, a base backup of each day
// of a month.
var Keep = catalog.Keep{Moments: catalog.Moments, Backups: catalog.Backups}

// Settings say where backups go and for whom.
type Settings struct {
	// Store is nil when nothing is kept.
	Store      *store.Store
	Recipients envelope.Recipients
	// Identities are there where backups are read: not where they are made.
	Identities envelope.Identities
	Method     string
	Slot       string
	// Connect opens a connection for replication.
	Connect func(ctx context.Context) (*replica.Conn, error)
}

// Replicates reports whether the database is kept over the replication protocol.
func (s Settings) Replicates() bool { return s.Store != nil && s.Method == MethodReplication }

// errNowhere: there is no store.
var errNowhere = errors.New("nothing is kept here: BACKUP_URL is not set")

// can says why the database is not kept here, if it is not.
func (s Settings) can() error {
	switch {
	case s.Store == nil:
		return errNowhere
	case !s.Replicates():
		return errors.New("the database is kept by somebody else (BACKUP_METHOD=" + s.Method + ")")
	}
	return nil
}

// ReadSettings reads BACKUP_URL, and for those that have it BACKUP_RECIPIENT,
// BACKUP_IDENTITY, BACKUP_METHOD, BACKUP_SLOT, BACKUP_DATABASE_URL and
// BACKUP_DATABASE_PASSWORD.
func ReadSettings(r *config.Reader) Settings {
	s := Settings{Method: r.String("BACKUP_METHOD", MethodReplication), Slot: r.String("BACKUP_SLOT", defaultSlot)}
	recipients, address, password := r.String("BACKUP_RECIPIENT", ""), r.Secret("BACKUP_DATABASE_URL"), r.Secret("BACKUP_DATABASE_PASSWORD")
	s.Store, s.Identities = ReadStore(r)
	if s.Store == nil {
		return s
	}
	var err error
	if s.Recipients, err = envelope.ParseRecipients(recipients); err != nil {
		r.Complain("BACKUP_RECIPIENT", "has to be the public keys of those who can read the backups, such as age1… (maintenance backup keygen makes a pair)")
	}
	switch {
	case s.Method != MethodReplication && s.Method != MethodExternal:
		r.Complain("BACKUP_METHOD", "has to be replication or external")
	case s.Method == MethodReplication && !address.IsSet():
		r.Complain("BACKUP_DATABASE_URL", "has to name the server and a role with REPLICATION; "+
			"where the server lets nobody replicate, as managed ones do, set BACKUP_METHOD to external and let its provider keep the database")
	case !replica.ValidSlot(s.Slot):
		r.Complain("BACKUP_SLOT", "has to be of lower case letters, digits and underscores")
	}
	s.Connect = func(ctx context.Context) (*replica.Conn, error) {
		conn, err := replica.Dial(ctx, address.Reveal(), password.Reveal())
		if errors.Is(err, replica.ErrRefused) {
			err = errors.Join(err, errors.New("give the role REPLICATION and a line in pg_hba.conf, or, where that is not to be had, "+
				"set BACKUP_METHOD to external and let the server's provider keep the database"))
		}
		return conn, err
	}
	return s
}

// ReadStore reads BACKUP_URL and BACKUP_IDENTITY, which is all that reading backups
// needs.
func ReadStore(r *config.Reader) (*store.Store, envelope.Identities) {
	// The address of object storage may hold a key.
	address, identity := r.Secret("BACKUP_URL"), r.Secret("BACKUP_IDENTITY")
	if !address.IsSet() {
		return nil, nil
	}
	opened, err := store.Open(context.Background(), address.Reveal())
	if err != nil {
		r.Complain("BACKUP_URL", "does not open: "+problem.Redact(err.Error()))
		return nil, nil
	}
	if !identity.IsSet() {
		return opened, nil
	}
	identities, err := envelope.ParseIdentities(identity.Reveal())
	if err != nil {
		r.Complain("BACKUP_IDENTITY", "has to be secret keys of age, such as AGE-SECRET-KEY-1…")
	}
	return opened, identities
}
