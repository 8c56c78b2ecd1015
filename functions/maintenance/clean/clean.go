package clean

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/intake"
	"github.com/authway/authway/shared/invitation"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/session"
)

// Names of the jobs.
const (
	SessionsJob = "sessions.clean"
	AccountsJob = "accounts.purge"
	AuditJob    = "audit.roll"
	HydraJob    = "hydra.clean"
	VacuumJob   = "database.vacuum"
)

// Batch is how many rows one statement removes. That takes some 10 ms, and on a
// machine that is busy with other things a tenth of a second.
const Batch = 500

// How long what is over is kept, for those who ask what became of it.
const (
	keepEnded     = 24 * time.Hour
	keepProofs    = 24 * time.Hour
	keepDelivered = 7 * 24 * time.Hour
	// Mail that could not be delivered is sealed, but somebody's still.
	keepGivenUp = 90 * 24 * time.Hour
	// An invitation that has expired can be sent again for a month.
	keepLinks = 30 * 24 * time.Hour
	keepRuns  = 90 * 24 * time.Hour
	// A dead letter that somebody has looked at can be looked at again for a week.
	keepSeen    = 7 * 24 * time.Hour
	keepLetters = 90 * 24 * time.Hour
)

const deadline = 9 * time.Minute

// Cleaner removes what is over.
type Cleaner struct {
	DB    *postgres.DB
	Clock clock.Clock
	// Rest waits for a time, or until the context ends.
	Rest func(context.Context, time.Duration)
}

// Rest is the Rest of a Cleaner outside of tests.
func Rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// kind is one kind of row that is removed.
type kind struct {
	name  string
	batch func(ctx context.Context, limit int64) (int64, error)
}

func (c Cleaner) kinds() []kind {
	flows, answers := flow.Store{DB: c.DB, Clock: c.Clock}, flow.Answers{DB: c.DB, Clock: c.Clock}
	imports := intake.Store{DB: c.DB}
	before := func(keep time.Duration) time.Time { return c.Clock.Now().Add(-keep) }
	return []kind{
		{"sessions", session.Store{DB: c.DB, Clock: c.Clock}.Sweep(before(keepEnded)).Next},
		{"flows", flows.Clean},
		{"answers", answers.Clean},
		{"proofs", func(ctx context.Context, n int64) (int64, error) {
			return proof.Store{}.Clean(ctx, c.DB, before(keepProofs), n)
		}},
		{"former secrets", func(ctx context.Context, n int64) (int64, error) {
			return client.Secrets{DB: c.DB}.Clean(ctx, c.Clock.Now(), n)
		}},
		{"links", func(ctx context.Context, n int64) (int64, error) {
			return invitation.Store{DB: c.DB}.Clean(ctx, before(keepLinks), n)
		}},
		{"abandoned imports", func(ctx context.Context, n int64) (int64, error) {
			return imports.Abandon(ctx, before(intake.Patience), c.Clock.Now(), n)
		}},
		{"names of imports", imports.CleanNames},
		{"findings of imports", func(ctx context.Context, n int64) (int64, error) {
			return imports.CleanFindings(ctx, before(intake.Keep), n)
		}},
		{"imports", func(ctx context.Context, n int64) (int64, error) {
			return imports.Clean(ctx, before(intake.Keep), n)
		}},
		{"sent or given up", func(ctx context.Context, n int64) (int64, error) {
			return outbox.Store{DB: c.DB}.Clean(ctx, before(keepDelivered), before(keepGivenUp), n)
		}},
		{"runs", func(ctx context.Context, n int64) (int64, error) {
			return journal.Runs{DB: c.DB}.Clean(ctx, before(keepRuns), n)
		}},
		{"requests", func(ctx context.Context, n int64) (int64, error) {
			return journal.Requests{DB: c.DB}.Clean(ctx, before(keepRuns), n)
		}},
		{"dead letters", func(ctx context.Context, n int64) (int64, error) {
			return journal.DeadLetters{DB: c.DB}.Clean(ctx, before(keepSeen), before(keepLetters), n)
		}},
	}
}

// Job is sessions.clean. It is always due: to find out whether there is something
// costs as much as to remove the first of it.
func (c Cleaner) Job() job.Job {
	return job.Job{Name: SessionsJob, Deadline: deadline, Due: always, Do: c.do}
}

func always(context.Context, time.Time) (bool, error) { return true, nil }

func (c Cleaner) do(ctx context.Context) (string, error) {
	var said []string
	kinds := c.kinds()
	for i, k := range kinds {
		job.Progress(ctx, int64(i), int64(len(kinds)))
		n, err := c.all(ctx, k)
		said = append(said, fmt.Sprintf("%d %s", n, k.name))
		if err != nil {
			return summary(said), err
		}
	}
	job.Progress(ctx, 1, 1)
	return summary(said), nil
}

func summary(said []string) string { return "removed " + strings.Join(said, ", ") }

// all removes every row of a kind, batch by batch.
func (c Cleaner) all(ctx context.Context, k kind) (total int64, err error) {
	for {
		began := c.Clock.Now()
		n, err := k.batch(ctx, Batch)
		total += n
		if err != nil || n < Batch {
			return total, err
		}
		c.Rest(ctx, c.Clock.Now().Sub(began))
		if err := ctx.Err(); err != nil {
			return total, err
		}
	}
}
