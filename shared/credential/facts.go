package credential

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Facts are what may be told to others about a password.
type Facts struct {
	// Since is when it was set, nil when there is none.
	Since *time.Time
	// RevokedAt is when it lost its power, or nil.
	RevokedAt *time.Time
}

// FactsOf returns those of the user's password.
func (s Store) FactsOf(ctx context.Context, userID uuid.UUID) (Facts, error) {
	var r row
	err := s.DB.NewSelect().Model(&r).Column("updated_at", "revoked_at").
		Where("user_id = ? AND kind = ?", userID, KindPassword).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Facts{}, nil
	}
	if err != nil {
		return Facts{}, fmt.Errorf("credential: facts: %w", err)
	}
	return Facts{Since: &r.UpdatedAt, RevokedAt: r.RevokedAt}, nil
}
