package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Known returns those of the tenant that have one of the addresses (EmailKey), by it.
func (s Store) Known(ctx context.Context, tenantID uuid.UUID, keys []string) (map[string]User, error) {
	known := map[string]User{}
	if len(keys) == 0 {
		return known, nil
	}
	var rows []User
	err := s.DB.NewSelect().Model(&rows).Column(columns...).Where("tenant_id = ? AND email_key IN (?)", tenantID, bun.List(keys)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: known: %w", err)
	}
	for _, u := range rows {
		known[u.EmailKey] = u
	}
	return known, nil
}

// Taken returns which of the ids are accounts', of any tenant.
func (s Store) Taken(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	taken := map[uuid.UUID]bool{}
	if len(ids) == 0 {
		return taken, nil
	}
	var rows []uuid.UUID
	if err := s.DB.NewSelect().Model((*User)(nil)).Column("id").Where("id IN (?)", bun.List(ids)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("account: taken: %w", err)
	}
	for _, id := range rows {
		taken[id] = true
	}
	return taken, nil
}

// CreateMany adds accounts and returns those that were: an address or an id that
// somebody has taken meanwhile is passed over.
func (s Store) CreateMany(ctx context.Context, users []User) (map[uuid.UUID]bool, error) {
	made := map[uuid.UUID]bool{}
	if len(users) == 0 {
		return made, nil
	}
	for i := range users {
		users[i].EmailKey = EmailKey(users[i].Email)
		if users[i].Roles == nil {
			users[i].Roles = []string{}
		}
	}
	var ids []uuid.UUID
	_, err := s.DB.NewInsert().Model(&users).
		Column("id", "tenant_id", "email", "email_key", "email_verified_at", "name", "locale", "roles", "disabled_at", "invited_at",
			"created_at", "updated_at").
		On("CONFLICT DO NOTHING").Returning("id").Exec(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("account: create many: %w", err)
	}
	for _, id := range ids {
		made[id] = true
	}
	return made, nil
}

// DescribeMany writes the names, languages and roles of accounts of one tenant.
func (s Store) DescribeMany(ctx context.Context, users []User, now time.Time) error {
	if len(users) == 0 {
		return nil
	}
	args := []any{now}
	for _, u := range users {
		if u.Roles == nil {
			u.Roles = []string{}
		}
		args = append(args, u.ID, u.Name, u.Locale, pgdialect.Array(u.Roles))
	}
	rows := strings.TrimSuffix(strings.Repeat("(?::uuid, ?, ?, ?::text[]), ", len(users)), ", ")
	_, err := s.DB.NewRaw("UPDATE users AS u SET name = v.name, locale = v.locale, roles = v.roles, updated_at = ?::timestamptz "+
		"FROM (VALUES "+rows+") AS v (id, name, locale, roles) WHERE u.id = v.id", args...).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: describe many: %w", err)
	}
	return nil
}

// Estimate is about how many accounts the tenant has: all of them are counted, and
// none is looked at.
func (s Store) Estimate(ctx context.Context, tenantID uuid.UUID) (int64, error) {
	n, err := s.DB.NewSelect().Model((*User)(nil)).Where("tenant_id = ?", tenantID).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("account: estimate: %w", err)
	}
	return int64(n), nil
}
