package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/session"
)

// Hydra lets nobody publish a key before it signs: the youngest signs at once, and
// an application that has the set from before has to ask again when it meets an
// unknown kid, as OpenID Connect Core 1.0 (section 10.1.1) tells it to.
//
// And it keeps the kid of a grant's first ID token: one that is refreshed after a
// rotation names the old key and is signed with the new one (ory/hydra #3573), and
// one from before is refused as the hint of a logout (#3719). An application that
// verifies refreshed ID tokens loses its people at each rotation. So that these keys
// turn by themselves only when the operator says that nobody minds
// (HYDRA_KEYS_ROTATE); after a compromise, they turn in any case.

// hydraRetireWait is how long a key stays in Hydra's set after its successor
// signs. An ID token is shown again as the hint of a logout (id_token_hint), long
// after it has expired and until its session ends.
const hydraRetireWait = session.Absolute + keyring.Skew

// defaultAlgorithm is that of a set which has no key yet. One that has keeps its
// algorithm: Hydra's discovery document promises no more than RS256, whatever it
// signs with.
const defaultAlgorithm = string(keyring.ES256)

// Hydra is a hydra.Client.
type Hydra interface {
	SigningKeys(ctx context.Context, set string) ([]hydra.SigningKey, error)
	MakeSigningKey(ctx context.Context, set string, k hydra.SigningKey) error
	RemoveSigningKey(ctx context.Context, set, id string) error
}

// hydraSet is what is remembered of one set.
type hydraSet struct {
	name string
	// keys are the youngest first.
	keys []keyring.HydraKey
	// begun is the id of a key that is still to be made, or empty.
	begun string
}

func sets(records []keyring.HydraKey) []hydraSet {
	all := make([]hydraSet, len(hydra.KeySets))
	for i, name := range hydra.KeySets {
		all[i].name = name
		for _, k := range records {
			switch {
			case k.Set != name:
			case k.SigningAt == nil:
				all[i].begun = k.ID
			default:
				all[i].keys = append(all[i].keys, k)
			}
		}
	}
	return all
}

// first reports whether a key is missing, or was begun and has not been finished.
func (s hydraSet) first() bool { return s.begun != "" || len(s.keys) == 0 }

// rotates reports whether the set is to get another key.
func (s hydraSet) rotates(now time.Time) bool {
	return s.first() || !s.keys[0].SigningAt.Add(keyring.Period).After(now)
}

// spent are the keys that nothing needs to be verified with any more.
func (s hydraSet) spent(now time.Time) (ids []string) {
	for i := 1; i < len(s.keys); i++ {
		if !s.keys[i-1].SigningAt.Add(hydraRetireWait).After(now) {
			ids = append(ids, s.keys[i].ID)
		}
	}
	return ids
}

func (s hydraSet) due(now time.Time) bool { return s.rotates(now) || len(s.spent(now)) > 0 }

// turnHydra does what is due, and says it set by set.
func (r Rotator) turnHydra(ctx context.Context) (said []string, err error) {
	records, err := r.HydraKeys.Living(ctx)
	if err != nil {
		return nil, err
	}
	now := r.Clock.Now()
	for _, set := range sets(records) {
		if set.first() || r.TurnHydra && set.rotates(now) {
			what, err := r.rotateHydra(ctx, set)
			if err != nil {
				return said, err
			}
			said = append(said, what)
		}
		if !r.TurnHydra {
			continue
		}
		for _, id := range set.spent(now) {
			if err := r.removeHydra(ctx, set.name, id); err != nil {
				return said, err
			}
			said = append(said, fmt.Sprintf("%s %s (%s)", id, keyring.Gone, set.name))
		}
	}
	return said, nil
}

// rotateHydra gives the set another key, or gets to know those that it has.
func (r Rotator) rotateHydra(ctx context.Context, set hydraSet) (string, error) {
	there, err := r.Hydra.SigningKeys(ctx, set.name)
	if err != nil && !errors.Is(err, hydra.ErrUnknown) {
		return "", err
	}
	if len(set.keys) == 0 && set.begun == "" && len(there) > 0 {
		return r.adopt(ctx, set.name, there)
	}
	algorithm := defaultAlgorithm
	if len(there) > 0 {
		algorithm = there[0].Algorithm
	}
	id := set.begun
	if id == "" {
		if id, err = r.HydraKeys.Begin(ctx, set.name); err != nil {
			return "", err
		}
	}
	if err := r.Hydra.MakeSigningKey(ctx, set.name, hydra.SigningKey{ID: id, Algorithm: algorithm}); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %s (%s)", id, keyring.Active, set.name), r.HydraKeys.Signs(ctx, set.name, id, r.Clock.Now())
}

// adopt begins to count the age of keys that somebody else has made. The first
// signs; those behind it have signed before.
func (r Rotator) adopt(ctx context.Context, set string, there []hydra.SigningKey) (string, error) {
	now := r.Clock.Now()
	for i, k := range slices.Backward(there) {
		if err := r.HydraKeys.Signs(ctx, set, k.ID, now.Add(-time.Duration(i)*time.Second)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s found (%s)", there[0].ID, set), nil
}

func (r Rotator) removeHydra(ctx context.Context, set, id string) error {
	if err := r.Hydra.RemoveSigningKey(ctx, set, id); err != nil {
		return err
	}
	return r.HydraKeys.Gone(ctx, set, id)
}

// compromisedHydra takes a key out of the set it is in, after another one has
// begun to sign. It may be run again wherever it has failed.
func (r Rotator) compromisedHydra(ctx context.Context, kid string) (string, error) {
	records, err := r.HydraKeys.Living(ctx)
	if err != nil {
		return "", err
	}
	for _, set := range sets(records) {
		there, err := r.Hydra.SigningKeys(ctx, set.name)
		if err != nil && !errors.Is(err, hydra.ErrUnknown) {
			return "", err
		}
		i := slices.IndexFunc(there, func(k hydra.SigningKey) bool { return k.ID == kid })
		if i < 0 {
			continue
		}
		said := ""
		if i == 0 {
			if len(set.keys) == 0 {
				if _, err := r.adopt(ctx, set.name, there); err != nil {
					return "", err
				}
				set.keys = append(set.keys, keyring.HydraKey{})
			}
			if said, err = r.rotateHydra(ctx, set); err != nil {
				return "", err
			}
			said += ", "
		}
		return said + kid + " gone", r.removeHydra(ctx, set.name, kid)
	}
	return "", keyring.ErrUnknown
}
