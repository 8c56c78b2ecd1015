// Package recovery keeps what copies of the database are measured by: the beat,
// which says how far a copy goes, what the jobs that make copies have come to, and what
// restores for practice have proved. It makes no copies and restores none.
package recovery

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
)

// Beat marks the WAL.
type Beat struct{ DB *bun.DB }

// Mark commits a row and returns the server's time from before the commit. Every
// transaction that committed earlier is in the WAL before that row's, and when Mark
// returns, all of it is durable: a copy that goes on from here can be restored to
// the time returned, because recovery finds a later commit to stop at.
func (b Beat) Mark(ctx context.Context) (at time.Time, err error) {
	err = b.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		// Whatever the server's default is: a commit that is not written yet proves nothing.
		if _, err := tx.ExecContext(ctx, "SET LOCAL synchronous_commit = local"); err != nil {
			return err
		}
		return tx.NewRaw(`
			INSERT INTO recovery_beat AS beat (at) VALUES (clock_timestamp())
			ON CONFLICT (one) DO UPDATE SET at = excluded.at RETURNING at`).Scan(ctx, &at)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("recovery: beat: %w", err)
	}
	return at.UTC(), nil
}

// Last is the latest mark in this database, which in a restored one says how far
// it goes at the least.
func (b Beat) Last(ctx context.Context) (at time.Time, err error) {
	if err := b.DB.NewRaw("SELECT coalesce(max(at), 'epoch') FROM recovery_beat").Scan(ctx, &at); err != nil {
		return time.Time{}, fmt.Errorf("recovery: last beat: %w", err)
	}
	return at.UTC(), nil
}

// Superuser is the name of the role that the cluster was made with: who restores it
// needs one that can log in before anything else is known.
func (b Beat) Superuser(ctx context.Context) (name string, err error) {
	// Its OID is fixed (BOOTSTRAP_SUPERUSERID in src/include/catalog/pg_authid.dat).
	if err := b.DB.NewRaw("SELECT rolname FROM pg_roles WHERE oid = 10").Scan(ctx, &name); err != nil {
		return "", fmt.Errorf("recovery: superuser: %w", err)
	}
	return name, nil
}

// Drill is what a restore for practice has shown.
type Drill struct {
	bun.BaseModel `bun:"table:recovery_drills"`

	// ID is the name of its evidence.
	ID         string    `bun:"id,pk"`
	StartedAt  time.Time `bun:"started_at"`
	FinishedAt time.Time `bun:"finished_at"`
	Succeeded  bool      `bun:"succeeded"`
	// Target is the moment that was restored to; nil when it did not get that far.
	Target *time.Time `bun:"target"`
	Backup string     `bun:"backup"`
	// RPOSeconds is how much would have been lost, and RTOSeconds how long it took until
	// somebody could sign in.
	RPOSeconds float64 `bun:"rpo_seconds"`
	RTOSeconds float64 `bun:"rto_seconds"`
	// Summary is one line without personal data.
	Summary string `bun:"summary"`
	// Refused says that no key of this system had signed the evidence.
	Refused    bool      `bun:"refused"`
	RecordedAt time.Time `bun:"recorded_at"`
}

// Drills keeps them.
type Drills struct {
	DB    *bun.DB
	Clock clock.Clock
}

// Record keeps a drill. One that is known already stays as it is.
func (s Drills) Record(ctx context.Context, d Drill) (fresh bool, err error) {
	d.RecordedAt = s.Clock.Now()
	result, err := s.DB.NewInsert().Model(&d).On("CONFLICT (id) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("recovery: record a drill: %w", err)
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// Latest are the last drills, the youngest first.
func (s Drills) Latest(ctx context.Context, limit int64) (all []Drill, err error) {
	if err := s.DB.NewSelect().Model(&all).Order("finished_at DESC", "id DESC").Limit(limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("recovery: drills: %w", err)
	}
	return all, nil
}
