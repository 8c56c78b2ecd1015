package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/bundle"
	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
)

// ConfigJob is the name of the job that copies the configuration.
const ConfigJob = "backup.config"

// configDeadline bounds a bundle.
const configDeadline = 5 * time.Minute

// Configurer copies once a day what is not in the database.
type Configurer struct {
	// Store is nil where no backups are kept.
	Store      *store.Store
	Recipients envelope.Recipients
	Source     bundle.Source
	Clock      clock.Clock
}

// Job is backup.config.
func (c Configurer) Job() job.Job {
	return job.Job{Name: ConfigJob, Deadline: configDeadline, Due: c.due, Now: c.can, Do: c.do}
}

func (c Configurer) can() error {
	if c.Store == nil {
		return errNowhere
	}
	return nil
}

// due: the newest bundle is from before the last two o'clock, or there is none.
func (c Configurer) due(ctx context.Context, now time.Time) (bool, error) {
	if c.Store == nil {
		return false, nil
	}
	newest, err := newestBundle(ctx, c.Store)
	return err == nil && newest.Taken.Before(lastHour(now, dayHour)), err
}

// lastHour is the last time that it was that hour, in UTC.
func lastHour(now time.Time, hour int) time.Time {
	at := now.UTC().Truncate(24 * time.Hour).Add(time.Duration(hour) * time.Hour)
	if at.After(now) {
		at = at.Add(-24 * time.Hour)
	}
	return at
}

// newestBundle is the youngest bundle in the store, or the zero Bundle.
func newestBundle(ctx context.Context, s *store.Store) (newest catalog.Bundle, err error) {
	for o, err := range s.List(ctx, catalog.ConfigPrefix) {
		if err != nil {
			return newest, err
		}
		if b, ok := catalog.ParseBundle(o.Key); ok && b.Taken.After(newest.Taken) {
			newest = b
		}
	}
	return newest, nil
}

func (c Configurer) do(ctx context.Context) (string, error) {
	contents, err := c.Source.Take(ctx, c.Clock.Now())
	if err != nil {
		return "", err
	}
	kept, err := contents.Store(ctx, c.Store, c.Recipients)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("copied %d files, left out %d, as %s", len(contents.Files), len(contents.Index.Left), kept.Key()), nil
}
