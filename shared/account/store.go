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
	"disabled_at", "delete_after", "invited_at", "created_at", "updated_at",
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
	if u.InvitedAt != nil {
		written = append(written, "invited_at")
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
		Set("email_verified_at = coalesce(email_verified_at, ?)", now).Set("vouched_at = NULL").Set("updated_at = ?", now).
		Where("id = ? AND email_key = ?", id, EmailKey(email)).
		Where("email_verified_at IS NULL OR vouched_at IS NOT NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: verify the address: %w", err)
	}
	return nil
}

// Lock reads the account and keeps others who change it from doing so until the
// end of the caller's transaction. What may not become less than one (the ways
// to sign in) is counted and taken away under it. What refers to the account (a
// session, a flow) may be written beside it: such a transaction could otherwise hold
// what this one comes to next.
func (s Store) Lock(ctx context.Context, id uuid.UUID) (User, error) {
	var u User
	err := s.DB.NewSelect().Model(&u).Column(columns...).Where("id = ?", id).For("NO KEY UPDATE").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, ErrUnknown
	}
	if err != nil {
		return User{}, fmt.Errorf("account: lock: %w", err)
	}
	return u, nil
}

// Describe changes what the person says of themselves.
func (s Store) Describe(ctx context.Context, id uuid.UUID, name, locale string, now time.Time) error {
	_, err := s.DB.NewUpdate().Model((*User)(nil)).
		Set("name = ?", name).Set("locale = ?", locale).Set("updated_at = ?", now).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: describe: %w", err)
	}
	return nil
}

// ChangeEmail gives the account another address, which its person has shown to
// read the mail of. It returns ErrTaken when another account of the tenant has
// it; the transaction can go on after that.
func (s Store) ChangeEmail(ctx context.Context, u User, email string, now time.Time) error {
	result, err := s.DB.NewUpdate().Model((*User)(nil)).
		Set("email = ?", email).Set("email_key = ?", EmailKey(email)).
		Set("email_verified_at = ?", now).Set("vouched_at = NULL").Set("updated_at = ?", now).
		Where("id = ?", u.ID).
		Where("NOT EXISTS (SELECT FROM users AS other WHERE other.tenant_id = ? AND other.email_key = ? AND other.id <> ?)",
			u.TenantID, EmailKey(email), u.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: change the address: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrTaken, err)
	}
	return nil
}

// Leave lets the account be deleted after the given time; Stay takes that back.
func (s Store) Leave(ctx context.Context, id uuid.UUID, after, now time.Time) error {
	return s.setDeleteAfter(ctx, id, &after, now)
}

// Stay keeps an account that was to be deleted.
func (s Store) Stay(ctx context.Context, id uuid.UUID, now time.Time) error {
	return s.setDeleteAfter(ctx, id, nil, now)
}

func (s Store) setDeleteAfter(ctx context.Context, id uuid.UUID, after *time.Time, now time.Time) error {
	_, err := s.DB.NewUpdate().Model((*User)(nil)).
		Set("delete_after = ?", after).Set("updated_at = ?", now).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: delete after: %w", err)
	}
	return nil
}

// Leaving returns up to limit accounts whose time to be taken back is over, the
// longest waiting first. Of each it knows the id and the tenant.
func (s Store) Leaving(ctx context.Context, now time.Time, limit int64) ([]User, error) {
	var gone []User
	err := s.DB.NewSelect().Model(&gone).Column("id", "tenant_id").
		Where("delete_after <= ?", now).OrderExpr("delete_after").Limit(limit).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: leaving: %w", err)
	}
	return gone, nil
}

// Purge removes an account with everything that belongs to it, if its time is
// over, and reports whether it did: its person may have taken it back in the
// last moment.
func (s Store) Purge(ctx context.Context, id uuid.UUID) (purged bool, err error) {
	if err := s.DB.NewRaw("SELECT account_purge(?)", id).Scan(ctx, &purged); err != nil {
		return false, fmt.Errorf("account: purge: %w", err)
	}
	return purged, nil
}
