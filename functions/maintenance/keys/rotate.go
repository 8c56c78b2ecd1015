package keys

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/keyring"
)

// RotateJob is the name of the job that turns signing keys.
const RotateJob = "keys.rotate"

// rotateDeadline is for Hydra, which may make large RSA keys.
const rotateDeadline = 2 * time.Minute

// Rotator turns signing keys.
type Rotator struct {
	Keys keyring.Store
	// Seed is the first key of an empty ring, or nil.
	Seed      *keyring.Pair
	HydraKeys keyring.HydraKeys
	Hydra     Hydra
	// TurnHydra says that Hydra's keys are turned as well when their time has come.
	// The first of a set is made in any case: left to itself, Hydra makes one of RSA
	// with 4096 bits while somebody waits.
	TurnHydra bool
	Clock     clock.Clock
}

// Job is keys.rotate.
func (r Rotator) Job() job.Job {
	return job.Job{Name: RotateJob, Deadline: rotateDeadline, Due: r.due, Do: r.do}
}

func (r Rotator) due(ctx context.Context, now time.Time) (bool, error) {
	if due, err := r.Keys.Due(ctx); due || err != nil {
		return due, err
	}
	records, err := r.HydraKeys.Living(ctx)
	if err != nil {
		return false, err
	}
	for _, set := range sets(records) {
		if set.first() || r.TurnHydra && set.due(now) {
			return true, nil
		}
	}
	return false, nil
}

// do turns our own keys whether or not Hydra can be reached.
func (r Rotator) do(ctx context.Context) (string, error) {
	changes, err := r.Keys.Turn(ctx, r.Seed)
	if err != nil {
		return "", err
	}
	said := changes.String()
	hydras, err := r.turnHydra(ctx)
	if len(hydras) > 0 {
		said += "; hydra: " + strings.Join(hydras, ", ")
	}
	return said, err
}

// Hastened is the job for whoever cannot wait a Period: our next key signs as soon as
// everybody can know it.
func (r Rotator) Hastened() job.Job {
	j := r.Job()
	j.Due = func(context.Context, time.Time) (bool, error) { return true, nil }
	j.Do = func(ctx context.Context) (string, error) {
		changes, err := r.Keys.Hasten(ctx)
		if err == nil && len(changes) == 0 {
			return "the next key signs as soon as everybody can know it", nil
		}
		return changes.String(), err
	}
	return j
}

// Compromised is the job for the day on which somebody else has a key: whether
// or not anything is due, it takes the key of that id out, and lets another sign.
func (r Rotator) Compromised(kid string) job.Job {
	return job.Job{
		Name: RotateJob, Deadline: rotateDeadline,
		Due: func(context.Context, time.Time) (bool, error) { return true, nil },
		Do: func(ctx context.Context) (string, error) {
			changes, err := r.Keys.Compromise(ctx, kid)
			if err == nil {
				return changes.String(), nil
			}
			if !errors.Is(err, keyring.ErrUnknown) {
				return "", err
			}
			said, err := r.compromisedHydra(ctx, kid)
			if errors.Is(err, keyring.ErrUnknown) {
				return "", fmt.Errorf("no key that lives has the id %q: neither Authway's (/.well-known/authway/jwks.json) nor Hydra's (/.well-known/jwks.json)", kid)
			}
			return said, err
		},
	}
}
