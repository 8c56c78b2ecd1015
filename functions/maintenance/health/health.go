// Package health asks the servers that Authway stands on whether they answer.
//
// Each function knows its own (readiness); this is for what nobody asks for hours
// when nobody signs in. What it finds is in the record of its run, where whoever
// watches reads it (package state). It asks no function: that would wake them all
// for nothing.
package health

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/problem"
)

// Job is the job's name.
const Job = journal.SweepJob

// patience is how long a part may take to answer.
const patience = 5 * time.Second

// Sweeper asks the parts.
type Sweeper struct {
	// Parts are asked one after the other, in the order of their names.
	Parts map[string]func(context.Context) error
	Log   *slog.Logger
}

// Job is health.sweep. That a part is down is what it is there to find out, and no
// failure of the job: an event that came again would find the same.
func (s *Sweeper) Job() job.Job {
	return job.Job{
		Name: Job, Deadline: time.Minute, Do: s.do,
		Due: func(context.Context, time.Time) (bool, error) { return true, nil },
	}
}

func (s *Sweeper) do(ctx context.Context) (string, error) {
	var down []string
	for _, part := range slices.Sorted(maps.Keys(s.Parts)) {
		bounded, cancel := context.WithTimeout(ctx, patience)
		err := s.Parts[part](bounded)
		cancel()
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err == nil {
			continue
		}
		down = append(down, part)
		s.Log.WarnContext(ctx, "part does not answer", "part", part, "error", problem.Redact(err.Error()))
	}
	return journal.Answering(len(s.Parts), down), nil
}
