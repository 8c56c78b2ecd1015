package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Known returns those of the tenant that have one of the addresses (EmailKey), by it.
// lock keeps others from changing them until the end of the caller's transaction.
func (s Store) Known(ctx context.Context, tenantID uuid.UUID, keys []string, lock bool) (map[string]User, error) {
	known := map[string]User{}
	if len(keys) == 0 {
		return known, nil
	}
	var rows []User
	query := s.DB.NewSelect().Model(&rows).Column(columns...).Where("tenant_id = ? AND email_key IN (?)", tenantID, bun.List(keys))
	if lock {
		// In one order: two files may name the same accounts.
		query = query.OrderExpr("id").For("UPDATE")
	}
	if err := query.Scan(ctx); err != nil {
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

// imported is an account with what no one of it reads.
type imported struct {
	User `bun:",extend"`

	VouchedAt *time.Time `bun:"vouched_at"`
}

// CreateMany adds accounts and returns those that were: an address or an id that
// somebody has taken meanwhile is passed over. Their addresses are vouched for (Vouched)
// where they count as proved.
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
	rows := make([]imported, len(users))
	for i, u := range users {
		rows[i].User = u
		if u.EmailVerifiedAt != nil {
			rows[i].VouchedAt = &u.UpdatedAt
		}
	}
	var ids []uuid.UUID
	_, err := s.DB.NewInsert().Model(&rows).
		Column("id", "tenant_id", "email", "email_key", "email_verified_at", "name", "locale", "roles", "disabled_at", "invited_at",
			"created_at", "updated_at", "vouched_at").
		On("CONFLICT DO NOTHING").Returning("id").Exec(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("account: create many: %w", err)
	}
	for _, id := range ids {
		made[id] = true
	}
	return made, nil
}

// Description is what is said of an account. What is nil stays as it is.
type Description struct {
	ID           uuid.UUID
	Name, Locale *string
	Roles        []string
}

// DescribeMany writes what is given of the names, languages and roles of accounts.
func (s Store) DescribeMany(ctx context.Context, all []Description, now time.Time) error {
	if len(all) == 0 {
		return nil
	}
	args := []any{now}
	for _, d := range all {
		var roles any
		if d.Roles != nil {
			roles = pgdialect.Array(d.Roles)
		}
		args = append(args, d.ID, d.Name, d.Locale, roles)
	}
	rows := strings.TrimSuffix(strings.Repeat("(?::uuid, ?::text, ?::text, ?::text[]), ", len(all)), ", ")
	_, err := s.DB.NewRaw("UPDATE users AS u SET name = coalesce(v.name, u.name), locale = coalesce(v.locale, u.locale), "+
		"roles = coalesce(v.roles, u.roles), updated_at = ?::timestamptz "+
		"FROM (VALUES "+rows+") AS v (id, name, locale, roles) WHERE u.id = v.id", args...).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: describe many: %w", err)
	}
	return nil
}

// exactly is how many accounts are counted one by one.
const exactly = 20_000

// Estimate is how many accounts the tenant has, or of more than 20,000 about how many:
// what PostgreSQL's statistics say, which costs the same whatever their number.
func (s Store) Estimate(ctx context.Context, tenantID uuid.UUID) (int64, error) {
	all := s.DB.NewSelect().Model((*User)(nil)).ColumnExpr("1").Where("tenant_id = ?", tenantID).OrderExpr("created_at, id")
	var n int64
	if err := s.DB.NewSelect().TableExpr("(?) AS counted", all.Limit(exactly+1)).ColumnExpr("count(*)").Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("account: estimate: %w", err)
	}
	if n <= exactly {
		return n, nil
	}
	var text string
	if err := s.DB.NewRaw("EXPLAIN (FORMAT JSON) SELECT FROM users WHERE tenant_id = ?", tenantID).Scan(ctx, &text); err != nil {
		return 0, fmt.Errorf("account: estimate: %w", err)
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal([]byte(text), &plans); err != nil || len(plans) == 0 {
		return 0, fmt.Errorf("account: estimate: %w", errors.Join(errors.New("no plan"), err))
	}
	return max(n, int64(plans[0].Plan.Rows)), nil
}
