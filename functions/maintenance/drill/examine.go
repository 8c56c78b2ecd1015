package drill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

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

	success, rpo, rto, at prometheus.Gauge
	forged                prometheus.Counter
}

// Register makes the series and registers them.
func (e *Examiner) Register(registry prometheus.Registerer) {
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
		registry.MustRegister(g)
		return g
	}
	e.success = gauge("authway_restore_drill_success", "1 if the last restore for practice ended with a sign-in, else 0.")
	e.rpo = gauge("authway_restore_drill_rpo_seconds", "What would have been lost at the last restore for practice.")
	e.rto = gauge("authway_restore_drill_rto_seconds", "How long the last restore for practice took until somebody was signed in.")
	e.at = gauge("authway_restore_drill_timestamp_seconds", "When the last restore for practice ended.")
	e.forged = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "authway_restore_drill_refused_total",
		Help: "Evidence of restores for practice that no key of this system had signed.",
	})
	registry.MustRegister(e.forged)
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

// fresh is the evidence that is not recorded. It shows what is known in passing: a
// process that has just started knows nothing.
func (e *Examiner) fresh(ctx context.Context) (keys []string, err error) {
	if e.Store == nil {
		return nil, nil
	}
	known, err := e.Drills.Latest(ctx, kept)
	if err != nil {
		return nil, err
	}
	e.show(known)
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

func (e *Examiner) show(known []recovery.Drill) {
	if len(known) == 0 {
		return
	}
	last := known[0]
	e.success.Set(0)
	if last.Succeeded {
		e.success.Set(1)
	}
	e.rpo.Set(last.RPOSeconds)
	e.rto.Set(last.RTOSeconds)
	e.at.Set(float64(last.FinishedAt.Unix()))
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
			e.forged.Inc()
			e.Log.ErrorContext(ctx, "the evidence of a drill is refused", "name", key, "error", problem.Redact(err.Error()))
			d.Summary = "its evidence is not signed with a key of this system"
		case err != nil:
			return "", err
		}
		if _, err := e.Drills.Record(ctx, d); err != nil {
			return "", err
		}
	}
	known, err := e.Drills.Latest(ctx, 1)
	if err != nil {
		return "", err
	}
	e.show(known)
	return fmt.Sprintf("recorded %d drills, and refused the evidence of %d of them", len(keys), refused), nil
}
