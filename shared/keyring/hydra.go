package keyring

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
)

// HydraKeys remembers the ages of Hydra's own signing keys, which Hydra does not
// tell.
type HydraKeys struct {
	DB    *bun.DB
	Clock clock.Clock
}

// HydraKey is a key that is, or is to be, in one of Hydra's sets.
type HydraKey struct {
	bun.BaseModel `bun:"table:hydra_keys"`

	Set string `bun:"key_set,pk"`
	ID  string `bun:"kid,pk"`
	// BegunAt is when it was decided to make it.
	BegunAt time.Time `bun:"begun_at"`
	// SigningAt is nil until it is known to be there.
	SigningAt *time.Time `bun:"signing_at"`
}

// Living are the keys of all sets that have not been taken out, the youngest
// first, one that is still to be made before all.
func (h HydraKeys) Living(ctx context.Context) ([]HydraKey, error) {
	var keys []HydraKey
	err := h.DB.NewSelect().Model(&keys).Column("key_set", "kid", "begun_at", "signing_at").
		Where("gone_at IS NULL").OrderExpr("signing_at DESC NULLS FIRST, kid").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("keyring: hydra's keys: %w", err)
	}
	return keys, nil
}

// Begin decides that a set gets a new key, and returns the id to ask for it by:
// the same again until the key is there.
func (h HydraKeys) Begin(ctx context.Context, set string) (kid string, err error) {
	now := h.Clock.Now()
	// All sets are published in one JWKS, where an id that is there twice confuses verifiers.
	id := strings.TrimPrefix(set, "hydra.") + "-" + now.UTC().Format("20060102-150405-") + strings.ToLower(rand.Text()[:6])
	fresh := HydraKey{Set: set, ID: id, BegunAt: now}
	_, err = h.DB.NewInsert().Model(&fresh).Column("key_set", "kid", "begun_at").
		On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("keyring: begin a key of hydra's: %w", err)
	}
	err = h.DB.NewSelect().Model((*HydraKey)(nil)).Column("kid").
		Where("key_set = ? AND signing_at IS NULL AND gone_at IS NULL", set).Scan(ctx, &kid)
	if err != nil {
		return "", fmt.Errorf("keyring: the key of hydra's that was begun: %w", err)
	}
	return kid, nil
}

// Signs notes that a key signs, since a moment: one that was begun, or one that
// was found.
func (h HydraKeys) Signs(ctx context.Context, set, kid string, since time.Time) error {
	found := HydraKey{Set: set, ID: kid, BegunAt: since, SigningAt: &since}
	return h.noted(ctx, set, kid, Active, func(tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&found).Column("key_set", "kid", "begun_at", "signing_at").
			On("CONFLICT (key_set, kid) DO UPDATE").Set("signing_at = coalesce(hydra_key.signing_at, EXCLUDED.signing_at)").
			Returning("NULL").Exec(ctx)
		return err
	})
}

// Gone notes that a key has been taken out.
func (h HydraKeys) Gone(ctx context.Context, set, kid string) error {
	return h.noted(ctx, set, kid, Gone, func(tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*HydraKey)(nil)).Set("gone_at = ?", h.Clock.Now()).
			Where("key_set = ? AND kid = ? AND gone_at IS NULL", set, kid).Exec(ctx)
		return err
	})
}

func (h HydraKeys) noted(ctx context.Context, set, kid string, to State, do func(bun.Tx) error) error {
	err := h.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		return audit.Append(ctx, tx, h.Clock.Now(), audit.Event{
			Action: audit.ActionKeyTurned, Outcome: audit.Success, ActorKind: audit.ActorSystem, ActorID: "maintenance",
			Detail: map[string]string{"set": set, "kid": kid, "state": string(to)},
		})
	})
	if err != nil {
		return fmt.Errorf("keyring: a key of hydra's is %s: %w", to, err)
	}
	return nil
}
