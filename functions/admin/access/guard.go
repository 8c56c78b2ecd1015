package access

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
)

var (
	errSelf      = problem.New(http.StatusForbidden, "own_account", "This cannot be done to one's own account here.")
	errProtected = problem.New(http.StatusForbidden, "administers", "This account administers what you do not own. Only an owner may do this.")
)

// Hold keeps roles from being given or taken until the end of the caller's transaction
// (administrator.Store.Lock, which comes before other locks), and reads the caller's own
// once more: between the gate and the lock somebody may have taken them away, or blocked
// the caller. It refuses who may no longer do what they ask for. What is decided in the
// context that it returns (Guard) is decided by the roles as they are now.
func Hold(ctx context.Context, tx postgres.IDB) (context.Context, error) {
	store := administrator.Store{DB: tx}
	if err := store.Lock(ctx); err != nil {
		return ctx, err
	}
	c := From(ctx)
	if c.Client != "" {
		return ctx, nil
	}
	u, err := account.Store{DB: tx}.ByID(ctx, c.User.ID)
	if errors.Is(err, account.ErrUnknown) || err == nil && !u.Active() {
		return ctx, ErrForbidden.Because(errors.New("access: the caller's account is not active any more"))
	}
	if err != nil {
		return ctx, err
	}
	grants, err := store.Of(ctx, u.ID)
	if err != nil {
		return ctx, err
	}
	c = c.with(grants)
	if rule, ok := ctx.Value(ruleKey).(Rule); ok && rule.Role != administrator.None {
		here := Tenant(ctx)
		if here.ID == uuid.Nil && !c.may(rule, nil) || here.ID != uuid.Nil && !c.may(rule, &here) {
			return ctx, ErrForbidden.Because(errors.New("access: the caller's role was taken away meanwhile"))
		}
	}
	return context.WithValue(ctx, callerKey, c), nil
}

// Guard refuses what would let the caller take over, or keep out, an account that
// administers at least as much as they do, and what nobody does to themselves.
func Guard(ctx context.Context, db postgres.IDB, u account.User) error {
	if Self(ctx, u) {
		return errSelf
	}
	return GuardOthers(ctx, db, u)
}

// GuardOthers is Guard for what one may do to oneself.
func GuardOthers(ctx context.Context, db postgres.IDB, u account.User) error {
	if Self(ctx, u) {
		return nil
	}
	grants, err := administrator.Store{DB: db}.Of(ctx, u.ID)
	if err != nil {
		return err
	}
	if !Above(ctx, grants) {
		return errProtected
	}
	return nil
}

// Self reports whether the account is the caller's.
func Self(ctx context.Context, u account.User) bool { return From(ctx).User.ID == u.ID }

// Above reports whether the caller owns all that is granted, or has a greater role for it.
func Above(ctx context.Context, grants []administrator.Grant) bool {
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
	caller := From(ctx)
	switch {
	case caller.Client != "" && g.OfTenant != nil && *g.OfTenant == Tenant(ctx).ID:
		return administrator.Operator
	case caller.Client != "":
		return administrator.None
	case g.OfTenant == nil:
		return caller.System()
	}
	return caller.In(*g.OfTenant)
}
