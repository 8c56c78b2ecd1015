package breaches

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/shared/clock"
)

// Job is the name of the job.
const Job = "breached.refresh"

const (
	// every is how old a list gets before its source is asked for a younger one.
	every = 7 * 24 * time.Hour
	// deadline is what an event may take. A list that takes longer is gone on with
	// at the next event.
	deadline = 9 * time.Minute
)

// Refresher loads lists.
type Refresher struct {
	Store breached.Store
	// Source is where a list comes from, or nil.
	Source *Source
	HTTP   *http.Client
	Clock  clock.Clock
}

// Job is the refresher as a job.
func (r *Refresher) Job() job.Job {
	return job.Job{Name: Job, Deadline: deadline, Due: r.due, Do: r.do}
}

func (r *Refresher) due(ctx context.Context, now time.Time) (bool, error) {
	current, err := r.Store.Current(ctx)
	switch {
	case errors.Is(err, breached.ErrNone):
		return true, nil
	case err != nil:
		return false, err
	case r.Source != nil:
		return current.Sample || current.CheckedAt == nil || now.Sub(*current.CheckedAt) >= every, nil
	case !current.Sample:
		// It was loaded when there was a source, and is better than the sample.
		return false, nil
	}
	ours, err := sample()
	if err != nil {
		return false, err
	}
	return !current.Is(ours.Header), nil
}

// do sees to it that there is a list before it waits for another server.
func (r *Refresher) do(ctx context.Context) (string, error) {
	current, err := r.Store.Current(ctx)
	if errors.Is(err, breached.ErrNone) || err == nil && r.Source == nil {
		ours, err := sample()
		if err != nil {
			return "", err
		}
		current = breached.List{Checksum: ours.Checksum[:]}
		if err := r.Store.Load(ctx, ours, true, r.Clock.Now()); err != nil {
			return "", err
		}
		if r.Source == nil {
			return fmt.Sprintf("loaded the list that Authway brings along, %d passwords", ours.Entries), nil
		}
	} else if err != nil {
		return "", err
	}
	return r.fetch(ctx, current)
}

func (r *Refresher) fetch(ctx context.Context, current breached.List) (string, error) {
	body, err := r.Source.open(ctx, r.HTTP)
	if err != nil {
		return "", err
	}
	defer func() { _ = body.Close() }()
	transfer := &transfer{Reader: body}
	fresh, err := breached.Open(transfer)
	if errors.Is(err, breached.ErrFormat) {
		return "", fmt.Errorf("breaches: %s: %w (maintenance breached build makes one)", r.Source, err)
	}
	if err != nil {
		return "", fmt.Errorf("breaches: %s: %w", r.Source, err)
	}
	if current.Is(fresh.Header) && current.ID != 0 && !current.Sample {
		return fmt.Sprintf("the list of %d passwords is still the youngest", current.Entries), r.Store.Checked(ctx, current.ID, r.Clock.Now())
	}
	transfer.report = func(read int64) { job.Progress(ctx, read, fresh.Size()) }
	if err := r.Store.Load(ctx, fresh, false, r.Clock.Now()); err != nil {
		return "", fmt.Errorf("breaches: %s: %w", r.Source, err)
	}
	return fmt.Sprintf("loaded a list of %d passwords", fresh.Entries), nil
}

// transfer tells how much of it has been read.
type transfer struct {
	io.Reader
	read   int64
	report func(read int64)
}

func (t *transfer) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	t.read += int64(n)
	if t.report != nil {
		t.report(t.read)
	}
	return n, err
}
