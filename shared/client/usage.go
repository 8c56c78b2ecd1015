package client

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Unused is after how long without a token an application is marked.
const Unused = 90 * 24 * time.Hour

type usageRow struct {
	bun.BaseModel `bun:"table:client_usage"`

	ClientID   string    `bun:"client_id,pk"`
	TenantID   uuid.UUID `bun:"tenant_id"`
	LastUsedAt time.Time `bun:"last_used_at"`
}

// Usage keeps when clients last got a token.
type Usage struct {
	DB bun.IDB
}

// Note says that a client got one. A time before the one that is known changes
// nothing.
func (u Usage) Note(ctx context.Context, tenantID uuid.UUID, id string, at time.Time) error {
	row := usageRow{ClientID: id, TenantID: tenantID, LastUsedAt: at}
	_, err := u.DB.NewInsert().Model(&row).On("CONFLICT (client_id) DO UPDATE").
		Set("tenant_id = EXCLUDED.tenant_id, last_used_at = greatest(?TableAlias.last_used_at, EXCLUDED.last_used_at)").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("client: usage: %w", err)
	}
	return nil
}

// Of is when each of the clients last got one, as far as that is known.
func (u Usage) Of(ctx context.Context, ids []string) (map[string]time.Time, error) {
	found := make(map[string]time.Time, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	var rows []usageRow
	if err := u.DB.NewSelect().Model(&rows).Column("client_id", "last_used_at").Where("client_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("client: usage: %w", err)
	}
	for _, r := range rows {
		found[r.ClientID] = r.LastUsedAt
	}
	return found, nil
}

// Forget drops it for a client that is gone.
func (u Usage) Forget(ctx context.Context, id string) error {
	if _, err := u.DB.NewDelete().Model((*usageRow)(nil)).Where("client_id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("client: forget usage: %w", err)
	}
	return nil
}
