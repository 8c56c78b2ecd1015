package tenant

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// MaxLogo is how many bytes a picture may have, and MaxLogoSide how many points it
// may be wide and high.
const (
	MaxLogo     = 64 << 10
	MaxLogoSide = 1024
)

// ErrNoLogo says that no tenant has that picture.
var ErrNoLogo = errors.New("tenant: no such picture")

// Logo is a tenant's picture.
type Logo struct {
	bun.BaseModel `bun:"table:tenant_logos"`

	TenantID  uuid.UUID `bun:"tenant_id"`
	Sum       string    `bun:"sha256"`
	MediaType string    `bun:"media_type"`
	Content   []byte    `bun:"content"`
	CreatedAt time.Time `bun:"created_at"`
}

// SumOf names a picture: its SHA-256 in hex.
func SumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Logos keeps the pictures of tenants in PostgreSQL. Whoever adds one has looked at
// what it is.
type Logos struct {
	DB bun.IDB
}

// BySum finds a picture, whichever tenant's it is, or returns ErrNoLogo. Pictures are
// shown to everybody who gets to a sign-in page.
func (s Logos) BySum(ctx context.Context, sum string) (Logo, error) {
	var l Logo
	err := s.DB.NewSelect().Model(&l).Column("tenant_id", "sha256", "media_type", "content", "created_at").
		Where("sha256 = ?", sum).Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Logo{}, ErrNoLogo
	}
	if err != nil {
		return Logo{}, fmt.Errorf("tenant: read a picture: %w", err)
	}
	return l, nil
}

// put keeps l as the tenant's one picture; without content there is none any more.
func (s Logos) put(ctx context.Context, l Logo) error {
	if len(l.Content) == 0 {
		if _, err := s.DB.NewDelete().Model((*Logo)(nil)).Where("tenant_id = ?", l.TenantID).Exec(ctx); err != nil {
			return fmt.Errorf("tenant: remove a picture: %w", err)
		}
		return nil
	}
	_, err := s.DB.NewInsert().Model(&l).Column("tenant_id", "sha256", "media_type", "content", "created_at").
		On("CONFLICT (tenant_id) DO UPDATE").Set("sha256 = EXCLUDED.sha256").Set("media_type = EXCLUDED.media_type").
		Set("content = EXCLUDED.content").Set("created_at = EXCLUDED.created_at").Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("tenant: keep a picture: %w", err)
	}
	return nil
}
