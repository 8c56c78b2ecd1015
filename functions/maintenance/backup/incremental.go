package backup

import (
	"context"
	"errors"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/replica"
	"github.com/authway/authway/functions/maintenance/job"
)

// IncrementalJob stores WAL up to now.
const IncrementalJob = "backup.incremental"

// Incremental is due whenever somebody looks: how often that is says how much can
// be lost. When the WAL since the last time is gone, because the server was told
// to keep less or is another one, it takes a base backup at once.
func (r *Replicator) Incremental() job.Job {
	return job.Job{
		Name: IncrementalJob, Deadline: fullDeadline,
		Due: func(ctx context.Context, _ time.Time) (bool, error) { return r.begun(ctx) },
		Do:  r.incremental,
	}
}

// begun: there is something to go on from. The first backup is a full one.
func (r *Replicator) begun(ctx context.Context) (bool, error) {
	if !r.Replicates() {
		return false, nil
	}
	for _, err := range r.Store.List(ctx, catalog.BasePrefix) {
		return err == nil, err
	}
	return false, nil
}

func (r *Replicator) incremental(ctx context.Context) (string, error) {
	conn, err := r.Connect(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	d, err := r.drain(ctx, conn)
	if errors.Is(err, replica.ErrBusy) {
		return "another process is draining the slot", nil
	}
	if err != nil || !d.broken {
		return d.String(), err
	}
	r.lost.Inc()
	r.Log.ErrorContext(ctx, "the WAL since the last drain is gone; a base backup is taken now", "slot", r.Slot, "from", d.from.String())
	conn.Close()
	summary, err := r.full(ctx)
	return "the WAL since the last drain was gone; " + summary, err
}
