package keyring

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/audit"
)

// Change is a step in the life of a key.
type Change struct {
	KeyID string
	// To is the state that it came to.
	To State
}

// Changes are what a turn has done.
type Changes []Change

// String names every key and its new state.
func (c Changes) String() string {
	if len(c) == 0 {
		return "nothing to turn"
	}
	said := make([]string, len(c))
	for i, change := range c {
		said[i] = fmt.Sprintf("%s %s", change.KeyID, change.To)
	}
	return strings.Join(said, ", ")
}

// Turn does everything that is due. seed is the first key of an empty ring; with
// nil, one is made. Of two that turn at once, the second finds nothing to do.
func (s Store) Turn(ctx context.Context, seed *Pair) (Changes, error) {
	return s.inTurn(ctx, func(ctx context.Context, t *turn) error { return t.run(ctx, seed) })
}

// Compromise takes a key out of the JWKS now, whatever it was good for, and puts
// the next one in its place: no token of it verifies any more once the processes
// and the verifiers have read the JWKS again. ErrUnknown when no such key lives.
func (s Store) Compromise(ctx context.Context, kid string) (Changes, error) {
	return s.inTurn(ctx, func(ctx context.Context, t *turn) error {
		err := t.move(ctx, kid, Gone, "gone_at = ?, compromised = true, private_key = NULL", t.now)
		if err != nil {
			return err
		}
		return t.run(ctx, nil)
	})
}

// Hasten lets the next key sign as soon as everybody can know it (PublishWait): now,
// unless it was published a moment ago. The one that signs retires then as always.
func (s Store) Hasten(ctx context.Context) (Changes, error) {
	return s.inTurn(ctx, func(ctx context.Context, t *turn) error {
		_, err := t.tx.NewUpdate().Model((*row)(nil)).Set("hastened_at = ?", t.now).
			Where("state = ? AND hastened_at IS NULL", Active).Exec(ctx)
		if err != nil {
			return fmt.Errorf("keyring: hasten: %w", err)
		}
		return t.run(ctx, nil)
	})
}

// turn is one transaction.
type turn struct {
	store   Store
	tx      bun.IDB
	now     time.Time
	changes Changes
}

func (s Store) inTurn(ctx context.Context, do func(context.Context, *turn) error) (Changes, error) {
	t := &turn{store: s, now: s.Clock.Now()}
	err := s.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		t.tx = tx
		// One after the other, so that the second sees what the first has done.
		if _, err := tx.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended('signing_keys', 0))").Exec(ctx); err != nil {
			return fmt.Errorf("keyring: wait for the turn: %w", err)
		}
		return do(ctx, t)
	})
	if err != nil {
		return nil, err
	}
	return t.changes, nil
}

func (t *turn) run(ctx context.Context, seed *Pair) error {
	for {
		keys, err := known(ctx, t.tx)
		if err != nil {
			return err
		}
		what, kid, at := next(keys)
		if at.After(t.now) {
			return nil
		}
		switch what {
		case publish:
			err = t.publish(ctx, seed)
		case activate:
			err = t.activate(ctx, kid, one(keys, Active))
		case remove:
			err = t.move(ctx, kid, Gone, "gone_at = ?", t.now)
		}
		if err != nil {
			return err
		}
	}
}

// publish adds a key: of the kind of the youngest there has been, or the seed
// when there has been none.
func (t *turn) publish(ctx context.Context, seed *Pair) error {
	var youngest row
	err := t.tx.NewSelect().Model(&youngest).Column(columns...).OrderExpr("published_at DESC, activated_at DESC").Limit(1).Scan(ctx)
	first := errors.Is(err, sql.ErrNoRows)
	if err != nil && !first {
		return fmt.Errorf("keyring: read the youngest: %w", err)
	}
	var pair Pair
	switch {
	case first && seed != nil:
		pair, err = *seed, nil
	case first:
		pair, err = successor(nil)
	default:
		var before Key
		if before, err = youngest.key(); err == nil {
			pair, err = successor(&before)
		}
	}
	if err != nil {
		return err
	}
	return t.insert(ctx, pair.key)
}

func (t *turn) insert(ctx context.Context, k Key) error {
	private, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return fmt.Errorf("keyring: key %s: %w", k.ID, err)
	}
	public, err := x509.MarshalPKIXPublicKey(k.Public)
	if err != nil {
		return fmt.Errorf("keyring: key %s: %w", k.ID, err)
	}
	r := row{
		ID: k.ID, Algorithm: k.Algorithm, State: Published, Public: public,
		Private: t.store.Box.Seal(placePrivate+k.ID, private), PublishedAt: t.now,
	}
	if _, err := t.tx.NewInsert().Model(&r).Column(columns...).Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("keyring: publish: %w", err)
	}
	return t.note(ctx, k.ID, Published)
}

// activate lets a key sign in the place of the one that does, if one does.
func (t *turn) activate(ctx context.Context, kid string, before *Key) error {
	if before != nil {
		if err := t.move(ctx, before.ID, Retiring, "retired_at = ?, private_key = NULL", t.now); err != nil {
			return err
		}
	}
	return t.move(ctx, kid, Active, "activated_at = ?", t.now)
}

func (t *turn) move(ctx context.Context, kid string, to State, set string, args ...any) error {
	result, err := t.tx.NewUpdate().Model((*row)(nil)).Set("state = ?", to).Set(set, args...).
		Where("kid = ? AND state <> ?", kid, Gone).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keyring: %s: %w", to, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrUnknown, err)
	}
	return t.note(ctx, kid, to)
}

func (t *turn) note(ctx context.Context, kid string, to State) error {
	t.changes = append(t.changes, Change{KeyID: kid, To: to})
	return audit.Append(ctx, t.tx, t.now, audit.Event{
		Action: audit.ActionKeyTurned, Outcome: audit.Success,
		ActorKind: audit.ActorSystem, ActorID: "maintenance",
		Detail: map[string]string{"kid": kid, "state": string(to)},
	})
}
