package recovery

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Backups keeps what the jobs that make backups know and the database does not, for
// whoever watches over them: a process that made one may be gone a minute later.
type Backups struct{ DB *bun.DB }

// Full notes a base backup that is whole, what it takes in the store, and the moment up
// to which it can be restored.
func (b Backups) Full(ctx context.Context, slot string, at time.Time, bytes int64, reached time.Time) error {
	return b.note(ctx, "a base backup", `
		INSERT INTO backup_state AS s (slot, full_at, full_bytes, wal_reached) VALUES (?, ?, ?, ?)
		ON CONFLICT (one) DO UPDATE SET slot = excluded.slot, full_at = excluded.full_at, full_bytes = excluded.full_bytes,
			wal_reached = greatest(s.wal_reached, excluded.wal_reached)`, slot, at, bytes, reached)
}

// Reached notes the moment up to which stored WAL can be restored.
func (b Backups) Reached(ctx context.Context, slot string, until time.Time) error {
	return b.note(ctx, "WAL", `
		INSERT INTO backup_state AS s (slot, wal_reached) VALUES (?, ?)
		ON CONFLICT (one) DO UPDATE SET slot = excluded.slot, wal_reached = greatest(s.wal_reached, excluded.wal_reached)`, slot, until)
}

// Gap notes that WAL is missing: until a base backup is whole, moments cannot be
// restored.
func (b Backups) Gap(ctx context.Context, slot string, at time.Time) error {
	return b.note(ctx, "missing WAL", `
		INSERT INTO backup_state (slot, gap_at) VALUES (?, ?)
		ON CONFLICT (one) DO UPDATE SET slot = excluded.slot, gap_at = excluded.gap_at`, slot, at)
}

func (b Backups) note(ctx context.Context, what, statement string, args ...any) error {
	if _, err := b.DB.NewRaw(statement, args...).Exec(ctx); err != nil {
		return fmt.Errorf("recovery: note %s: %w", what, err)
	}
	return nil
}

// BackupState is what is known of the backups. Times are zero and numbers 0 where there
// has been none.
type BackupState struct {
	Full      time.Time
	FullBytes int64
	Reached   time.Time
	// Lost says that WAL since the last base backup is gone, or that the slot is which
	// keeps it.
	Lost bool
	// Retained is how much WAL the server keeps for the slot.
	Retained int64
}

// LookAtBackups reads it, together with what the server says of the slot.
func LookAtBackups(ctx context.Context, db bun.IDB) (BackupState, error) {
	var found []struct {
		FullAt     *time.Time `bun:"full_at"`
		FullBytes  *int64     `bun:"full_bytes"`
		WALReached *time.Time `bun:"wal_reached"`
		Lost       bool       `bun:"lost"`
		Retained   float64    `bun:"retained"`
	}
	// A server that follows another one has a position of its own, and no slot.
	err := db.NewRaw(`
		SELECT b.full_at, b.full_bytes, b.wal_reached,
			p.slot_name IS NULL OR coalesce(p.wal_status = 'lost', false) OR coalesce(b.gap_at > coalesce(b.full_at, 'epoch'), false) AS lost,
			greatest(coalesce(pg_wal_lsn_diff(
				CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, p.restart_lsn), 0), 0)::float8 AS retained
		FROM backup_state AS b LEFT JOIN pg_replication_slots AS p ON p.slot_name = b.slot`).Scan(ctx, &found)
	if err != nil {
		return BackupState{}, fmt.Errorf("recovery: backups: %w", err)
	}
	if len(found) == 0 {
		return BackupState{}, nil
	}
	one := found[0]
	s := BackupState{Full: orZero(one.FullAt), Reached: orZero(one.WALReached), Lost: one.Lost, Retained: int64(one.Retained)}
	if one.FullBytes != nil {
		s.FullBytes = *one.FullBytes
	}
	return s, nil
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// DrillState is what restores for practice have come to.
type DrillState struct {
	// Last is the last one, or nil. Its summary is not read.
	Last *Drill
	// Refused is of how many no key of this system had signed the evidence.
	Refused int64
}

// LookAtDrills reads it.
func LookAtDrills(ctx context.Context, db bun.IDB) (s DrillState, err error) {
	var last []Drill
	err = db.NewSelect().Model(&last).Column("id", "finished_at", "succeeded", "rpo_seconds", "rto_seconds").
		Order("finished_at DESC", "id DESC").Limit(1).Scan(ctx)
	if err == nil {
		err = db.NewSelect().Table("recovery_drills").ColumnExpr("count(*)").Where("refused").Scan(ctx, &s.Refused)
	}
	if err != nil {
		return DrillState{}, fmt.Errorf("recovery: drills: %w", err)
	}
	if len(last) > 0 {
		s.Last = &last[0]
	}
	return s, nil
}
