package tenant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/word"
)

// Counted is up to how many accounts of a tenant are counted. A tenant may have a
// million, and a list of tenants waits for none of them.
const Counted = 1000

// Entry is a tenant in the list of all.
type Entry struct {
	Settings `bun:",extend"`

	// Accounts is how many it has, up to Counted+1, which stands for more.
	Accounts int `bun:"accounts"`
}

// List returns tenants by slug, limit at most and those after a slug alone. search is
// the beginning of a slug, or part of a name, or "".
func (s Store) List(ctx context.Context, after, search string, limit int64) ([]Entry, error) {
	var all []Entry
	query := s.DB.NewSelect().Model(&all).Column(settingsColumns...).
		ColumnExpr("(SELECT count(*) FROM (SELECT FROM users WHERE users.tenant_id = ?TableAlias.id LIMIT ?) AS seen) AS accounts", Counted+1).
		Where("slug > ?", after).OrderExpr("slug").Limit(limit)
	if search != "" {
		query = query.Where("(starts_with(slug, lower(?)) OR position(lower(?) IN lower(name)) > 0)", search, search)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, fmt.Errorf("tenant: list: %w", err)
	}
	return all, nil
}

// Add makes a tenant within the caller's transaction. It returns a *Fault, or ErrTaken.
func (s Store) Add(ctx context.Context, slug, name string, now time.Time) (Settings, error) {
	made := Settings{
		ID: uuid.New(), Slug: slug, Name: name, Version: 1, CreatedAt: now, UpdatedAt: now,
		MinPassword: LeastPassword, Registration: Open, Welcome: map[string]string{},
	}
	if !word.Slug(slug) {
		return Settings{}, &Fault{Field: "slug"}
	}
	if err := made.Check(); err != nil {
		return Settings{}, err
	}
	result, err := s.DB.NewInsert().Model(&made).Column("id", "slug", "name", "created_at", "updated_at").
		On("CONFLICT (slug) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return Settings{}, fmt.Errorf("tenant: add: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return Settings{}, errors.Join(ErrTaken, err)
	}
	return made, nil
}

// Remove takes a tenant away within the caller's transaction that has no account, or
// returns ErrInUse. That it has no application is for the caller to see to, once more
// after this: Hydra knows them, and Hold keeps others from adding some.
func (s Store) Remove(ctx context.Context, id uuid.UUID) error {
	t, err := s.LockSettings(ctx, id)
	if err != nil {
		return err
	}
	// The lock keeps accounts from being added, whose rows refer to the tenant's.
	taken, err := s.DB.NewSelect().Table("users").Where("tenant_id = ?", id).Exists(ctx)
	if err != nil {
		return fmt.Errorf("tenant: accounts: %w", err)
	}
	if taken || t.Slug == Default {
		return ErrInUse
	}
	if _, err := s.DB.NewDelete().Model((*Tenant)(nil)).Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("tenant: remove: %w", err)
	}
	return nil
}

// Hold keeps a tenant from being removed until the end of the caller's transaction, so
// that something can be added at Hydra that is to belong to it. It returns ErrUnknown
// for one that is gone.
func (s Store) Hold(ctx context.Context, id uuid.UUID) error {
	var there []uuid.UUID
	err := s.DB.NewSelect().Model((*Tenant)(nil)).Column("id").Where("id = ?", id).For("KEY SHARE").Scan(ctx, &there)
	if err != nil {
		return fmt.Errorf("tenant: hold: %w", err)
	}
	if len(there) == 0 {
		return ErrUnknown
	}
	return nil
}

// Provider is another place to sign in at that is configured.
type Provider struct {
	bun.BaseModel `bun:"table:configured_providers"`

	ID   string `bun:"id"`
	Name string `bun:"name"`
	// Of are slugs; nil is all tenants.
	Of       []string `bun:"of_tenants,array"`
	Position int      `bun:"position"`
}

// Configured returns the providers that a tenant's people could sign in at, if its
// settings let them.
func (s Store) Configured(ctx context.Context, slug string) ([]Provider, error) {
	var all []Provider
	err := s.DB.NewSelect().Model(&all).Column("id", "name", "of_tenants", "position").
		Where("of_tenants IS NULL OR ? = ANY(of_tenants)", slug).OrderExpr("position, id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("tenant: providers: %w", err)
	}
	return all, nil
}

// Configure notes which providers are configured, in place of what was noted before.
func (s Store) Configure(ctx context.Context, all []Provider) error {
	err := s.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		// Two instances that start at once must not each remove what the other adds.
		if _, err := tx.NewRaw("SELECT pg_advisory_xact_lock(hashtext('configured_providers'))").Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.NewDelete().Model((*Provider)(nil)).Where("true").Exec(ctx); err != nil || len(all) == 0 {
			return err
		}
		_, err := tx.NewInsert().Model(&all).Column("id", "name", "of_tenants", "position").Returning("NULL").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("tenant: note the providers: %w", err)
	}
	return nil
}
