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
}

// Store keeps credentials in PostgreSQL.
type Store struct {
	DB bun.IDB
}

// PasswordHash returns the PHC string of the user's password, or "" when the
// user has none.
func (s Store) PasswordHash(ctx context.Context, userID uuid.UUID) (string, error) {
	var r row
	err := s.DB.NewSelect().Model(&r).Column("secret").
		Where("user_id = ? AND kind = ?", userID, KindPassword).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("credential: read: %w", err)
	}
	return r.Secret, nil
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
// password.
func (s Store) SetPassword(ctx context.Context, tenantID, userID uuid.UUID, hash string, now time.Time) error {
	r := row{
		ID: uuid.New(), TenantID: tenantID, UserID: userID, Kind: KindPassword, Secret: hash,
		CreatedAt: now, UpdatedAt: now,
	}
	result, err := s.DB.NewInsert().Model(&r).
		On("CONFLICT (user_id) WHERE kind = 'password' DO UPDATE").
		Set("secret = EXCLUDED.secret, updated_at = EXCLUDED.updated_at").
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
