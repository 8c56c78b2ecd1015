package keyring

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// UseTokens is what our own keys are for, beside the names of Hydra's sets.
const UseTokens = "authway.tokens"

// Age is how old the key is that signs for one use, and how late its successor.
type Age struct {
	Use string
	// Since is when the key began to sign; zero when none does.
	Since time.Time
	// Due is since when a turn is overdue; zero when none is.
	Due time.Time
}

// Ages are those of our own keys and of each of Hydra's sets. It reads no key, and not
// the id of one.
//
// Of Hydra's keys only a first one that is missing, and one that was begun and is not
// there yet, are overdue: whether they turn at all is the operator's choice.
func Ages(ctx context.Context, db bun.IDB, sets []string, now time.Time) ([]Age, error) {
	var rows []row
	err := db.NewSelect().Model(&rows).Column("state", "published_at", "activated_at", "retired_at", "hastened_at").
		Where("state <> ?", Gone).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("keyring: ages: %w", err)
	}
	keys := make([]Key, len(rows))
	for i, r := range rows {
		keys[i] = Key{
			State: r.State, PublishedAt: r.PublishedAt, ActivatedAt: deref(r.ActivatedAt), RetiredAt: deref(r.RetiredAt), HastenedAt: deref(r.HastenedAt),
		}
	}
	ages := []Age{{Use: UseTokens, Due: overdue(keys, now)}}
	if active := one(keys, Active); active != nil {
		ages[0].Since = active.ActivatedAt
	}
	var hydras []HydraKey
	err = db.NewSelect().Model(&hydras).Column("key_set", "begun_at", "signing_at").Where("gone_at IS NULL").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("keyring: ages of hydra's: %w", err)
	}
	for _, set := range sets {
		a := Age{Use: set}
		for _, k := range hydras {
			switch {
			case k.Set != set:
			case k.SigningAt == nil:
				a.Due = k.BegunAt
			case k.SigningAt.After(a.Since):
				a.Since = *k.SigningAt
			}
		}
		ages = append(ages, a)
	}
	return ages, nil
}

// overdue is since when keys wait for what has to happen to them next, or zero. What
// has to happen at once is due since the last thing that did.
func overdue(keys []Key, now time.Time) time.Time {
	_, _, at := next(keys)
	if at.IsZero() {
		for _, k := range keys {
			at = later(at, later(k.PublishedAt, later(k.ActivatedAt, k.RetiredAt)))
		}
	}
	if !at.Before(now) {
		return time.Time{}
	}
	return at
}
