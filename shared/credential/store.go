package credential

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// KindPassword is the kind of a password's row.
const KindPassword = "password"

type row struct {
	bun.BaseModel `bun:"table:credentials"`

	ID        uuid.UUID `bun:"id,pk"`
	TenantID  uuid.UUID `bun:"tenant_id"`
	UserID    uuid.UUID `bun:"user_id"`
	Kind      string    `bun:"kind"`
	Secret    string    `bun:"secret"`
	CreatedAt time.Time `bun:"created_at"`
	UpdatedAt time.Time `bun:"updated_at"`
	// RevokedAt is when the password lost its power.
	RevokedAt *time.Time `bun:"revoked_at"`
}

// Store keeps credentials in PostgreSQL.
type Store struct {
	DB bun.IDB
}

// Password is what is kept of a password.
type Password struct {
	// Hash is the PHC string, or "" when the user has no password.
	Hash string
	// Revoked says that the password opens nothing any more: somebody else may
	// know it. Its person sets another one by recovery.
	Revoked bool
}

// Password returns what is kept of the user's password, the zero value when the
// user has none.
func (s Store) Password(ctx context.Context, userID uuid.UUID) (Password, error) {
	var r row
	err := s.DB.NewSelect().Model(&r).Column("secret", "revoked_at").
		Where("user_id = ? AND kind = ?", userID, KindPassword).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Password{}, nil
	}
	if err != nil {
		return Password{}, fmt.Errorf("credential: read: %w", err)
	}
	return Password{Hash: r.Secret, Revoked: r.RevokedAt != nil}, nil
}

// PasswordHash returns the PHC string of the user's password, or "" when the
// user has none.
func (s Store) PasswordHash(ctx context.Context, userID uuid.UUID) (string, error) {
	kept, err := s.Password(ctx, userID)
	return kept.Hash, err
}

// Revoke takes the power from the user's password, if there is one, until
// another one is set.
func (s Store) Revoke(ctx context.Context, userID uuid.UUID, now time.Time) error {
	_, err := s.DB.NewUpdate().Model((*row)(nil)).Set("revoked_at = ?", now).
		Where("user_id = ? AND kind = ? AND revoked_at IS NULL", userID, KindPassword).Exec(ctx)
	if err != nil {
		return fmt.Errorf("credential: revoke the password: %w", err)
	}
	return nil
}

// PasswordSince returns when the user's password was set, or nil when the user
// has none.
func (s Store) PasswordSince(ctx context.Context, userID uuid.UUID) (*time.Time, error) {
	var r row
	err := s.DB.NewSelect().Model(&r).Column("updated_at").
		Where("user_id = ? AND kind = ?", userID, KindPassword).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("credential: read: %w", err)
	}
	return &r.UpdatedAt, nil
}

// RemovePassword takes the user's password away. Whether another way to sign in
// is left is the caller's to know.
func (s Store) RemovePassword(ctx context.Context, userID uuid.UUID) error {
	_, err := s.DB.NewDelete().Model((*row)(nil)).Where("user_id = ? AND kind = ?", userID, KindPassword).Exec(ctx)
	if err != nil {
		return fmt.Errorf("credential: remove the password: %w", err)
	}
	return nil
}

// ReplaceHash puts fresh in the place of old, the hash of the same password. If
// the password has been changed meanwhile, that change stays.
func (s Store) ReplaceHash(ctx context.Context, userID uuid.UUID, old, fresh string, now time.Time) error {
	_, err := s.DB.NewUpdate().Model((*row)(nil)).Set("secret = ?, updated_at = ?", fresh, now).
		Where("user_id = ? AND kind = ? AND secret = ?", userID, KindPassword, old).Exec(ctx)
	if err != nil {
		return fmt.Errorf("credential: renew the hash: %w", err)
	}
	return nil
}

// SetPassword keeps hash, the result of Hasher.Hash, as the user's one
// password. It ends a revocation.
func (s Store) SetPassword(ctx context.Context, tenantID, userID uuid.UUID, hash string, now time.Time) error {
	r := row{
		ID: uuid.New(), TenantID: tenantID, UserID: userID, Kind: KindPassword, Secret: hash,
		CreatedAt: now, UpdatedAt: now,
	}
	result, err := s.DB.NewInsert().Model(&r).
		On("CONFLICT (user_id) WHERE kind = 'password' DO UPDATE").
		Set("secret = EXCLUDED.secret, updated_at = EXCLUDED.updated_at, revoked_at = NULL").
		Where("row.tenant_id = EXCLUDED.tenant_id").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("credential: set the password: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errors.New("credential: the user is of another tenant"), err)
	}
	return nil
}
