package credential

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Readable returns ErrHash for what Verify could not check a password against: a
// scheme that nobody knows here, a mistake in its form, or a cost beyond all bounds.
func Readable(encoded string) error {
	_, err := parse(encoded)
	return err
}

// Imported is the hash of an account that comes from another system.
type Imported struct {
	TenantID, UserID uuid.UUID
	Hash             string
}

// AddMany keeps hashes of accounts that have no password. Each is Readable.
func (s Store) AddMany(ctx context.Context, imported []Imported, now time.Time) error {
	if len(imported) == 0 {
		return nil
	}
	rows := make([]row, len(imported))
	for i, c := range imported {
		rows[i] = row{ID: uuid.New(), TenantID: c.TenantID, UserID: c.UserID, Kind: KindPassword, Secret: c.Hash, CreatedAt: now, UpdatedAt: now}
	}
	_, err := s.DB.NewInsert().Model(&rows).Column("id", "tenant_id", "user_id", "kind", "secret", "created_at", "updated_at").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("credential: add many: %w", err)
	}
	return nil
}

// Hashes returns those of accounts' passwords, by account. What was revoked is not
// among them.
func (s Store) Hashes(ctx context.Context, tenantID uuid.UUID, users []uuid.UUID) (map[uuid.UUID]string, error) {
	hashes := map[uuid.UUID]string{}
	if len(users) == 0 {
		return hashes, nil
	}
	var rows []struct {
		UserID uuid.UUID `bun:"user_id"`
		Hash   string    `bun:"hash"`
	}
	// The view shows administration what it may take away, and nothing else.
	err := s.DB.NewSelect().Table("account_hashes").Column("user_id", "hash").
		Where("tenant_id = ? AND user_id IN (?)", tenantID, bun.List(users)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("credential: hashes: %w", err)
	}
	for _, r := range rows {
		hashes[r.UserID] = r.Hash
	}
	return hashes, nil
}
