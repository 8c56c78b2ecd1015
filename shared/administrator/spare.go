package administrator

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Spare returns ErrLastOwner if the installation would be left without an owner who can
// sign in once the account cannot, or owns it no more. It is for the transaction that
// does that, before it locks the account: it takes Lock.
func (s Store) Spare(ctx context.Context, userID uuid.UUID) error {
	var spared bool
	if err := s.DB.NewRaw("SELECT administration_spares(?)", userID).Scan(ctx, &spared); err != nil {
		return fmt.Errorf("administrator: owners: %w", err)
	}
	if !spared {
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
