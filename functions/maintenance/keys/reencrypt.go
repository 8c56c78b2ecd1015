package keys

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/sealed"
)

// ReencryptJob is the name of the job that brings everything under the first
// master key.
const ReencryptJob = "secrets.reencrypt"

const (
	// reencryptBudget is how long a run goes on sealing; the next one goes on where
	// it has stopped.
	reencryptBudget   = 8 * time.Minute
	reencryptDeadline = 9 * time.Minute
	// checkTime bounds the look at a start.
	checkTime = 30 * time.Second
)

// Reencrypter changes the master key under what is sealed.
type Reencrypter struct {
	Sealed sealed.Store
	Box    *seal.Box
	Clock  clock.Clock
	Log    *slog.Logger

	values *prometheus.GaugeVec
}

// Register adds the job's series to registry.
func (r *Reencrypter) Register(registry prometheus.Registerer) {
	r.values = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "authway_sealed_values",
		Help: "Sealed values that are still needed, by the master key they are under, when it was last looked.",
	}, []string{"master_key"})
	registry.MustRegister(r.values)
}

// Job is secrets.reencrypt. It is due for as long as the list has an older key: it
// is what says when that may be dropped.
func (r *Reencrypter) Job() job.Job {
	return job.Job{Name: ReencryptJob, Deadline: reencryptDeadline, Due: r.due, Do: r.do}
}

func (r *Reencrypter) due(ctx context.Context, _ time.Time) (bool, error) {
	if len(r.Box.Keys()) > 1 {
		return true, nil
	}
	lost, err := r.Sealed.LostKeys(ctx)
	return len(lost) > 0, err
}

func (r *Reencrypter) do(ctx context.Context) (string, error) {
	counts, err := r.Sealed.Counts(ctx)
	if err != nil {
		return "", err
	}
	values, waiting := r.Sealed, int64(counts.Waiting())
	values.Resealed = func(done int) { job.Progress(ctx, int64(done), waiting) }
	done, failed := values.Reseal(ctx, r.Clock.Now().Add(reencryptBudget))
	counts, err = r.Sealed.Counts(ctx)
	if err != nil {
		return "", errors.Join(failed, err)
	}
	for key, n := range map[string]int{"first": counts.First(), "older": counts.Older(), "lost": counts.Lost()} {
		r.values.WithLabelValues(key).Set(float64(n))
	}
	said := fmt.Sprintf("sealed %d values anew; %d are under the first key %s, %d under older ones%s",
		done, counts.First(), r.Box.Keys()[0], counts.Older(), r.detail(counts))
	if counts.Lost() > 0 {
		failed = errors.Join(failed, fmt.Errorf("%d values do not open: %s", counts.Lost(), missing(lostIn(counts, r.Box.Keys()))))
	}
	return said, failed
}

// detail says what stands in the way of dropping an older key.
func (r *Reencrypter) detail(counts sealed.Counts) string {
	if len(r.Box.Keys()) == 1 {
		return ""
	}
	var left []string
	for _, c := range counts.All() {
		for _, older := range r.Box.Keys()[1:] {
			if c.Key == older {
				left = append(left, fmt.Sprintf("%s %d under %s", c.Place, c.Rows, older))
			}
		}
	}
	if len(left) == 0 {
		return ", which may be dropped from AUTHWAY_MASTER_KEYS"
	}
	return " (" + strings.Join(left, ", ") + ")"
}

func lostIn(counts sealed.Counts, keys []seal.KeyID) (lost []seal.KeyID) {
	known := map[seal.KeyID]bool{}
	for _, key := range keys {
		known[key] = true
	}
	for _, c := range counts.All() {
		if !known[c.Key] {
			known[c.Key] = true
			lost = append(lost, c.Key)
		}
	}
	return lost
}

func missing(lost []seal.KeyID) string {
	names := make([]string, len(lost))
	for i, key := range lost {
		names[i] = key.String()
	}
	return "master keys were dropped too early, put them back behind the others: " + strings.Join(names, ", ")
}

// Check says at a start whether a master key was dropped too early. That the
// database cannot be asked is for others to say.
func (r *Reencrypter) Check(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	lost, err := r.Sealed.LostKeys(ctx)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		// The function stops.
	case err != nil:
		r.Log.WarnContext(ctx, "master keys could not be checked", "error", problem.Redact(err.Error()))
	case len(lost) > 0:
		r.Log.ErrorContext(ctx, "values do not open: "+missing(lost))
	}
}
