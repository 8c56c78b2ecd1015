package people

import (
	"context"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/postgres"
)

// guard refuses what would let the caller take over, or keep out, an account that
// administers at least as much as they do, and what nobody does to themselves.
func (a *API) guard(ctx context.Context, db postgres.IDB, u account.User) error {
	if self(ctx, u) {
		return errSelf
	}
	return a.guardOthers(ctx, db, u)
}

// guardOthers is guard for what one may do to oneself.
func (a *API) guardOthers(ctx context.Context, db postgres.IDB, u account.User) error {
	if self(ctx, u) {
		return nil
	}
	grants, err := administrator.Store{DB: db}.Of(ctx, u.ID)
	if err != nil {
		return err
	}
	if !above(ctx, grants) {
		return errProtected
	}
	return nil
}

func self(ctx context.Context, u account.User) bool { return access.From(ctx).User.ID == u.ID }

// above reports whether the caller owns all that is granted, or has a greater role for it.
func above(ctx context.Context, grants []administrator.Grant) bool {
	for _, g := range grants {
		mine := roleFor(ctx, g)
		if mine != administrator.Owner && (g.Role.Includes(mine) || !mine.Includes(g.Role)) {
			return false
		}
	}
	return true
}

// roleFor is the caller's role where the grant is for. A program is an operator of the
// tenant that it was let into, and nothing anywhere else.
func roleFor(ctx context.Context, g administrator.Grant) administrator.Role {
	caller := access.From(ctx)
	switch {
	case caller.Client != "" && g.OfTenant != nil && *g.OfTenant == access.Tenant(ctx).ID:
		return administrator.Operator
	case caller.Client != "":
		return administrator.None
	case g.OfTenant == nil:
		return caller.System()
	}
	return caller.In(*g.OfTenant)
}
