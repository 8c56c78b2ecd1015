package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/authway/authway/shared/word"
)

// MaxRoles is how many roles a tenant may have: all of an account's are in each of its
// tokens.
const MaxRoles = 200

// RemovedAtOnce is from how many accounts one call of Remove takes a role away.
const RemovedAtOnce = 5000

const maxRoleDescription = 200

var (
	// ErrRole says that a name cannot be one of a role, or its description is too long.
	ErrRole = errors.New("tenant: not a role")
	// ErrNoRole says that the tenant has no such role.
	ErrNoRole = errors.New("tenant: no such role")
	// ErrManyRoles says that the tenant has MaxRoles already.
	ErrManyRoles = errors.New("tenant: too many roles")
)

// roleName begins with a letter.
func roleName(s string) bool {
	return word.Lower(s, 1, 63, "_.:-") && s[0] >= 'a'
}

// Role is what applications are told that an account of the tenant is, in the claim
// roles. What it means is theirs to say. It is no role in package administrator.
type Role struct {
	bun.BaseModel `bun:"table:tenant_roles"`

	TenantID    uuid.UUID `bun:"tenant_id"`
	Name        string    `bun:"name"`
	Description string    `bun:"description"`
	CreatedAt   time.Time `bun:"created_at"`
}

// Check returns ErrRole for what the database would not let in.
func (r Role) Check() error {
	if !roleName(r.Name) || !utf8.ValidString(r.Description) ||
		utf8.RuneCountInString(r.Description) > maxRoleDescription || strings.ContainsFunc(r.Description, unicode.IsControl) {
		return ErrRole
	}
	return nil
}

var roleColumns = []string{"tenant_id", "name", "description", "created_at"}

// Roles keeps the roles of tenants in PostgreSQL.
type Roles struct {
	DB bun.IDB
}

// Of returns a tenant's roles, by name.
func (s Roles) Of(ctx context.Context, tenantID uuid.UUID) ([]Role, error) {
	var roles []Role
	err := s.DB.NewSelect().Model(&roles).Column(roleColumns...).Where("tenant_id = ?", tenantID).OrderExpr("name").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("tenant: roles: %w", err)
	}
	return roles, nil
}

// Hold keeps roles from being removed until the end of the caller's transaction, so
// that an account can be given them. It returns ErrNoRole when the tenant lacks one.
func (s Roles) Hold(ctx context.Context, tenantID uuid.UUID, names []string) error {
	there, err := s.HoldAny(ctx, tenantID, names)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(there, name) {
			return ErrNoRole
		}
	}
	return nil
}

// HoldAny is Hold for those of the roles that the tenant has, which it returns.
func (s Roles) HoldAny(ctx context.Context, tenantID uuid.UUID, names []string) (there []string, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	err = s.DB.NewSelect().Model((*Role)(nil)).Column("name").Where("tenant_id = ? AND name IN (?)", tenantID, bun.List(names)).
		OrderExpr("name").For("KEY SHARE").Scan(ctx, &there)
	if err != nil {
		return nil, fmt.Errorf("tenant: hold roles: %w", err)
	}
	return there, nil
}

// Put adds a role within the caller's transaction, or changes what is said of it, and
// returns the one that was there before. The zero Role says that it is new.
func (s Roles) Put(ctx context.Context, r Role) (Role, error) {
	if err := r.Check(); err != nil {
		return Role{}, err
	}
	var all []Role
	err := s.DB.NewSelect().Model(&all).Column(roleColumns...).Where("tenant_id = ?", r.TenantID).Scan(ctx)
	if err != nil {
		return Role{}, fmt.Errorf("tenant: roles: %w", err)
	}
	var before Role
	if i := slices.IndexFunc(all, func(other Role) bool { return other.Name == r.Name }); i >= 0 {
		before = all[i]
	} else if len(all) >= MaxRoles {
		return Role{}, ErrManyRoles
	}
	_, err = s.DB.NewInsert().Model(&r).Column(roleColumns...).
		On("CONFLICT (tenant_id, name) DO UPDATE").Set("description = EXCLUDED.description").Returning("NULL").Exec(ctx)
	if err != nil {
		return Role{}, fmt.Errorf("tenant: put a role: %w", err)
	}
	return before, nil
}

// Remove takes a role away within the caller's transaction: from RemovedAtOnce
// accounts at most, and when no more have it, from the tenant. done says that it is
// gone; until then it is called again, and can be given to nobody meanwhile only while
// a call is at work. It returns how many accounts have lost it, or ErrNoRole.
//
// A tenant may have a million accounts, and one statement over all of them would keep
// each locked, and the write-ahead log growing, for minutes.
func (s Roles) Remove(ctx context.Context, tenantID uuid.UUID, name string, now time.Time) (lost int, done bool, err error) {
	var there []string
	err = s.DB.NewSelect().Model((*Role)(nil)).Column("name").Where("tenant_id = ? AND name = ?", tenantID, name).
		For("UPDATE").Scan(ctx, &there)
	if err != nil {
		return 0, false, fmt.Errorf("tenant: lock a role: %w", err)
	}
	if len(there) == 0 {
		return 0, false, ErrNoRole
	}
	// roles <> '{}' lets the index of the few accounts that have any serve.
	some := s.DB.NewSelect().Table("users").Column("id").
		Where("tenant_id = ? AND roles <> '{}' AND roles @> ARRAY[?]::text[]", tenantID, name).Limit(RemovedAtOnce).For("UPDATE")
	result, err := s.DB.NewUpdate().Table("users").
		Set("roles = array_remove(roles, ?)", name).Set("updated_at = ?", now).Where("id IN (?)", some).Exec(ctx)
	if err != nil {
		return 0, false, fmt.Errorf("tenant: take a role away: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil || n == RemovedAtOnce {
		return int(n), false, err
	}
	_, err = s.DB.NewDelete().Model((*Role)(nil)).Where("tenant_id = ? AND name = ?", tenantID, name).Exec(ctx)
	if err != nil {
		return int(n), false, fmt.Errorf("tenant: remove a role: %w", err)
	}
	return int(n), true, nil
}

// looked is how many accounts are read to count who has a role: an index of arrays would
// read every entry of the role before the first is counted, which may be a million.
const looked = 10 * Counted

// Having is how many accounts have a role.
type Having struct {
	// Accounts are those that were counted, up to Counted.
	Accounts int
	// More says that there may be more.
	More bool
}

// Having counts the accounts of a tenant that have each of its roles, or a single one
// if it is named. Where so many accounts have any role that not all of them are read,
// it counts among the youngest and says that there may be more.
func (s Roles) Having(ctx context.Context, tenantID uuid.UUID, only ...string) (map[string]Having, error) {
	var rows []struct {
		Name string `bun:"name"`
		N    int    `bun:"n"`
		Seen int    `bun:"seen"`
	}
	// In the order of users_with_roles_by_time, which is read no further than the limit.
	err := s.DB.NewRaw(`WITH seen AS MATERIALIZED (SELECT roles FROM users WHERE tenant_id = ?0 AND roles <> '{}'
			ORDER BY created_at DESC, id DESC LIMIT ?1)
		SELECT t.name, coalesce(c.n, 0) AS n, (SELECT count(*) FROM seen) AS seen
		FROM tenant_roles AS t LEFT JOIN (SELECT r.name, count(*) AS n FROM seen, unnest(seen.roles) AS r (name) GROUP BY r.name) AS c ON c.name = t.name
		WHERE t.tenant_id = ?0 AND (cardinality(?2::text[]) = 0 OR t.name = ANY (?2))`,
		tenantID, looked+1, pgdialect.Array(append([]string{}, only...))).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("tenant: count roles: %w", err)
	}
	counts := make(map[string]Having, len(rows))
	for _, row := range rows {
		counts[row.Name] = Having{Accounts: min(row.N, Counted), More: row.N > Counted || row.Seen > looked}
	}
	return counts, nil
}
