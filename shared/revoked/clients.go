package revoked

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Clients keeps when all tokens of an application were taken back. A board is
// forgotten; this is not, and outlives every refresh token.
type Clients struct {
	DB bun.IDB
}

type clientRow struct {
	bun.BaseModel `bun:"table:client_revocations"`

	ClientID  string    `bun:"client_id,pk"`
	TenantID  uuid.UUID `bun:"tenant_id"`
	RevokedAt time.Time `bun:"revoked_at"`
}

// Revoke notes that what the application was granted before is not renewed.
func (c Clients) Revoke(ctx context.Context, tenantID uuid.UUID, clientID string, now time.Time) error {
	row := clientRow{ClientID: clientID, TenantID: tenantID, RevokedAt: now}
	_, err := c.DB.NewInsert().Model(&row).On("CONFLICT (client_id) DO UPDATE").
		Set("revoked_at = greatest(?TableAlias.revoked_at, EXCLUDED.revoked_at)").Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("revoked: client: %w", err)
	}
	return nil
}

// At is when that was, or the zero time if it never was.
func (c Clients) At(ctx context.Context, clientID string) (time.Time, error) {
	var row clientRow
	err := c.DB.NewSelect().Model(&row).Column("revoked_at").Where("client_id = ?", clientID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("revoked: client: %w", err)
	}
	return row.RevokedAt, nil
}
