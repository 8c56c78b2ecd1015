package system

import (
	"context"
	"slices"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/session"
)

// rotate is the job that turns keys.
const rotate = "keys.rotate"

// Where verifiers find the keys, below the public address.
var jwks = []string{"/.well-known/authway/jwks.json", "/.well-known/jwks.json"}

// ListKeys are Authway's keys and Hydra's.
func (a *API) ListKeys(ctx context.Context, _ ListKeysRequestObject) (ListKeysResponseObject, error) {
	keys, err := a.keys(ctx)
	if err != nil {
		return nil, err
	}
	answer := ListKeys200JSONResponse{Items: keys}
	for _, path := range jwks {
		answer.Jwks = append(answer.Jwks, a.Public.JoinPath(path).String())
	}
	asked, err := journal.Requests{DB: a.DB, Clock: a.Clock}.Latest(ctx, []string{rotate})
	if r, ok := asked[rotate]; ok {
		shown := showRequest(r)
		answer.Request = &shown
	}
	return answer, err
}

func (a *API) keys(ctx context.Context) ([]Key, error) {
	own, err := keyring.Lives(ctx, a.DB)
	if err != nil {
		return nil, err
	}
	hydras, err := keyring.HydraLives(ctx, a.DB)
	if err != nil {
		return nil, err
	}
	all := make([]Key, 0, len(own)+len(hydras))
	for _, l := range own {
		k := Key{
			Kid: l.ID, Owner: KeyOwnerAuthway, Algorithm: string(l.Algorithm), State: KeyState(l.State), Since: l.PublishedAt,
			Compromised: l.Compromised, NextAt: l.NextAt, Hastened: some(l.HastenedAt != nil),
		}
		if l.NextAt != nil {
			k.Next = some(KeyState(l.Next))
		}
		for state, at := range map[keyring.State]*time.Time{keyring.Active: l.ActivatedAt, keyring.Retiring: l.RetiredAt, keyring.Gone: l.GoneAt} {
			if l.State == state && at != nil {
				k.Since = *at
			}
		}
		all = append(all, k)
	}
	return append(all, showHydras(hydras)...), nil
}

// showHydras tells what can be known of keys that tell nothing: of each set the
// youngest signs, and an older one may go when nobody can show what it has signed any
// more, which is the hint of a logout until the session is over.
func showHydras(lives []keyring.HydraLife) []Key {
	all := make([]Key, 0, len(lives))
	var set string
	var successor *time.Time
	for _, l := range lives {
		if l.Set != set || l.GoneAt != nil {
			set, successor = l.Set, nil
		}
		k := Key{Kid: l.ID, Owner: KeyOwnerHydra, Set: some(l.Set)}
		switch {
		case l.GoneAt != nil:
			k.State, k.Since = Gone, *l.GoneAt
		case l.SigningAt == nil:
			k.State, k.Since = Published, l.BegunAt
		case successor == nil:
			k.State, k.Since, successor = Active, *l.SigningAt, l.SigningAt
		default:
			at := successor.Add(session.Absolute + keyring.Skew)
			k.State, k.Since, k.Next, k.NextAt, successor = Retiring, *successor, some(Gone), &at, l.SigningAt
		}
		all = append(all, k)
	}
	return all
}

// RotateKeys has maintenance let the next key sign.
func (a *API) RotateKeys(ctx context.Context, r RotateKeysRequestObject) (RotateKeysResponseObject, error) {
	asked, err := a.ask(ctx, journal.Request{Job: rotate, Args: journal.Args{Hasten: true}, Reason: r.Body.Reason},
		access.Change{Action: audit.ActionKeysHastened})
	return RotateKeys202JSONResponse(asked), err
}

// CompromiseKey has maintenance take a key out.
func (a *API) CompromiseKey(ctx context.Context, r CompromiseKeyRequestObject) (CompromiseKeyResponseObject, error) {
	if r.Body.Confirm != r.Kid {
		return nil, errConfirm
	}
	keys, err := a.keys(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Kid == r.Kid })
	if i < 0 {
		return nil, journal.ErrUnknown
	}
	if keys[i].State == Gone {
		return nil, errGone
	}
	asked, err := a.ask(ctx, journal.Request{Job: rotate, Args: journal.Args{Compromised: r.Kid}, Reason: r.Body.Reason},
		access.Change{Action: audit.ActionKeyCompromised, Object: r.Kid, Before: map[string]any{"state": keys[i].State}})
	return CompromiseKey202JSONResponse(asked), err
}
