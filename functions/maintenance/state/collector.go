package state

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/recovery"
	"github.com/authway/authway/shared/session"
)

const (
	// patience is how long a scrape may take: less than Prometheus waits (10 s), so that
	// a database that hangs is told of.
	patience = 5 * time.Second
	// countedRows bounds what is counted of the outbox, and countedSessions how many
	// sessions are counted exactly: a million take a quarter of a second of one core.
	countedRows     = 100_000
	countedSessions = 1_000_000
)

// Collector reads the state when it is asked. It is safe for concurrent use: who asks
// meanwhile waits, so that one connection is enough.
type Collector struct {
	DB    *postgres.DB
	Clock clock.Clock
	Log   *slog.Logger

	mu     sync.Mutex
	failed bool
}

// Describe names the series.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range all {
		to <- d
	}
}

// Collect reads the state, all of it or nothing.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Prometheus' request does not reach a collector.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	read := &reading{now: c.Clock.Now()}
	err := postgres.Look(ctx, c.DB, func(ctx context.Context, tx postgres.IDB) error {
		read.db = tx
		return read.everything(ctx)
	})
	if err != nil {
		// Once, and not every fifteen seconds.
		if !c.failed {
			c.Log.ErrorContext(ctx, "the state cannot be read", "error", problem.Redact(err.Error()))
		}
		c.failed = true
		to <- prometheus.MustNewConstMetric(up, prometheus.GaugeValue, 0)
		return
	}
	if c.failed {
		c.Log.InfoContext(ctx, "the state can be read again")
	}
	c.failed = false
	to <- prometheus.MustNewConstMetric(up, prometheus.GaugeValue, 1)
	for _, m := range read.found {
		to <- m
	}
}

// reading is one look.
type reading struct {
	db    postgres.IDB
	now   time.Time
	found []prometheus.Metric
}

func (r *reading) everything(ctx context.Context) error {
	for _, part := range []func(context.Context) error{
		r.sessions, r.outbox, r.jobs, r.keys, r.backups, r.drills, r.parts, r.auditLog,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) say(d *prometheus.Desc, value float64, labels ...string) {
	r.found = append(r.found, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
}

// age is how long ago a moment was; 0 for the zero time and for one that is still to
// come by somebody else's clock.
func (r *reading) age(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(r.now.Sub(t), 0).Seconds()
}

// sayWhen says a moment, and nothing of what has never happened: an alert on how long
// ago it was would take 0 for 1970.
func (r *reading) sayWhen(d *prometheus.Desc, t time.Time, labels ...string) {
	if !t.IsZero() {
		r.say(d, float64(t.UnixMilli())/1000, labels...)
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func (r *reading) sessions(ctx context.Context) error {
	n, err := session.Count(ctx, r.db, r.now, countedSessions)
	r.say(sessions, float64(n))
	return err
}

func (r *reading) outbox(ctx context.Context) error {
	queues, err := outbox.Queues(ctx, r.db, r.now, countedRows)
	if err != nil {
		return err
	}
	for _, q := range queues {
		r.say(outboxWaiting, float64(q.Waiting), q.Kind)
		r.say(outboxAge, r.age(q.Due), q.Kind)
		r.say(outboxDead, float64(q.Dead), q.Kind)
	}
	unseen, err := journal.CountUnseen(ctx, r.db)
	r.say(deadLetters, float64(unseen))
	return err
}

func (r *reading) jobs(ctx context.Context) error {
	names := make([]string, len(journal.Catalogue))
	for i, w := range journal.Catalogue {
		names[i] = w.Name
	}
	states, err := journal.States(ctx, r.db, names, r.now)
	for _, s := range states {
		r.sayWhen(jobSuccess, s.Succeeded, s.Job)
		r.say(jobFailed, truth(s.Failed), s.Job)
		r.say(jobRunning, r.age(s.Running), s.Job)
	}
	return err
}

func (r *reading) keys(ctx context.Context) error {
	ages, err := keyring.Ages(ctx, r.db, hydra.KeySets, r.now)
	for _, a := range ages {
		late := r.age(a.Due)
		if a.Since.IsZero() {
			late = math.Inf(1)
		} else {
			r.say(keyAge, r.age(a.Since), a.Use)
		}
		r.say(keyOverdue, late, a.Use)
	}
	return err
}

func (r *reading) backups(ctx context.Context) error {
	s, err := recovery.LookAtBackups(ctx, r.db)
	if !s.Full.IsZero() {
		r.sayWhen(backupFull, s.Full)
		r.say(backupBytes, float64(s.FullBytes))
	}
	r.sayWhen(backupReached, s.Reached)
	r.say(backupRetained, float64(s.Retained))
	r.say(backupLost, truth(s.Lost))
	return err
}

func (r *reading) drills(ctx context.Context) error {
	s, err := recovery.LookAtDrills(ctx, r.db)
	if last := s.Last; last != nil {
		r.say(drillSuccess, truth(last.Succeeded))
		r.say(drillRPO, last.RPOSeconds)
		r.say(drillRTO, last.RTOSeconds)
		r.sayWhen(drillAt, last.FinishedAt)
	}
	r.say(drillRefused, float64(s.Refused))
	return err
}

func (r *reading) parts(ctx context.Context) error {
	s, err := journal.LastSweep(ctx, r.db)
	if s.At.IsZero() {
		// Nobody knows yet how they are; but that nobody looks, is to be seen.
		r.say(partChecked, 0)
		return err
	}
	r.sayWhen(partChecked, s.At)
	for _, part := range journal.Parts {
		r.say(partUp, truth(!s.Silent[part]), part)
	}
	return err
}

func (r *reading) auditLog(ctx context.Context) error {
	s, err := audit.LookAtSeals(ctx, r.db)
	r.sayWhen(sealedUntil, s.Until)
	r.say(unsealedAge, r.age(s.Oldest))
	return err
}
