package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// columns are listed because an older revision must go on working when a
// migration has added one.
var columns = []string{
	"id", "tenant_id", "email", "email_key", "email_verified_at", "name", "locale", "roles",
	"disabled_at", "created_at", "updated_at",
}

// Store keeps accounts in PostgreSQL.
type Store struct {
	DB bun.IDB
}

// ByEmail finds an account of the tenant by its address in any spelling, or
// returns ErrUnknown.
func (s Store) ByEmail(ctx context.Context, tenantID uuid.UUID, email string) (User, error) {
	return s.one(ctx, "tenant_id = ? AND email_key = ?", tenantID, EmailKey(email))
}

// ByID finds an account by its id, which is the subject of its tokens, or
// returns ErrUnknown.
func (s Store) ByID(ctx context.Context, id uuid.UUID) (User, error) {
	return s.one(ctx, "id = ?", id)
}

func (s Store) one(ctx context.Context, where string, args ...any) (User, error) {
	var u User
	err := s.DB.NewSelect().Model(&u).Column(columns...).Where(where, args...).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, ErrUnknown
	}
	if err != nil {
		return User{}, fmt.Errorf("account: read: %w", err)
	}
	return u, nil
}

// Create adds an account. It returns ErrTaken when the tenant has the address
// already; two concurrent calls with one address create one account.
func (s Store) Create(ctx context.Context, u User) error {
	u.EmailKey = EmailKey(u.Email)
	written := []string{"id", "tenant_id", "email", "email_key", "email_verified_at", "name", "locale", "created_at", "updated_at"}
	if len(u.Roles) > 0 {
		// A function that registers people may not write this column.
		written = append(written, "roles")
	}
	result, err := s.DB.NewInsert().Model(&u).Column(written...).
		On("CONFLICT (tenant_id, email_key) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: create: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrTaken, err)
	}
	return nil
}

// VerifyEmail notes that the account's person reads the mail of that address,
// if it is still the account's.
func (s Store) VerifyEmail(ctx context.Context, id uuid.UUID, email string, now time.Time) error {
	_, err := s.DB.NewUpdate().Model((*User)(nil)).
		Set("email_verified_at = ?", now).Set("updated_at = ?", now).
		Where("id = ? AND email_key = ? AND email_verified_at IS NULL", id, EmailKey(email)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: verify the address: %w", err)
	}
	return nil
}
