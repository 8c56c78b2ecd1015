package administrator

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Spare returns ErrLastOwner if the installation would be left without an owner who can
// sign in once the account cannot. It is for the transaction that keeps the account out:
// two owners who do that to each other at once must not both succeed.
func (s Store) Spare(ctx context.Context, userID uuid.UUID) error {
	owns, err := s.DB.NewSelect().Model((*Grant)(nil)).Where("of_tenant IS NULL AND role = ? AND user_id = ?", Owner, userID).Exists(ctx)
	if err != nil {
		return fmt.Errorf("administrator: owners: %w", err)
	}
	if !owns {
		return nil
	}
	if _, err := s.DB.NewRaw("SELECT pg_advisory_xact_lock(hashtext('administrators'))").Exec(ctx); err != nil {
		return fmt.Errorf("administrator: lock: %w", err)
	}
	others, err := s.DB.NewSelect().Model((*Grant)(nil)).Join("JOIN users AS u ON u.id = ?TableAlias.user_id").
		Where("of_tenant IS NULL AND role = ? AND user_id <> ?", Owner, userID).
		Where("u.disabled_at IS NULL AND u.delete_after IS NULL").Exists(ctx)
	if err != nil {
		return fmt.Errorf("administrator: owners: %w", err)
	}
	if !others {
		return ErrLastOwner
	}
	return nil
}

// Any reports which of the accounts administer something.
func (s Store) Any(ctx context.Context, userIDs []uuid.UUID) (map[uuid.UUID]bool, error) {
	found := map[uuid.UUID]bool{}
	if len(userIDs) == 0 {
		return found, nil
	}
	var ids []uuid.UUID
	err := s.DB.NewSelect().Model((*Grant)(nil)).ColumnExpr("DISTINCT user_id").Where("user_id IN (?)", bun.List(userIDs)).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("administrator: any: %w", err)
	}
	for _, id := range ids {
		found[id] = true
	}
	return found, nil
}
