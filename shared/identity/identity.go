package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

var (
	// ErrUnknown says that no account is linked to the subject.
	ErrUnknown = errors.New("identity: unknown")
	// ErrTaken says that an account, this one or another, has the subject already.
	ErrTaken = errors.New("identity: linked already")
)

// Identity is one link.
type Identity struct {
	bun.BaseModel `bun:"table:identities"`

	ID       uuid.UUID `bun:"id,pk"`
	TenantID uuid.UUID `bun:"tenant_id"`
	UserID   uuid.UUID `bun:"user_id"`
	// Provider is the id of the issuer in the settings.
	Provider string `bun:"provider"`
	Issuer   string `bun:"issuer"`
	Subject  string `bun:"subject"`
	// Email is what the provider wrote when the link was made, or "".
	Email     string     `bun:"email"`
	CreatedAt time.Time  `bun:"created_at"`
	UsedAt    *time.Time `bun:"used_at"`
}

// columns are listed because an older revision must go on working when a
// migration has added one.
var columns = []string{"id", "tenant_id", "user_id", "provider", "issuer", "subject", "email", "created_at", "used_at"}

// Store keeps identities in PostgreSQL.
type Store struct {
	DB bun.IDB
}

// Find returns the link of an issuer's subject in a tenant, or ErrUnknown.
func (s Store) Find(ctx context.Context, tenantID uuid.UUID, issuer, subject string) (Identity, error) {
	var found Identity
	err := s.DB.NewSelect().Model(&found).Column(columns...).
		Where("tenant_id = ? AND issuer = ? AND subject = ?", tenantID, issuer, subject).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Identity{}, ErrUnknown
	}
	if err != nil {
		return Identity{}, fmt.Errorf("identity: find: %w", err)
	}
	return found, nil
}

// Of returns the links of an account, the oldest first.
func (s Store) Of(ctx context.Context, userID uuid.UUID) ([]Identity, error) {
	var all []Identity
	err := s.DB.NewSelect().Model(&all).Column(columns...).Where("user_id = ?", userID).
		OrderExpr("created_at, id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("identity: of: %w", err)
	}
	return all, nil
}

// Add makes a link at now, or returns ErrTaken: of any number of calls at once
// for one subject, one succeeds.
func (s Store) Add(ctx context.Context, i Identity, now time.Time) error {
	i.ID, i.CreatedAt = uuid.New(), now
	result, err := s.DB.NewInsert().Model(&i).Column(columns...).
		On("CONFLICT (tenant_id, issuer, subject) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("identity: add: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrTaken, err)
	}
	return nil
}

// Used notes that somebody signed in with the link.
func (s Store) Used(ctx context.Context, id uuid.UUID, now time.Time) error {
	_, err := s.DB.NewUpdate().Model((*Identity)(nil)).Set("used_at = ?", now).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("identity: used: %w", err)
	}
	return nil
}

// Remove takes an account's links to a provider away and returns how many there
// were.
func (s Store) Remove(ctx context.Context, userID uuid.UUID, provider string) (int, error) {
	result, err := s.DB.NewDelete().Model((*Identity)(nil)).
		Where("user_id = ? AND provider = ?", userID, provider).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("identity: remove: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// RemoveSince takes away the links that an account was given from then on, and
// returns how many there were.
func (s Store) RemoveSince(ctx context.Context, userID uuid.UUID, then time.Time) (int64, error) {
	result, err := s.DB.NewDelete().Model((*Identity)(nil)).
		Where("user_id = ? AND created_at >= ?", userID, then).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("identity: remove since: %w", err)
	}
	return result.RowsAffected()
}
