package tenant

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Brand is how a tenant looks to its people. The database lets in only what is
// said here.
type Brand struct {
	bun.BaseModel `bun:"table:tenants"`

	Slug string `bun:"slug"`
	// Name is the tenant's own.
	Name string `bun:"name"`
	// Accent is a colour as #rrggbb in small letters, or "".
	Accent string `bun:"brand_accent"`
	// Logo is the https address of a picture, or "".
	Logo string `bun:"brand_logo"`
	// Support is where people ask for help, a mail address or an https address,
	// or "".
	Support string `bun:"brand_support"`
}

// Plain reports whether there is nothing to show: an installation with one
// tenant that nobody has dressed is just Authway.
func (b Brand) Plain() bool {
	return (b.Slug == Default || b.Slug == "") && b.Accent == "" && b.Logo == "" && b.Support == ""
}

// Brand returns how a tenant looks, or ErrUnknown.
func (s Store) Brand(ctx context.Context, id uuid.UUID) (Brand, error) {
	var b Brand
	err := s.DB.NewSelect().Model(&b).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Brand{}, ErrUnknown
	}
	if err != nil {
		return Brand{}, fmt.Errorf("tenant: read the brand: %w", err)
	}
	return b, nil
}
