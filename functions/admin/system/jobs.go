package system

import (
	"context"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/postgres"
)

// ListJobs is what maintenance does.
func (a *API) ListJobs(ctx context.Context, _ ListJobsRequestObject) (ListJobsResponseObject, error) {
	names := make([]string, len(journal.Catalogue))
	for i, w := range journal.Catalogue {
		names[i] = w.Name
	}
	last, success, err := journal.Runs{DB: a.DB}.Latest(ctx, names)
	if err != nil {
		return nil, err
	}
	asked, err := journal.Requests{DB: a.DB}.Latest(ctx, names)
	if err != nil {
		return nil, err
	}
	unseen, err := journal.DeadLetters{DB: a.DB}.CountUnseen(ctx)
	if err != nil {
		return nil, err
	}
	answer := ListJobs200JSONResponse{Items: []Job{}, DeadLetters: unseen}
	now := a.Clock.Now()
	for _, w := range journal.Catalogue {
		shown := Job{Name: w.Name, Cron: w.Cron, About: w.About, NextAt: w.Next(now), Last: showLast(last, w.Name), Success: showLast(success, w.Name)}
		if r, ok := asked[w.Name]; ok {
			request := showRequest(r)
			shown.Request = &request
		}
		answer.Items = append(answer.Items, shown)
	}
	return answer, nil
}

func showLast(runs map[string]journal.Run, job string) *JobRun {
	r, ok := runs[job]
	if !ok {
		return nil
	}
	shown := showRun(r)
	return &shown
}

func showRun(r journal.Run) JobRun {
	shown := JobRun{
		ID: r.ID, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, Outcome: JobRunOutcome(r.Outcome), Summary: r.Summary,
		Progress: r.Progress, Requested: r.EventSource == journal.RequestSource,
	}
	if r.FinishedAt == nil {
		shown.Outcome = JobRunOutcomeUnfinished
		return shown
	}
	took := r.FinishedAt.Sub(r.StartedAt).Seconds()
	shown.Seconds = &took
	return shown
}

func showRequest(r journal.Request) JobRequest {
	shown := JobRequest{
		ID: r.ID, Job: r.Job, RequestedAt: r.RequestedAt, RequestedBy: r.RequestedBy, Reason: r.Reason,
		TakenAt: r.TakenAt, FinishedAt: r.FinishedAt, Outcome: JobRequestOutcome(r.Outcome), Summary: r.Summary,
	}
	switch {
	case r.TakenAt == nil:
		shown.Outcome = JobRequestOutcomeWaiting
	case r.FinishedAt == nil:
		shown.Outcome = JobRequestOutcomeRunning
	}
	return shown
}

// ListJobRuns are the runs of a job.
func (a *API) ListJobRuns(ctx context.Context, r ListJobRunsRequestObject) (ListJobRunsResponseObject, error) {
	if _, known := journal.WorkNamed(r.Job); !known {
		return nil, journal.ErrUnknown
	}
	runs, next, err := journal.Runs{DB: a.DB}.Of(ctx, r.Job, access.Given(r.Params.Cursor), access.Limit[int64](r.Params.Limit))
	answer := ListJobRuns200JSONResponse{Items: make([]JobRun, len(runs)), Next: next}
	for i, run := range runs {
		answer.Items[i] = showRun(run)
	}
	return answer, err
}

// RunJob has maintenance run a job.
func (a *API) RunJob(ctx context.Context, r RunJobRequestObject) (RunJobResponseObject, error) {
	if _, known := journal.WorkNamed(r.Job); !known {
		return nil, journal.ErrUnknown
	}
	asked, err := a.ask(ctx, journal.Request{Job: r.Job, Reason: r.Body.Reason}, access.Change{Action: audit.ActionJobRequested, Object: r.Job})
	return RunJob202JSONResponse(asked), err
}

// ask writes a request down with its record, and knocks.
func (a *API) ask(ctx context.Context, r journal.Request, c access.Change) (JobRequest, error) {
	r.RequestedBy, c.Reason = access.From(ctx).ID(), r.Reason
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) (err error) {
		if r, err = (journal.Requests{Clock: a.Clock}).Add(ctx, tx, r); err != nil {
			return err
		}
		c.More = map[string]string{"request": r.ID.String()}
		return access.Record(ctx, tx, a.Clock.Now(), c)
	})
	if err != nil {
		return JobRequest{}, err
	}
	a.Knocker.Knock(r.Job)
	return showRequest(r), nil
}

// ListLetters are events that were given up on.
func (a *API) ListLetters(ctx context.Context, r ListLettersRequestObject) (ListLettersResponseObject, error) {
	unseen := r.Params.Unseen != nil && *r.Params.Unseen
	letters, next, err := journal.DeadLetters{DB: a.DB}.List(ctx, unseen, access.Given(r.Params.Cursor), access.Limit[int64](r.Params.Limit))
	answer := ListLetters200JSONResponse{Items: make([]Letter, len(letters)), Next: next}
	for i, l := range letters {
		answer.Items[i] = Letter{
			ID: l.ID, ReceivedAt: l.ReceivedAt, Job: l.Job, EventType: l.EventType, EventSource: l.EventSource, EventID: l.EventID,
			Destination: l.Destination, Code: l.Code, Reason: l.Reason, SeenAt: l.SeenAt,
		}
	}
	return answer, err
}

// SeeLetter notes that somebody has looked. That they look again is no change.
func (a *API) SeeLetter(ctx context.Context, r SeeLetterRequestObject) (SeeLetterResponseObject, error) {
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		fresh, err := journal.DeadLetters{Clock: a.Clock}.See(ctx, tx, r.ID)
		if err != nil || !fresh {
			return err
		}
		return access.Record(ctx, tx, a.Clock.Now(), access.Change{
			Action: audit.ActionLetterSeen, Object: r.ID.String(), Reason: access.Given(r.Body.Reason),
		})
	})
	return SeeLetter204Response{}, err
}
