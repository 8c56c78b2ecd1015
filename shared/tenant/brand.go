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
	// Logo is the https address of a picture for mail, or "". Picture comes before it.
	Logo string `bun:"brand_logo"`
	// Picture is the SHA-256 in hex of the tenant's own (Logos), or "".
	Picture string `bun:"brand_picture"`
	// Support is where people ask for help, a mail address or an https address,
	// or "".
	Support string `bun:"brand_support"`
	// Terms and Privacy are https addresses, or "".
	Terms   string `bun:"brand_terms"`
	Privacy string `bun:"brand_privacy"`
	// Welcome is a sentence of the sign-in page, by language. It is plain text.
	Welcome map[string]string `bun:"brand_welcome,type:jsonb"`
}

// Plain reports whether there is nothing to show: an installation with one
// tenant that nobody has dressed is just Authway.
func (b Brand) Plain() bool {
	return (b.Slug == Default || b.Slug == "") && b.Accent == "" && b.Logo == "" && b.Support == "" &&
		b.Picture == "" && b.Terms == "" && b.Privacy == "" && len(b.Welcome) == 0
}

// PicturePath is where the login function serves the tenant's picture, or "".
func (b Brand) PicturePath() string {
	if b.Picture == "" {
		return ""
	}
	return PathBrand + b.Picture
}

// PathBrand is below what the login function serves of the looks of tenants: pictures
// by their SHA-256, and style sheets by their accent (NAME.css).
const PathBrand = "/login/brand/"

var brandColumns = []string{
	"slug", "name", "brand_accent", "brand_logo", "brand_picture", "brand_support", "brand_terms", "brand_privacy", "brand_welcome",
}

// Brand returns how a tenant looks, or ErrUnknown.
func (s Store) Brand(ctx context.Context, id uuid.UUID) (Brand, error) {
	var b Brand
	err := s.DB.NewSelect().Model(&b).Column(brandColumns...).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Brand{}, ErrUnknown
	}
	if err != nil {
		return Brand{}, fmt.Errorf("tenant: read the brand: %w", err)
	}
	return b, nil
}
