package identity

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// FactsOf returns the links of an account, the oldest first, without the subjects that
// the providers know the person by.
func (s Store) FactsOf(ctx context.Context, userID uuid.UUID) ([]Identity, error) {
	var all []Identity
	err := s.DB.NewSelect().Model(&all).Column("id", "tenant_id", "user_id", "provider", "issuer", "email", "created_at", "used_at").
		Where("user_id = ?", userID).OrderExpr("created_at, id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("identity: facts: %w", err)
	}
	return all, nil
}
