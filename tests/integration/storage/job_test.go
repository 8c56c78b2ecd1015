package storage_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/lease"
	"github.com/authway/authway/tests/harness"
)

func runner(t *testing.T, db harness.Database) *job.Runner {
	t.Helper()
	pool := db.As(t, "maintenance")
	return job.NewRunner(lease.Store{DB: pool, Clock: clock.System()}, journal.Runs{DB: pool, Clock: clock.System()},
		clock.System(), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
}

// due is a job with so many things to do, one in each run.
func due(left *atomic.Int64, do func(context.Context) error) job.Job {
	return job.Job{
		Name: "test", Deadline: time.Minute,
		Due: func(context.Context, time.Time) (bool, error) { return left.Load() > 0, nil },
		Do: func(ctx context.Context) (string, error) {
			if err := do(ctx); err != nil {
				return "", err
			}
			left.Add(-1)
			return "one done", nil
		},
	}
}

func outcome(t *testing.T, db harness.Database) (recorded []string) {
	t.Helper()
	err := db.Owner(t).NewRaw("SELECT coalesce(outcome, 'none') || ': ' || summary FROM job_runs ORDER BY started_at").Scan(t.Context(), &recorded)
	if err != nil {
		t.Fatal(err)
	}
	return recorded
}

func TestJobThatIsNotDueIsNotRecorded(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	result, err := runner(t, db).Run(t.Context(), due(new(atomic.Int64), func(context.Context) error { return errDown }), journal.Cause{Source: "/s", ID: "1"})
	if err != nil || result.Outcome != job.NotDue {
		t.Errorf("got %v, %v", result, err)
	}
	if got := outcome(t, db); len(got) != 0 {
		t.Errorf("recorded %v", got)
	}
}

// Somebody left work and came while the job was at its last thing.
func TestJobRunsAgainForWhoeverCameMeanwhile(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	first, second := runner(t, db), runner(t, db)
	var left atomic.Int64
	left.Store(1)
	began, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	j := due(&left, func(context.Context) error {
		once.Do(func() { close(began); <-release })
		return nil
	})
	var running sync.WaitGroup
	running.Go(func() {
		if result, err := first.Run(t.Context(), j, journal.Cause{}); err != nil || result.Outcome != job.Succeeded {
			t.Errorf("got %v, %v", result, err)
		}
	})
	<-began
	left.Add(1)
	if result, err := second.Run(t.Context(), j, journal.Cause{}); err != nil || result.Outcome != job.Held {
		t.Errorf("got %v, %v", result, err)
	}
	close(release)
	running.Wait()
	if left.Load() != 0 || len(outcome(t, db)) != 2 {
		t.Errorf("%d are left; recorded %v", left.Load(), outcome(t, db))
	}
}

func TestFailedJobIsRecordedAndMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	r := runner(t, db)
	var left atomic.Int64
	left.Store(1)
	cause := journal.Cause{Source: "/s", ID: "1"}
	result, err := r.Run(t.Context(), due(&left, func(context.Context) error { return errDown }), cause)
	if !errors.Is(err, errDown) || result.Outcome != job.Failed {
		t.Errorf("got %v, %v", result, err)
	}
	if result, err := r.Run(t.Context(), due(&left, func(context.Context) error { return nil }), cause); err != nil || result.Outcome != job.Succeeded {
		t.Errorf("the same event again: got %v, %v", result, err)
	}
	if result, err := r.Run(t.Context(), due(&left, func(context.Context) error { return nil }), cause); err != nil || result.Outcome != job.Duplicate {
		t.Errorf("and once more: got %v, %v", result, err)
	}
	if got := outcome(t, db); len(got) != 2 || got[0] != "failed: "+errDown.Error() || got[1] != "succeeded: one done" {
		t.Errorf("recorded %v", got)
	}
}

func TestJobIsBounded(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	var left atomic.Int64
	left.Store(1)
	j := due(&left, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	j.Deadline = 100 * time.Millisecond
	if _, err := runner(t, db).Run(t.Context(), j, journal.Cause{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if got := outcome(t, db); len(got) != 1 || got[0][:7] != "failed:" {
		t.Errorf("recorded %v", got)
	}
}

func TestLongJobKeepsItsLease(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	first, second := runner(t, db), runner(t, db)
	first.LeaseTime = 600 * time.Millisecond
	var left atomic.Int64
	left.Store(1)
	began := make(chan struct{})
	j := due(&left, func(context.Context) error {
		close(began)
		// Three times as long as a lease that nobody renews.
		<-time.After(3 * first.LeaseTime)
		return nil
	})
	var running sync.WaitGroup
	running.Go(func() {
		if _, err := first.Run(t.Context(), j, journal.Cause{}); err != nil {
			t.Error(err)
		}
	})
	<-began
	<-time.After(2 * first.LeaseTime)
	if result, err := second.Run(t.Context(), j, journal.Cause{}); err != nil || result.Outcome != job.Held {
		t.Errorf("got %v, %v", result, err)
	}
	running.Wait()
}

func TestJobStopsWhenItsLeaseIsLost(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	r := runner(t, db)
	r.LeaseTime = 300 * time.Millisecond
	var left atomic.Int64
	left.Store(1)
	j := due(&left, func(ctx context.Context) error {
		if _, err := db.Owner(t).NewRaw("UPDATE leases SET holder = gen_random_uuid()").Exec(ctx); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if _, err := r.Run(t.Context(), j, journal.Cause{}); !errors.Is(err, context.Canceled) || left.Load() != 1 {
		t.Errorf("got %v", err)
	}
}

func TestProgressIsSeenWhileAJobRuns(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	r := runner(t, db)
	standing := clock.NewFixed(time.Now())
	r.Clock = standing
	var watched []float64
	r.Watch = func(_ string, share float64) { watched = append(watched, share) }
	recorded := func() (share string) {
		t.Helper()
		if err := db.Owner(t).NewRaw("SELECT coalesce(progress::text, 'none') FROM job_runs").Scan(t.Context(), &share); err != nil {
			t.Fatal(err)
		}
		return share
	}
	var left atomic.Int64
	left.Store(1)
	_, err := r.Run(t.Context(), due(&left, func(ctx context.Context) error {
		job.Progress(ctx, 1, 4)
		if got := recorded(); got != "none" {
			t.Errorf("it is recorded at once: %s", got)
		}
		standing.Advance(3 * time.Second)
		job.Progress(ctx, 2, 4)
		if got := recorded(); got != "0.5" {
			t.Errorf("in the middle %s is recorded", got)
		}
		job.Progress(ctx, 9, 8)
		job.Progress(ctx, 3, 4)
		job.Progress(ctx, 3, 0)
		return nil
	}), journal.Cause{})
	if err != nil {
		t.Fatal(err)
	}
	if got := recorded(); got != "0.75" {
		t.Errorf("at the end %s is recorded", got)
	}
	if want := []float64{0.25, 0.5, 1, 0.75}; !slices.Equal(watched, want) {
		t.Errorf("watched %v", watched)
	}
	// Outside of a run nobody listens.
	job.Progress(t.Context(), 1, 2)
}
