package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Version changes with everything of an account that can be edited, and with nothing
// else: whoever edits says what they have read.
func (u User) Version() string {
	roles := u.Roles
	if roles == nil {
		roles = []string{}
	}
	verified := u.EmailVerifiedAt != nil
	text, _ := json.Marshal([]any{u.Email, verified, u.Name, u.Locale, roles})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Edit writes all that can be edited of an account that the caller's transaction has
// locked (Lock). It returns ErrTaken when another account of the tenant has the
// address; the transaction can go on after that.
//
// Who edits is not the person: an address that is new, or said to be proved, is one
// that somebody vouches for (Vouched).
func (s Store) Edit(ctx context.Context, u User, now time.Time) error {
	u.EmailKey, u.UpdatedAt = EmailKey(u.Email), now
	if u.Roles == nil {
		u.Roles = []string{}
	}
	result, err := s.DB.NewUpdate().Model(&u).
		Column("email", "email_key", "email_verified_at", "name", "locale", "roles", "updated_at").WherePK().
		Set("vouched_at = CASE WHEN email_key <> ? OR email_verified_at IS NULL AND ? THEN ?::timestamptz ELSE vouched_at END",
			u.EmailKey, u.EmailVerifiedAt != nil, now).
		Where("NOT EXISTS (SELECT FROM users AS other WHERE other.tenant_id = ? AND other.email_key = ? AND other.id <> ?)",
			u.TenantID, u.EmailKey, u.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: edit: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrTaken, err)
	}
	return nil
}

// Vouched reports whether the account's address is its person's by the word of an
// administrator alone.
func (s Store) Vouched(ctx context.Context, id uuid.UUID) (bool, error) {
	vouched, err := s.DB.NewSelect().Model((*User)(nil)).Where("id = ? AND vouched_at IS NOT NULL", id).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("account: vouched: %w", err)
	}
	return vouched, nil
}

// Block keeps the person from proving who they are; Unblock takes that back.
func (s Store) Block(ctx context.Context, id uuid.UUID, now time.Time) error {
	return s.setDisabled(ctx, id, &now, now)
}

// Unblock lets the person sign in again.
func (s Store) Unblock(ctx context.Context, id uuid.UUID, now time.Time) error {
	return s.setDisabled(ctx, id, nil, now)
}

func (s Store) setDisabled(ctx context.Context, id uuid.UUID, since *time.Time, now time.Time) error {
	_, err := s.DB.NewUpdate().Model((*User)(nil)).
		Set("disabled_at = ?", since).Set("updated_at = ?", now).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: block: %w", err)
	}
	return nil
}

// In finds an account of the tenant by its id, or returns ErrUnknown.
func (s Store) In(ctx context.Context, tenantID, id uuid.UUID) (User, error) {
	return s.one(ctx, "id = ? AND tenant_id = ?", id, tenantID)
}

// Among returns the accounts of those ids that the tenant has.
func (s Store) Among(ctx context.Context, tenantID uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]User, error) {
	found := make(map[uuid.UUID]User, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	var users []User
	err := s.DB.NewSelect().Model(&users).Column(columns...).Where("tenant_id = ? AND id IN (?)", tenantID, bun.List(ids)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: among: %w", err)
	}
	for _, u := range users {
		found[u.ID] = u
	}
	return found, nil
}
