package people

import (
	"context"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/postgres"
)

// BlockUser keeps somebody out, and ends all that they have.
func (a *API) BlockUser(ctx context.Context, r BlockUserRequestObject) (BlockUserResponseObject, error) {
	return BlockUser204Response{}, a.block(ctx, r.User, r.Body.Reason)
}

// UnblockUser lets somebody in again.
func (a *API) UnblockUser(ctx context.Context, r UnblockUserRequestObject) (UnblockUserResponseObject, error) {
	return UnblockUser204Response{}, a.unblock(ctx, r.User, r.Body.Reason)
}

// RevokeUser ends all that somebody has.
func (a *API) RevokeUser(ctx context.Context, r RevokeUserRequestObject) (RevokeUserResponseObject, error) {
	return RevokeUser204Response{}, a.revoke(ctx, r.User, r.Body.Reason)
}

func (a *API) block(ctx context.Context, id uuid.UUID, reason string) error {
	return a.ending(ctx, id, reason, access.Guard, func(ctx context.Context, tx postgres.IDB, u account.User) error {
		if err := (administrator.Store{DB: tx}).Spare(ctx, u.ID); err != nil {
			return err
		}
		if u.DisabledAt != nil {
			// It stays blocked since then.
			return nil
		}
		now := a.Clock.Now()
		if err := (account.Store{DB: tx}).Block(ctx, u.ID, now); err != nil {
			return err
		}
		return access.Record(ctx, tx, now, change(u, audit.ActionBlocked, reason))
	})
}

func (a *API) unblock(ctx context.Context, id uuid.UUID, reason string) error {
	return a.changing(ctx, id, access.GuardOthers, func(ctx context.Context, tx postgres.IDB, u account.User) error {
		if u.DisabledAt == nil {
			return nil
		}
		now := a.Clock.Now()
		if err := (account.Store{DB: tx}).Unblock(ctx, u.ID, now); err != nil {
			return err
		}
		return access.Record(ctx, tx, now, change(u, audit.ActionUnblocked, reason))
	})
}

func (a *API) revoke(ctx context.Context, id uuid.UUID, reason string) error {
	return a.ending(ctx, id, reason, access.GuardOthers, func(ctx context.Context, tx postgres.IDB, u account.User) error {
		return access.Record(ctx, tx, a.Clock.Now(), change(u, audit.ActionRevoked, reason))
	})
}

type guard func(context.Context, postgres.IDB, account.User) error

// ending ends all that an account has, with what else changes. The guard is asked before
// Hydra is, and again when roles and the account are locked: one may have been given, or
// taken from the caller, meanwhile.
func (a *API) ending(ctx context.Context, id uuid.UUID, reason string, guard guard, also func(context.Context, postgres.IDB, account.User) error) error {
	u, err := a.within(ctx, id)
	if err != nil {
		return err
	}
	if err := guard(ctx, a.DB, u); err != nil {
		return err
	}
	// The caller as of the transaction.
	var held context.Context
	hold := func(ctx context.Context, tx postgres.IDB) (err error) {
		held, err = access.Hold(ctx, tx)
		return err
	}
	return a.Revoker.AccountAfter(ctx, by(ctx, reason), id, hold, func(_ context.Context, tx postgres.IDB) error {
		ctx := held
		u, err := account.Store{DB: tx}.In(ctx, u.TenantID, id)
		if err != nil {
			return err
		}
		if err := guard(ctx, tx, u); err != nil {
			return err
		}
		// What was shown in the middle of a sign-in is worth nothing either.
		if err := a.Flows.In(tx).Forget(ctx, id, ""); err != nil {
			return err
		}
		return also(ctx, tx, u)
	})
}

// changing changes an account of the tenant that is locked and guarded.
func (a *API) changing(ctx context.Context, id uuid.UUID, guard guard, do func(context.Context, postgres.IDB, account.User) error) error {
	here := access.Tenant(ctx)
	return postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		ctx, err := access.Hold(ctx, tx)
		if err != nil {
			return err
		}
		u, err := account.Store{DB: tx}.Lock(ctx, id)
		if err == nil && u.TenantID != here.ID {
			err = account.ErrUnknown
		}
		if err != nil {
			return err
		}
		if err := guard(ctx, tx, u); err != nil {
			return err
		}
		return do(ctx, tx, u)
	})
}

func change(u account.User, action, reason string) access.Change {
	return access.Change{Action: action, Tenant: u.TenantID, Subject: u.ID.String(), Reason: reason}
}
