package keyring

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// remembered is how many keys that are gone are shown, the last ones.
const remembered = 20

// Life is what there is to know about a key, and nothing of the key itself.
type Life struct {
	bun.BaseModel `bun:"table:signing_keys"`

	ID          string     `bun:"kid,pk"`
	Algorithm   Algorithm  `bun:"algorithm"`
	State       State      `bun:"state"`
	PublishedAt time.Time  `bun:"published_at"`
	ActivatedAt *time.Time `bun:"activated_at"`
	RetiredAt   *time.Time `bun:"retired_at"`
	GoneAt      *time.Time `bun:"gone_at"`
	HastenedAt  *time.Time `bun:"hastened_at"`
	Compromised bool       `bun:"compromised"`
	// NextAt is when its next state may begin, at the earliest, and Next which one; nil
	// for a key that is gone.
	NextAt *time.Time `bun:"-"`
	Next   State      `bun:"-"`
}

// Lives are those of the keys in the JWKS, in its order, and then of the last ones
// that are gone. It reads no key.
func Lives(ctx context.Context, db bun.IDB) ([]Life, error) {
	var lives, gone []Life
	read := func(into *[]Life) *bun.SelectQuery {
		return db.NewSelect().Model(into).ColumnExpr("kid, algorithm, state, published_at, activated_at, retired_at, gone_at, hastened_at, compromised")
	}
	err := read(&lives).Where("state <> ?", Gone).
		OrderExpr("state = ? DESC, state = ? DESC, retired_at DESC, kid", Active, Published).Scan(ctx)
	if err == nil {
		err = read(&gone).Where("state = ?", Gone).OrderExpr("gone_at DESC, kid").Limit(remembered).Scan(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: lives: %w", err)
	}
	foresee(lives)
	return append(lives, gone...), nil
}

// foresee says when what may happen to keys next: what next says, told of each.
func foresee(lives []Life) {
	active := slices.IndexFunc(lives, func(l Life) bool { return l.State == Active })
	coming := slices.IndexFunc(lives, func(l Life) bool { return l.State == Published })
	set := func(i int, to State, at time.Time) { lives[i].Next, lives[i].NextAt = to, &at }
	if coming >= 0 {
		at := lives[coming].PublishedAt.Add(PublishWait)
		if active >= 0 {
			k := Key{ActivatedAt: deref(lives[active].ActivatedAt), HastenedAt: deref(lives[active].HastenedAt)}
			at = later(k.end(), at)
			set(active, Retiring, at)
		}
		set(coming, Active, at)
	}
	for i, l := range lives {
		if l.State == Retiring {
			set(i, Gone, deref(l.RetiredAt).Add(RetireWait))
		}
	}
}

func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// HydraLife is what there is to know about a key of Hydra's.
type HydraLife struct {
	bun.BaseModel `bun:"table:hydra_keys"`

	Set       string     `bun:"key_set"`
	ID        string     `bun:"kid"`
	BegunAt   time.Time  `bun:"begun_at"`
	SigningAt *time.Time `bun:"signing_at"`
	GoneAt    *time.Time `bun:"gone_at"`
}

// HydraLives are those of the keys in Hydra's sets, the youngest of each set first,
// and then of the last ones that are gone.
func HydraLives(ctx context.Context, db bun.IDB) ([]HydraLife, error) {
	var lives, gone []HydraLife
	err := db.NewSelect().Model(&lives).ColumnExpr("key_set, kid, begun_at, signing_at, gone_at").Where("gone_at IS NULL").
		OrderExpr("key_set, signing_at DESC NULLS FIRST, kid").Scan(ctx)
	if err == nil {
		err = db.NewSelect().Model(&gone).ColumnExpr("key_set, kid, begun_at, signing_at, gone_at").Where("gone_at IS NOT NULL").
			OrderExpr("gone_at DESC, kid").Limit(remembered).Scan(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: hydra's lives: %w", err)
	}
	return append(lives, gone...), nil
}
