package drill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/recovery"
	"github.com/authway/authway/shared/tokens"
)

// Job takes the evidence of drills that were done meanwhile.
const Job = "restore.evidence"

const deadline = 2 * time.Minute

// kept is how many drills are looked at: evidence that is older has been recorded,
// or was passed by.
const kept = 100

// ahead is how far a drill's clock may be before ours.
const ahead = time.Hour

// Examiner reads evidence.
type Examiner struct {
	// Store is nil where no backups are kept.
	Store  *store.Store
	Drills recovery.Drills
	Keys   tokens.Keys
	Issuer string
	Clock  clock.Clock
	Log    *slog.Logger
}

// Job is restore.evidence.
func (e *Examiner) Job() job.Job {
	return job.Job{
		Name: Job, Deadline: deadline,
		Due: func(ctx context.Context, _ time.Time) (bool, error) {
			fresh, err := e.fresh(ctx)
			return len(fresh) > 0, err
		},
		Do: e.do,
	}
}

// fresh is the evidence that is not recorded.
func (e *Examiner) fresh(ctx context.Context) (keys []string, err error) {
	if e.Store == nil {
		return nil, nil
	}
	known, err := e.Drills.Latest(ctx, kept)
	if err != nil {
		return nil, err
	}
	oldest := ""
	recorded := map[string]bool{}
	for _, d := range known {
		recorded[d.ID] = true
		oldest = d.ID
	}
	if len(known) < kept {
		oldest = ""
	}
	for o, err := range e.Store.List(ctx, catalog.EvidencePrefix) {
		if err != nil {
			return nil, err
		}
		id, ok := strings.CutSuffix(strings.TrimPrefix(o.Key, catalog.EvidencePrefix), suffix)
		at, err := wal.ParseStamp(id)
		// What says that it is from the future would be the latest for ever.
		if !ok || err != nil || at.After(e.Clock.Now().Add(ahead)) || id <= oldest || recorded[id] {
			continue
		}
		if keys = append(keys, o.Key); len(keys) == kept {
			break
		}
	}
	return keys, nil
}

func (e *Examiner) do(ctx context.Context) (string, error) {
	keys, err := e.fresh(ctx)
	if err != nil {
		return "", err
	}
	refused := 0
	for _, key := range keys {
		d, err := read(ctx, e.Store, key, e.Keys, e.Issuer)
		switch {
		case errors.Is(err, ErrForged):
			// It counts as a drill that failed, so that somebody looks.
			refused++
			e.Log.ErrorContext(ctx, "the evidence of a drill is refused", "name", key, "error", problem.Redact(err.Error()))
			d.Refused, d.Summary = true, "its evidence is not signed with a key of this system"
		case err != nil:
			return "", err
		}
		if _, err := e.Drills.Record(ctx, d); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("recorded %d drills, and refused the evidence of %d of them", len(keys), refused), nil
}
