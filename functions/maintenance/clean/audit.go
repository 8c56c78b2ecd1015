package clean

import (
	"context"
	"fmt"
	"time"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/postgres"
)

// daily is a little less than a day: an event that comes a moment earlier than
// yesterday's must not be told to come back tomorrow.
const daily = 23 * time.Hour

// Roller keeps the months of the audit log.
type Roller struct {
	DB    *postgres.DB
	Clock clock.Clock
	// Keep is how long events are kept. Months are dropped whole, so that the oldest
	// event is up to a month older.
	Keep time.Duration
}

// Job is audit.roll, once a day.
func (a Roller) Job() job.Job {
	return job.Job{Name: AuditJob, Deadline: time.Minute, Due: onceADay(a.DB, AuditJob), Do: a.do}
}

func onceADay(db *postgres.DB, name string) func(context.Context, time.Time) (bool, error) {
	return func(ctx context.Context, now time.Time) (bool, error) { return notWithin(ctx, db, name, now, daily) }
}

// notWithin reports whether the job has not succeeded within the time before now.
func notWithin(ctx context.Context, db *postgres.DB, name string, now time.Time, within time.Duration) (bool, error) {
	last, err := journal.Runs{DB: db}.Since(ctx, name)
	return now.Sub(last) >= within, err
}

func (a Roller) do(ctx context.Context) (string, error) {
	r, err := audit.Roll(ctx, a.DB, a.Clock.Now().Add(-a.Keep))
	return fmt.Sprintf("made %d months, dropped %d, moved %d events", r.Made, r.Dropped, r.Moved), err
}
