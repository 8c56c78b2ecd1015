package backup

import (
	"context"
	"errors"
	"strings"
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
	for o, err := range r.Store.List(ctx, catalog.BasePrefix) {
		if err != nil || strings.HasSuffix(o.Key, "/"+catalog.Description) {
			return err == nil, err
		}
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
	if err != nil {
		return "", err
	}
	// Not by what the drain has found: a base backup that was then taken may have failed,
	// and a new timeline may go on where the one before ends.
	continued, err := r.continued(ctx)
	if err != nil {
		return "", err
	}
	if continued {
		r.note(ctx, r.Noted.Reached(ctx, r.Slot, d.until))
		return d.String(), nil
	}
	r.note(ctx, r.Noted.Gap(ctx, r.Slot, r.Clock.Now()))
	r.Log.ErrorContext(ctx, "WAL is missing before what was stored now; a base backup is taken", "slot", r.Slot, "from", d.from.String())
	conn.Close()
	summary, err := r.full(ctx)
	return "WAL was missing; " + summary, err
}

// continued reports whether the youngest base backup leads to the end.
func (r *Replicator) continued(ctx context.Context) (bool, error) {
	c, err := catalog.Read(ctx, r.Store)
	if err != nil || len(c.Backups) == 0 {
		return false, err
	}
	return leadsOn(c), nil
}

func leadsOn(c *catalog.Catalog) bool {
	windows := c.Windows()
	if len(windows) == 0 {
		return false
	}
	last := windows[len(windows)-1]
	return last.Backup == c.Backups[len(c.Backups)-1].ID && last.Gap == ""
}
