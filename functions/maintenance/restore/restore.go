package restore

import (
	"context"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/manifest"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/shared/clock"
)

// Stages that Progress is told of, in their order. They count in bytes.
const (
	StageFiles    = "files"
	StageWAL      = "wal"
	StageRecovery = "recovery"
)

// Options say what to restore and where to.
type Options struct {
	Store      *store.Store
	Identities envelope.Identities
	// At is the moment to go back to: what committed later is not there. The zero
	// time goes as far as the store does.
	At time.Time
	// Timeline is the one to follow, 0 the latest.
	Timeline wal.Timeline
	// To is the data directory to make. It has to be empty or not there.
	To string
	// Tablespaces are where the tablespaces go, by OID.
	Tablespaces map[string]string
	// Programs is a folder with PostgreSQL's program. When it is empty, PATH and where
	// packages put it are looked through.
	Programs string
	// User is the account that owns the files and runs the server. It is for root only;
	// when it is empty, it is the owner of To or of the folder that To is in, or postgres.
	User string
	// Clock measures how long it takes.
	Clock clock.Clock
	// Progress, unless nil, is told how far a stage is.
	Progress func(stage string, done, total int64)

	// room is measured by statfs, but for tests.
	room func(dir string) (room, error)
}

// Result is what was restored. The server is stopped, and the cluster is whole.
type Result struct {
	Backup catalog.Backup
	// Target is the moment asked for, zero for as far as the store goes.
	Target time.Time
	// LastCommit is of the last transaction that is there, zero if none has come after
	// the base backup.
	LastCommit time.Time
	// Reached is up to when the store has everything: what lies between Target and it
	// was left out.
	Reached time.Time
	// Timeline is the new one, which the cluster is on from now.
	Timeline wal.Timeline
	// Bytes have been written: files and WAL.
	Bytes int64
	// Fetched is how long it took to read the store, Recovered to replay the WAL.
	Fetched, Recovered time.Duration
	// System is the cluster's identifier.
	System    string
	Databases []Database
}

// Database is a restored database.
type Database struct {
	Name  string
	Bytes int64
}

// restoration is one in its course.
type restoration struct {
	Options
	catalog  *catalog.Catalog
	plan     catalog.Plan
	manifest *manifest.Manifest
	program  string
	account  *account
}

// Run restores. When it fails before the files are whole, they are left where they
// are, and no server starts on them. Errors of the catalog (outside the windows, a
// gap) and of the envelope (somebody else's, damaged) can be told apart.
func Run(ctx context.Context, o Options) (Result, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	if o.room == nil {
		o.room = measure
	}
	r, err := prepare(ctx, o)
	if err != nil {
		return Result{}, err
	}
	result := Result{Backup: r.plan.Backup, Target: o.At, Reached: r.plan.Reach, Bytes: r.need()}
	begun := o.Clock.Now()
	if err := r.unpack(ctx); err != nil {
		return Result{}, err
	}
	fetched := o.Clock.Now()
	result.Fetched = fetched.Sub(begun)
	if err := r.replay(ctx, &result); err != nil {
		return Result{}, err
	}
	result.Recovered = o.Clock.Now().Sub(fetched)
	return result, nil
}
