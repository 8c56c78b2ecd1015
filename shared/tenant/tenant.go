// Package tenant knows the single-sign-on boundaries: a person belongs to one
// tenant and can sign in only to that tenant's applications. An application
// names its tenant in its client metadata at Ory Hydra; one that names none
// belongs to the default tenant.
package tenant

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Default is the slug of the tenant that every installation has.
const Default = "default"

// MetadataKey is where a client's metadata names its tenant.
const MetadataKey = "tenant"

// ErrUnknown says that there is no tenant of that name.
var ErrUnknown = errors.New("tenant: unknown")

// Tenant is one single-sign-on boundary.
type Tenant struct {
	bun.BaseModel `bun:"table:tenants"`

	ID   uuid.UUID `bun:"id,pk"`
	Slug string    `bun:"slug"`
	Name string    `bun:"name"`
	// RequireMFA says that nobody signs in with a password alone.
	RequireMFA bool `bun:"require_mfa"`
	// MinPassword is how many characters a new password has at least. It asks for no
	// less than package credential does.
	MinPassword int `bun:"min_password"`
	// Registration is who may make an account.
	Registration Registration `bun:"registration"`
	// Providers are the ids of those that people may sign in at; nil is all.
	Providers []string `bun:"providers,array"`
}

// Registration is who may make an account.
type Registration string

// Open lets everybody make an account, and Invited only who was invited.
const (
	Open    Registration = "open"
	Invited Registration = "invited"
)

// Offers reports whether people may sign in at the provider of that id, if it is
// configured.
func (t Tenant) Offers(provider string) bool {
	return t.Providers == nil || slices.Contains(t.Providers, provider)
}

// columns are listed because an older revision must go on working when a migration
// has added one.
var columns = []string{"id", "slug", "name", "require_mfa", "min_password", "registration", "providers"}

// Store reads tenants from PostgreSQL.
type Store struct {
	DB bun.IDB
}

// BySlug finds a tenant by its slug; an empty slug means Default. It returns
// ErrUnknown when there is none.
func (s Store) BySlug(ctx context.Context, slug string) (Tenant, error) {
	if slug == "" {
		slug = Default
	}
	return s.one(ctx, "slug = ?", slug)
}

// ByID finds a tenant by its id, or returns ErrUnknown.
func (s Store) ByID(ctx context.Context, id uuid.UUID) (Tenant, error) {
	return s.one(ctx, "id = ?", id)
}

// All returns every tenant, by name.
func (s Store) All(ctx context.Context) ([]Tenant, error) {
	var all []Tenant
	if err := s.DB.NewSelect().Model(&all).Column(columns...).OrderExpr("name, slug").Scan(ctx); err != nil {
		return nil, fmt.Errorf("tenant: all: %w", err)
	}
	return all, nil
}

func (s Store) one(ctx context.Context, where string, value any) (Tenant, error) {
	var t Tenant
	err := s.DB.NewSelect().Model(&t).Column(columns...).Where(where, value).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Tenant{}, ErrUnknown
	}
	if err != nil {
		return Tenant{}, fmt.Errorf("tenant: read: %w", err)
	}
	return t, nil
}
