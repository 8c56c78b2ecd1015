package maintenance

import (
	"context"
	"errors"
	"time"

	"github.com/authway/authway/functions/maintenance/health"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/functions/maintenance/keys"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/problem"
)

const (
	// requestsAtOnce bounds how many requests one event answers.
	requestsAtOnce = 10
	// forgotten is how long a request waits for an event of its job. Then the sweep
	// takes it: some jobs look once a day, and the knock was lost.
	forgotten = time.Minute
	// tried is for how long a request is begun again whose process was killed: what kills
	// a process may be the job itself.
	tried = 24 * time.Hour
)

// lost is before when a request of the job that has no end was taken by a process that
// has been killed: no run lives longer than its job's deadline, and the lease behind it
// is over by then.
func (f *Function) lost(name string) time.Time {
	j, _ := find(f.jobs, name)
	return f.clock.Now().Add(-j.Deadline - f.runner.LeaseTime - lastWords)
}

// answerRequests does what people have asked of a job. That it failed is said to them
// and not to whoever sent the event: they ask again if they still want it.
func (f *Function) answerRequests(ctx context.Context, name string) error {
	waiting, err := f.requests.Waiting(ctx, name, f.clock.Now(), f.lost(name), requestsAtOnce)
	if name == health.Job && err == nil {
		var others []journal.Request
		others, err = f.requests.Waiting(ctx, "", f.clock.Now().Add(-forgotten), f.clock.Now().Add(-f.runner.LeaseTime), requestsAtOnce)
		for _, r := range others {
			if r.TakenAt == nil || r.TakenAt.Before(f.lost(r.Job)) {
				waiting = append(waiting, r)
			}
		}
	}
	if err != nil {
		return err
	}
	for _, request := range waiting {
		if err := f.answer(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

func (f *Function) answer(ctx context.Context, r journal.Request) error {
	if r.TakenAt != nil && f.clock.Now().Sub(r.RequestedAt) > tried {
		return f.settle(ctx, r, journal.RequestFailed, "it was begun again and again, and came to no end")
	}
	j, err := f.wanted(r)
	if err != nil {
		return f.settle(ctx, r, journal.RequestFailed, err.Error())
	}
	due, err := j.Due(ctx, f.clock.Now())
	if err != nil {
		return err
	}
	if !due {
		return f.settle(ctx, r, journal.RequestNothing, "nothing is due")
	}
	// A run is for the request that it has taken, and once.
	taken := false
	do := j.Do
	j.Due = func(context.Context, time.Time) (bool, error) { return !taken, nil }
	j.Do = func(ctx context.Context) (string, error) {
		taken = true
		mine, err := f.requests.Take(ctx, r.ID, f.lost(r.Job))
		if err != nil || !mine {
			return "somebody else was asked for it", err
		}
		return do(ctx)
	}
	result, err := f.runner.Run(ctx, j, journal.Cause{Source: journal.RequestSource, ID: r.ID.String()})
	switch {
	case err == nil && result.Outcome == job.Duplicate:
		// Whoever took it was killed between its work and these words.
		return f.settle(ctx, r, journal.RequestSucceeded, "it was done")
	case !taken:
		// Somebody else is at it, and looks at requests when they are done.
		return err
	case err != nil:
		return f.conclude(ctx, r, journal.RequestFailed, problem.Redact(err.Error()))
	}
	return f.conclude(ctx, r, journal.RequestSucceeded, result.Summary)
}

// settle is for what is not run.
func (f *Function) settle(ctx context.Context, r journal.Request, outcome, summary string) error {
	mine, err := f.requests.Take(ctx, r.ID, f.lost(r.Job))
	if err != nil || !mine {
		return err
	}
	return f.conclude(ctx, r, outcome, summary)
}

// conclude is written down even if the time of the job is over.
func (f *Function) conclude(ctx context.Context, r journal.Request, outcome, summary string) error {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	return f.requests.Settle(last, r.ID, outcome, summary)
}

// lastWords bounds what is written when a request's own time is over.
const lastWords = 5 * time.Second

var (
	errUnknownRequest = errors.New("there is no such job")
	errArguments      = errors.New("this job takes no such arguments")
)

// wanted is the job as the request wants it: what may be run at any time is due.
func (f *Function) wanted(r journal.Request) (job.Job, error) {
	j, ok := find(f.jobs, r.Job)
	if !ok {
		return job.Job{}, errUnknownRequest
	}
	rotates := r.Job == keys.RotateJob
	switch {
	case r.Args == (journal.Args{}):
	case rotates && r.Args == (journal.Args{Hasten: true}):
		return newRotator(f.settings, f.clock).Hastened(), nil
	case rotates && r.Args == (journal.Args{Compromised: r.Args.Compromised}):
		return newRotator(f.settings, f.clock).Compromised(r.Args.Compromised), nil
	default:
		return job.Job{}, errArguments
	}
	if j.Now == nil {
		return j, nil
	}
	if err := j.Now(); err != nil {
		return job.Job{}, err
	}
	j.Due = func(context.Context, time.Time) (bool, error) { return true, nil }
	return j, nil
}
