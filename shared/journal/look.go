package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/paging"
)

// ErrUnknown says that there is no such thing.
var ErrUnknown = errors.New("journal: unknown")

// Run is what is recorded of a run.
type Run struct {
	bun.BaseModel `bun:"table:job_runs"`

	ID          uuid.UUID `bun:"id,pk"`
	Job         string    `bun:"job"`
	EventSource string    `bun:"event_source"`
	EventID     string    `bun:"event_id"`
	StartedAt   time.Time `bun:"started_at"`
	// FinishedAt is nil while it is under way, and for one that was killed.
	FinishedAt *time.Time `bun:"finished_at"`
	// Outcome is "succeeded" or "failed", or empty without an end.
	Outcome string `bun:"outcome"`
	Summary string `bun:"summary"`
	// Progress is the share that is done, of jobs that know.
	Progress *float64 `bun:"progress"`
}

const runColumns = "id, job, event_source, event_id, started_at, finished_at, coalesce(outcome, '') AS outcome, summary, progress"

// Latest are the last run of each job, and the last that succeeded, by the job's name;
// jobs that have never run are missing.
func (s Runs) Latest(ctx context.Context, jobs []string) (last, success map[string]Run, err error) {
	last, success = map[string]Run{}, map[string]Run{}
	for only, into := range map[string]map[string]Run{"": last, "AND outcome = 'succeeded'": success} {
		var runs []Run
		err := s.DB.NewRaw("SELECT r.* FROM unnest(ARRAY[?]::text[]) AS j (name) CROSS JOIN LATERAL (SELECT "+runColumns+
			" FROM job_runs WHERE job = j.name "+only+" ORDER BY started_at DESC LIMIT 1) AS r", bun.List(jobs)).Scan(ctx, &runs)
		if err != nil {
			return nil, nil, fmt.Errorf("journal: latest: %w", err)
		}
		for _, r := range runs {
			into[r.Job] = r
		}
	}
	return last, success, nil
}

// Of are up to limit runs of a job before a cursor, the youngest first, and the cursor
// of those that follow, or "".
func (s Runs) Of(ctx context.Context, job, cursor string, limit int64) (runs []Run, next string, err error) {
	q := s.DB.NewSelect().Model(&runs).ColumnExpr(runColumns).Where("job = ?", job)
	if cursor != "" {
		at, id, err := paging.Read(cursor)
		if err != nil {
			return nil, "", err
		}
		q = q.Where("(started_at, id) < (?, ?)", at, id)
	}
	if err := q.OrderExpr("started_at DESC, id DESC").Limit(limit + 1).Scan(ctx); err != nil {
		return nil, "", fmt.Errorf("journal: runs: %w", err)
	}
	if int64(len(runs)) > limit {
		runs = runs[:limit]
		next = paging.Cursor(runs[limit-1].StartedAt, runs[limit-1].ID)
	}
	return runs, next, nil
}

// Letter is a dead letter as people see it.
type Letter struct {
	DeadLetter
	SeenAt *time.Time `bun:"seen_at"`
}

const letterColumns = "id, received_at, event_source, event_id, event_type, job, destination, code, reason, seen_at"

// List are up to limit dead letters before a cursor, the youngest first, and the
// cursor of those that follow, or "". unseen leaves out those that somebody has looked
// at.
func (s DeadLetters) List(ctx context.Context, unseen bool, cursor string, limit int64) (letters []Letter, next string, err error) {
	q := s.DB.NewSelect().Model(&letters).ModelTableExpr("dead_letters").ColumnExpr(letterColumns)
	if unseen {
		q = q.Where("seen_at IS NULL")
	}
	if cursor != "" {
		at, id, err := paging.Read(cursor)
		if err != nil {
			return nil, "", err
		}
		q = q.Where("(received_at, id) < (?, ?)", at, id)
	}
	if err := q.OrderExpr("received_at DESC, id DESC").Limit(limit + 1).Scan(ctx); err != nil {
		return nil, "", fmt.Errorf("journal: dead letters: %w", err)
	}
	if int64(len(letters)) > limit {
		letters = letters[:limit]
		next = paging.Cursor(letters[limit-1].ReceivedAt, letters[limit-1].ID)
	}
	return letters, next, nil
}

// CountUnseen is how many dead letters nobody has looked at: those that are kept are
// bounded (MaxUnseen).
func (s DeadLetters) CountUnseen(ctx context.Context) (int64, error) { return CountUnseen(ctx, s.DB) }

// CountUnseen is DeadLetters.CountUnseen within a transaction.
func CountUnseen(ctx context.Context, db bun.IDB) (n int64, err error) {
	if n, err = db.NewSelect().Table("dead_letters").Where("seen_at IS NULL").Count(ctx); err != nil {
		return 0, fmt.Errorf("journal: dead letters: %w", err)
	}
	return n, nil
}

// See notes within db's transaction that somebody has looked at a dead letter, and
// reports whether nobody had. ErrUnknown says that there is none of that id.
func (s DeadLetters) See(ctx context.Context, db bun.IDB, id uuid.UUID) (fresh bool, err error) {
	result, err := db.NewUpdate().Table("dead_letters").Set("seen_at = ?", s.Clock.Now()).Where("id = ? AND seen_at IS NULL", id).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("journal: see a dead letter: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return true, err
	}
	known, err := db.NewSelect().Table("dead_letters").Where("id = ?", id).Exists(ctx)
	if err == nil && !known {
		err = ErrUnknown
	}
	return false, err
}
