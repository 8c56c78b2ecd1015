// Package journal keeps what jobs have done and which events were given up on,
// for administrators to look at and for telling a second delivery of an event
// from another one. It says nothing about what is to be done.
package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
)

// Cause is the event that a run answers; its zero value is a person at a shell.
type Cause struct{ Source, ID string }

// Runs keeps what jobs have done.
type Runs struct {
	DB    *bun.DB
	Clock clock.Clock
}

type runRow struct {
	bun.BaseModel `bun:"table:job_runs"`

	ID          uuid.UUID `bun:"id,pk"`
	Job         string    `bun:"job"`
	EventSource string    `bun:"event_source"`
	EventID     string    `bun:"event_id"`
	StartedAt   time.Time `bun:"started_at"`
}

// Outcomes of a run.
const (
	succeeded = "succeeded"
	failed    = "failed"
)

// maxSummary bounds a summary.
const maxSummary = 2000

// Begin records a run before it does anything: one that has no end was killed.
func (s Runs) Begin(ctx context.Context, job string, c Cause) (uuid.UUID, error) {
	r := runRow{ID: uuid.New(), Job: job, EventSource: c.Source, EventID: c.ID, StartedAt: s.Clock.Now()}
	if _, err := s.DB.NewInsert().Model(&r).Returning("NULL").Exec(ctx); err != nil {
		return uuid.Nil, fmt.Errorf("journal: begin %s: %w", job, err)
	}
	return r.ID, nil
}

// End records how a run ended. summary is one line without personal data.
func (s Runs) End(ctx context.Context, id uuid.UUID, summary string, failure error) error {
	outcome := succeeded
	if failure != nil {
		outcome = failed
	}
	_, err := s.DB.NewUpdate().Model((*runRow)(nil)).
		Set("finished_at = ?", s.Clock.Now()).Set("outcome = ?", outcome).
		Set("summary = ?", strings.ToValidUTF8(summary[:min(len(summary), maxSummary)], "")).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("journal: end: %w", err)
	}
	return nil
}

// Progress records which share of a run's work is done, from 0 to 1.
func (s Runs) Progress(ctx context.Context, id uuid.UUID, share float64) error {
	if _, err := s.DB.NewUpdate().Model((*runRow)(nil)).Set("progress = ?", share).Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("journal: progress: %w", err)
	}
	return nil
}

// Answered reports whether a run for this very event has succeeded.
func (s Runs) Answered(ctx context.Context, c Cause) (bool, error) {
	if c == (Cause{}) {
		return false, nil
	}
	found, err := s.DB.NewSelect().Model((*runRow)(nil)).
		Where("event_source = ? AND event_id = ? AND outcome = 'succeeded'", c.Source, c.ID).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("journal: answered: %w", err)
	}
	return found, nil
}

// DeadLetter is an event that a Broker has given up on.
type DeadLetter struct {
	bun.BaseModel `bun:"table:dead_letters"`

	ID          uuid.UUID `bun:"id,pk"`
	ReceivedAt  time.Time `bun:"received_at"`
	EventSource string    `bun:"event_source"`
	EventID     string    `bun:"event_id"`
	EventType   string    `bun:"event_type"`
	Job         string    `bun:"job"`
	// Destination, Code and Reason are who refused it and how.
	Destination string `bun:"destination"`
	Code        string `bun:"code"`
	Reason      string `bun:"reason"`
}

// DeadLetters keeps them.
type DeadLetters struct {
	DB    *bun.DB
	Clock clock.Clock
}

// MaxUnseen is about how many dead letters are kept that nobody has looked at: a
// sender gone wrong does not fill the database. Those that come at once may pass it by
// their number.
const MaxUnseen = 10_000

// ErrFull says that a dead letter was not kept, because of MaxUnseen.
var ErrFull = errors.New("journal: nobody has looked at too many dead letters")

// Keep records a dead letter once, however often it is delivered, and reports
// whether it is a new one. Beyond MaxUnseen it returns ErrFull.
func (s DeadLetters) Keep(ctx context.Context, d DeadLetter) (fresh bool, err error) {
	full, err := s.DB.NewSelect().Table("dead_letters").Where("seen_at IS NULL").Offset(MaxUnseen - 1).Limit(1).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("journal: dead letter: %w", err)
	}
	if full {
		return false, ErrFull
	}
	d.ID, d.ReceivedAt = uuid.New(), s.Clock.Now()
	result, err := s.DB.NewInsert().Model(&d).On("CONFLICT (event_source, event_id, destination) DO NOTHING").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("journal: dead letter: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// Unseen are the oldest dead letters that nobody has looked at, up to limit, and
// notes that somebody has.
func (s DeadLetters) Unseen(ctx context.Context, limit int64) (letters []DeadLetter, err error) {
	oldest := s.DB.NewSelect().Table("dead_letters").Column("id").Where("seen_at IS NULL").OrderExpr("received_at").Limit(limit)
	_, err = s.DB.NewUpdate().Model((*DeadLetter)(nil)).Set("seen_at = ?", s.Clock.Now()).Where("id IN (?)", oldest).
		Returning("id, received_at, event_source, event_id, event_type, job, destination, code, reason").Exec(ctx, &letters)
	if err != nil {
		return nil, fmt.Errorf("journal: dead letters: %w", err)
	}
	slices.SortFunc(letters, func(a, b DeadLetter) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return letters, nil
}

// Clean removes up to limit dead letters that were seen or received before those
// times, and returns how many.
func (s DeadLetters) Clean(ctx context.Context, seen, received time.Time, limit int64) (int64, error) {
	old := s.DB.NewSelect().Table("dead_letters").Column("id").
		Where("seen_at < ? OR received_at < ?", seen, received).OrderExpr("received_at").Limit(limit)
	result, err := s.DB.NewDelete().Model((*DeadLetter)(nil)).Where("id IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("journal: clean dead letters: %w", err)
	}
	return result.RowsAffected()
}

// Clean removes up to limit records of runs that began before then, and returns
// how many. The last success of each job stays: Since is asked for it.
func (s Runs) Clean(ctx context.Context, then time.Time, limit int64) (int64, error) {
	old := s.DB.NewSelect().Model((*runRow)(nil)).ModelTableExpr("job_runs AS old").ColumnExpr("old.id").
		Where("old.started_at < ?", then).
		Where("EXISTS (SELECT FROM job_runs AS younger WHERE younger.job = old.job AND younger.outcome = 'succeeded' AND younger.started_at > old.started_at)").
		OrderExpr("old.started_at").Limit(limit)
	result, err := s.DB.NewDelete().Model((*runRow)(nil)).ModelTableExpr("job_runs").Where("id IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("journal: clean: %w", err)
	}
	return result.RowsAffected()
}

// Since returns when the last successful run of a job began, or the zero time.
func (s Runs) Since(ctx context.Context, job string) (time.Time, error) {
	var began time.Time
	err := s.DB.NewSelect().Model((*runRow)(nil)).Column("started_at").
		Where("job = ? AND outcome = 'succeeded'", job).OrderExpr("started_at DESC").Limit(1).Scan(ctx, &began)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("journal: since: %w", err)
	}
	return began, nil
}
