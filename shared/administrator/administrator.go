// Package administrator is who may administer what: an account has a role for one
// tenant, or for all of them. It says nothing of the roles that applications are
// told of, which an account has for their sake (account.User.Roles).
package administrator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Role is how much somebody may do. Each may what those before it may.
type Role string

// Roles. None is that of everybody else.
const (
	None Role = ""
	// Viewer reads.
	Viewer Role = "viewer"
	// Operator changes what belongs to a day's work.
	Operator Role = "operator"
	// Owner also decides who administers, and what a tenant demands.
	Owner Role = "owner"
)

var ranks = map[Role]int{None: 0, Viewer: 1, Operator: 2, Owner: 3}

// Includes reports whether somebody with role r may do what needs other.
func (r Role) Includes(other Role) bool {
	mine, known := ranks[r]
	needed, sane := ranks[other]
	return known && sane && mine >= needed
}

// ErrLastOwner says that nobody would be left who may decide who administers.
var ErrLastOwner = errors.New("administrator: the last owner of the installation")

// Grant is one role of one account.
type Grant struct {
	bun.BaseModel `bun:"table:administrators"`

	// TenantID is the account's own tenant.
	TenantID uuid.UUID `bun:"tenant_id"`
	UserID   uuid.UUID `bun:"user_id"`
	// OfTenant is the tenant that it is for; nil is all of them.
	OfTenant  *uuid.UUID `bun:"of_tenant"`
	Role      Role       `bun:"role"`
	GrantedAt time.Time  `bun:"granted_at"`
}

var columns = []string{"tenant_id", "user_id", "of_tenant", "role", "granted_at"}

// Store keeps grants in PostgreSQL.
type Store struct {
	DB bun.IDB
}

// Of returns what an account may administer.
func (s Store) Of(ctx context.Context, userID uuid.UUID) ([]Grant, error) {
	var grants []Grant
	err := s.DB.NewSelect().Model(&grants).Column(columns...).Where("user_id = ?", userID).OrderExpr("of_tenant NULLS FIRST").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("administrator: of: %w", err)
	}
	return grants, nil
}

// Lock keeps others from giving or taking roles until the end of the caller's
// transaction: two owners who remove each other at once must not both succeed.
//
// Who locks several things does so in this order, or two of them wait for each other
// until PostgreSQL ends one: this lock, roles that applications are told of, accounts,
// links of package invitation.
func (s Store) Lock(ctx context.Context) error {
	if _, err := s.DB.NewRaw("SELECT pg_advisory_xact_lock(hashtext('administrators'))").Exec(ctx); err != nil {
		return fmt.Errorf("administrator: lock: %w", err)
	}
	return nil
}

// Put gives an account a role within the caller's transaction, in place of the one
// that it has for the same tenant. A role that is None is taken away. It returns
// ErrLastOwner when the installation would be left without an owner who can sign in.
func (s Store) Put(ctx context.Context, g Grant) error {
	if err := s.Lock(ctx); err != nil {
		return err
	}
	if g.Role != Owner && g.OfTenant == nil {
		if err := s.Spare(ctx, g.UserID); err != nil {
			return err
		}
	}
	if g.Role == None {
		_, err := s.DB.NewDelete().Model((*Grant)(nil)).
			Where("user_id = ? AND of_tenant IS NOT DISTINCT FROM ?", g.UserID, g.OfTenant).Exec(ctx)
		if err != nil {
			return fmt.Errorf("administrator: remove: %w", err)
		}
		return nil
	}
	_, err := s.DB.NewInsert().Model(&g).Column(columns...).
		On("CONFLICT (user_id, of_tenant) DO UPDATE").Set("role = EXCLUDED.role").Set("granted_at = EXCLUDED.granted_at").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("administrator: put: %w", err)
	}
	return nil
}
