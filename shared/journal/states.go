package journal

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// State is what a job has come to.
type State struct {
	Job string
	// Succeeded is when the last run ended that has succeeded; zero when none has.
	Succeeded time.Time
	// Failed says that the last run that is over has failed, or was killed before it
	// could say how it ends.
	Failed bool
	// Running is since when a run is under way, or zero.
	Running time.Time
}

// States are those of the jobs, in their order. A run without an end is under way for
// as long as somebody has the job's lease: a process that was killed loses it.
func States(ctx context.Context, db bun.IDB, jobs []string, now time.Time) ([]State, error) {
	var rows []struct {
		Job       string     `bun:"job"`
		Succeeded *time.Time `bun:"succeeded"`
		Failed    bool       `bun:"failed"`
		Running   *time.Time `bun:"running"`
	}
	// A range of one name, and ordered by it: in an index of the times alone it would be a
	// long way back to a job that has not run for months, or never.
	const last = "LEFT JOIN LATERAL (SELECT started_at, finished_at, outcome FROM job_runs WHERE job >= j.name AND job <= j.name %s ORDER BY job, started_at DESC LIMIT 1) AS %s ON true "
	err := db.NewRaw("SELECT j.name AS job, success.finished_at AS succeeded, "+
		"CASE WHEN run.finished_at IS NOT NULL THEN run.outcome = 'failed' WHEN run.started_at IS NULL THEN false "+
		"WHEN l.until > ?0 THEN coalesce(before.outcome = 'failed', false) ELSE true END AS failed, "+
		"CASE WHEN run.finished_at IS NULL AND l.until > ?0 THEN run.started_at END AS running "+
		"FROM unnest(ARRAY[?1]::text[]) WITH ORDINALITY AS j (name, place) "+
		fmt.Sprintf(last, "AND outcome = 'succeeded'", "success")+
		fmt.Sprintf(last, "AND outcome IS NOT NULL", "before")+
		fmt.Sprintf(last, "", "run")+
		"LEFT JOIN leases AS l ON l.job = j.name ORDER BY j.place", now, bun.List(jobs)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("journal: states: %w", err)
	}
	states := make([]State, len(rows))
	for i, r := range rows {
		states[i] = State{Job: r.Job, Failed: r.Failed}
		if r.Succeeded != nil {
			states[i].Succeeded = *r.Succeeded
		}
		if r.Running != nil {
			states[i].Running = *r.Running
		}
	}
	return states, nil
}

// Sweep is what the last sweep has found.
type Sweep struct {
	// At is when it ended; zero when there has been none.
	At time.Time
	// Silent are the parts that did not answer.
	Silent map[string]bool
}

// LastSweep reads it, and no other job's summary.
func LastSweep(ctx context.Context, db bun.IDB) (Sweep, error) {
	var rows []struct {
		FinishedAt time.Time `bun:"finished_at"`
		Summary    string    `bun:"summary"`
	}
	if err := db.NewRaw("SELECT finished_at, summary FROM last_sweep").Scan(ctx, &rows); err != nil {
		return Sweep{}, fmt.Errorf("journal: last sweep: %w", err)
	}
	if len(rows) == 0 {
		return Sweep{}, nil
	}
	s := Sweep{At: rows[0].FinishedAt, Silent: map[string]bool{}}
	for _, part := range Parts {
		s.Silent[part] = Silent(rows[0].Summary, part)
	}
	return s, nil
}
