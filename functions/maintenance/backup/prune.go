package backup

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
)

// PruneJob removes what is kept no longer.
const PruneJob = "backup.prune"

// pruneDeadline is what an event may take. What is left is removed at the next one.
const pruneDeadline = 9 * time.Minute

// Pruner removes what the catalog says is surplus.
type Pruner struct {
	// Store is nil where no backups are kept.
	Store *store.Store
	Keep  catalog.Keep
	Clock clock.Clock
}

// Job is backup.prune.
func (p Pruner) Job() job.Job {
	return job.Job{Name: PruneJob, Deadline: pruneDeadline, Due: p.due, Do: p.do}
}

func (p Pruner) due(ctx context.Context, now time.Time) (bool, error) {
	if p.Store == nil {
		return false, nil
	}
	c, err := catalog.Read(ctx, p.Store)
	return err == nil && len(c.Surplus(now, p.Keep)) > 0, err
}

func (p Pruner) do(ctx context.Context) (string, error) {
	c, err := catalog.Read(ctx, p.Store)
	if err != nil {
		return "", err
	}
	return p.remove(ctx, c.Surplus(p.Clock.Now(), p.Keep))
}

// remove removes in the order of the catalog, and ends with the first failure: what
// comes after counts on what is before.
func (p Pruner) remove(ctx context.Context, names []string) (string, error) {
	var removed pruned
	for i, name := range names {
		job.Progress(ctx, int64(i), int64(len(names)))
		// A directory does not ask.
		if ctx.Err() != nil {
			return removed.String(), context.Cause(ctx)
		}
		if err := p.Store.Remove(ctx, name); err != nil {
			return removed.String(), err
		}
		removed.count(name)
	}
	job.Progress(ctx, 1, 1)
	return removed.String(), nil
}

// pruned counts what was removed.
type pruned struct{ backups, segments, others int }

func (r *pruned) count(name string) {
	switch {
	case strings.HasPrefix(name, catalog.BasePrefix):
		if strings.HasSuffix(name, "/"+catalog.Description) {
			r.backups++
		}
	case strings.HasPrefix(name, wal.Prefix):
		r.segments++
	default:
		r.others++
	}
}

func (r *pruned) String() string {
	return fmt.Sprintf("removed %d base backups, %d objects of WAL and %d others", r.backups, r.segments, r.others)
}
