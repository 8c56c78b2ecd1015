package passkey

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// FactsOf returns what may be told to others about an account's passkeys, the oldest
// first: not the browsers' names for them.
func (s Store) FactsOf(ctx context.Context, userID uuid.UUID) ([]Passkey, error) {
	var rows []row
	err := s.DB.NewSelect().Model(&rows).Column("id", "label", "backed_up", "user_verified", "used_at", "created_at").
		Where("user_id = ? AND kind = ?", userID, kind).OrderExpr("created_at, id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("passkey: facts: %w", err)
	}
	found := make([]Passkey, len(rows))
	for i, r := range rows {
		found[i] = r.passkey()
	}
	return found, nil
}
