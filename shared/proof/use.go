package proof

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// UseCode uses the proof of a flow up with its code, as ParseCode gives it, and
// returns it with its Data. Otherwise it returns ErrUnknown, ErrUsed,
// ErrExpired, or ErrWrong after counting the try.
func (s Store) UseCode(ctx context.Context, tx bun.IDB, flowID string, purpose Purpose, code string) (Proof, error) {
	return s.useCode(ctx, tx, code, ofFlow, flowID, purpose)
}

// UseAccountCode is UseCode for a proof of ByAccount.
func (s Store) UseAccountCode(ctx context.Context, tx bun.IDB, userID uuid.UUID, purpose Purpose, code string) (Proof, error) {
	return s.useCode(ctx, tx, code, ofAccount, userID, purpose)
}

func (s Store) useCode(ctx context.Context, tx bun.IDB, code, where string, args ...any) (Proof, error) {
	r, err := read(ctx, tx.NewSelect().For("UPDATE"), where, args...)
	if err != nil {
		return Proof{}, err
	}
	if err := s.usable(r); err != nil {
		return s.refuse(r, err)
	}
	if r.Attempts >= MaxAttempts {
		return s.refuse(r, ErrExpired)
	}
	if !s.Box.CheckMAC(placeCode, slices.Concat(r.ID[:], []byte(code)), r.CodeHash) {
		_, err := tx.NewUpdate().Model((*row)(nil)).Set("attempts = attempts + 1").Where("id = ?", r.ID).Exec(ctx)
		if err != nil {
			return Proof{}, fmt.Errorf("proof: count: %w", err)
		}
		return s.refuse(r, ErrWrong)
	}
	return s.use(ctx, tx, r, ByCode)
}

// UseLink uses a proof up with its link. It returns ErrUnknown, ErrUsed or
// ErrExpired when it cannot.
func (s Store) UseLink(ctx context.Context, tx bun.IDB, token string) (Proof, error) {
	r, err := read(ctx, tx.NewSelect().For("UPDATE"), "link_hash = ?", hashToken(token))
	if err != nil {
		return Proof{}, err
	}
	if err := s.usable(r); err != nil {
		return s.refuse(r, err)
	}
	return s.use(ctx, tx, r, ByLink)
}

func (s Store) usable(r row) error {
	switch {
	case r.UsedAt != nil:
		return ErrUsed
	case !s.Clock.Now().Before(r.ExpiresAt):
		return ErrExpired
	}
	return nil
}

// refuse returns the proof as it is with the reason.
func (s Store) refuse(r row, reason error) (Proof, error) {
	p, err := s.open(r)
	if err != nil {
		return Proof{}, err
	}
	p.Data = nil
	return p, reason
}

// use marks the row. The lock alone would do; the condition holds even for a
// caller who is in no transaction.
func (s Store) use(ctx context.Context, tx bun.IDB, r row, by string) (Proof, error) {
	now := s.Clock.Now()
	p, err := s.open(r)
	if err != nil {
		return Proof{}, err
	}
	var id uuid.UUID
	err = tx.NewUpdate().Model((*row)(nil)).
		Set("used_at = ?", now).Set("used_by = ?", by).Set("data = NULL").
		Where("id = ? AND used_at IS NULL", r.ID).Returning("id").Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return s.refuse(r, ErrUsed)
	}
	if err != nil {
		return Proof{}, fmt.Errorf("proof: use: %w", err)
	}
	p.UsedAt, p.UsedBy = &now, by
	return p, nil
}

// Belongs notes the account that came of a proof.
func (s Store) Belongs(ctx context.Context, tx bun.IDB, id, userID uuid.UUID) error {
	_, err := tx.NewUpdate().Model((*row)(nil)).Set("user_id = ?", userID).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("proof: belongs: %w", err)
	}
	return nil
}

// Take lets the flow's own browser go on with a used proof, once. Afterwards,
// or when it has waited for longer than Lifetime, it returns ErrUsed.
func (s Store) Take(ctx context.Context, tx bun.IDB, id uuid.UUID) error {
	now := s.Clock.Now()
	var taken uuid.UUID
	err := tx.NewUpdate().Model((*row)(nil)).Set("taken_at = ?", now).
		Where("id = ? AND used_at > ? AND taken_at IS NULL", id, now.Add(-Lifetime)).Returning("id").Scan(ctx, &taken)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrUsed
	}
	if err != nil {
		return fmt.Errorf("proof: take: %w", err)
	}
	return nil
}

// Revoke ends the other proofs of an account for a purpose: what they were
// asked for has been done. Somebody who read the mail before is not to do it
// once more.
func (s Store) Revoke(ctx context.Context, tx bun.IDB, userID uuid.UUID, purpose Purpose, except uuid.UUID) error {
	now := s.Clock.Now()
	_, err := tx.NewUpdate().Model((*row)(nil)).
		Set("expires_at = least(expires_at, ?)", now).
		Set("taken_at = CASE WHEN used_at IS NOT NULL THEN coalesce(taken_at, ?) END", now).
		Where("user_id = ? AND purpose = ? AND id <> ?", userID, purpose, except).Exec(ctx)
	if err != nil {
		return fmt.Errorf("proof: revoke: %w", err)
	}
	return nil
}
