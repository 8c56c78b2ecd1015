package tenants

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	accounts "github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

// ListTenantAdministrators is who has a role for the tenant of the path.
func (a *API) ListTenantAdministrators(ctx context.Context, request ListTenantAdministratorsRequestObject) (ListTenantAdministratorsResponseObject, error) {
	of := access.Tenant(ctx).ID
	items, next, err := a.list(ctx, &of, request.Params.Cursor, request.Params.Limit)
	return ListTenantAdministrators200JSONResponse{Items: items, Next: next}, err
}

// ListAdministrators is everybody who has any role.
func (a *API) ListAdministrators(ctx context.Context, request ListAdministratorsRequestObject) (ListAdministratorsResponseObject, error) {
	items, next, err := a.list(ctx, nil, request.Params.Cursor, request.Params.Limit)
	return ListAdministrators200JSONResponse{Items: items, Next: next}, err
}

func (a *API) list(ctx context.Context, of *uuid.UUID, cursor *string, limit *int) ([]Administrator, string, error) {
	all, next, err := administrator.Store{DB: a.DB}.List(ctx, of, access.Given(cursor), access.Limit[int](limit))
	items := make([]Administrator, 0, len(all))
	for _, e := range all {
		items = append(items, showAdministrator(e))
	}
	return items, next, err
}

func showAdministrator(e administrator.Entry) Administrator {
	shown := Administrator{Role: Role(e.Role), GrantedAt: e.GrantedAt, SecondFactor: e.SecondFactor, LastSeenAt: e.LastSeen}
	shown.User.ID, shown.User.Name, shown.User.Email, shown.User.Tenant, shown.User.Active = e.UserID, e.Name, e.Email, e.Home, e.Active
	if e.Of != "" {
		shown.Tenant = &e.Of
	}
	return shown
}

// PutTenantAdministrator gives a role for the tenant of the path to one of its own
// accounts, or another one to whoever has one: the accounts of other tenants are not
// for its owner to find out about.
func (a *API) PutTenantAdministrator(ctx context.Context, request PutTenantAdministratorRequestObject) (PutTenantAdministratorResponseObject, error) {
	t := access.Tenant(ctx)
	u, err := a.account(ctx, request.Body.Account, t)
	if err != nil {
		return nil, err
	}
	if u.TenantID != t.ID {
		_, err := administrator.Store{DB: a.DB}.One(ctx, u.ID, &t.ID)
		if errors.Is(err, administrator.ErrNone) {
			return nil, problem.NotFound.Because(err)
		}
		if err != nil {
			return nil, err
		}
	}
	shown, err := a.put(ctx, u, &t, administrator.Role(request.Body.Role), access.Given(request.Body.Reason))
	return PutTenantAdministrator200JSONResponse(shown), err
}

// RemoveTenantAdministrator takes the role for the tenant of the path away.
func (a *API) RemoveTenantAdministrator(ctx context.Context, request RemoveTenantAdministratorRequestObject) (RemoveTenantAdministratorResponseObject, error) {
	t := access.Tenant(ctx)
	return RemoveTenantAdministrator204Response{}, a.remove(ctx, request.Body.User, &t, request.Body.Reason)
}

// PutAdministrator gives a role for all tenants or for one, to any account.
func (a *API) PutAdministrator(ctx context.Context, request PutAdministratorRequestObject) (PutAdministratorResponseObject, error) {
	home, err := a.named(ctx, access.Given(request.Body.Home))
	if err != nil {
		return nil, err
	}
	of, err := a.reach(ctx, request.Body.Tenant)
	if err != nil {
		return nil, err
	}
	u, err := a.account(ctx, request.Body.Account, home)
	if err != nil {
		return nil, err
	}
	shown, err := a.put(ctx, u, of, administrator.Role(request.Body.Role), access.Given(request.Body.Reason))
	return PutAdministrator200JSONResponse(shown), err
}

// RemoveAdministrator takes a role for all tenants or for one away.
func (a *API) RemoveAdministrator(ctx context.Context, request RemoveAdministratorRequestObject) (RemoveAdministratorResponseObject, error) {
	of, err := a.reach(ctx, request.Body.Tenant)
	if err != nil {
		return nil, err
	}
	return RemoveAdministrator204Response{}, a.remove(ctx, request.Body.User, of, request.Body.Reason)
}

// reach is the tenant that a role is for; nil is all.
func (a *API) reach(ctx context.Context, slug *string) (*tenant.Tenant, error) {
	if access.Given(slug) == "" {
		return nil, nil
	}
	t, err := a.named(ctx, *slug)
	return &t, err
}

func (a *API) named(ctx context.Context, slug string) (tenant.Tenant, error) {
	t, err := tenant.Store{DB: a.DB}.BySlug(ctx, slug)
	if errors.Is(err, tenant.ErrUnknown) {
		return t, errUnknownTenant.Because(err)
	}
	return t, err
}

// account finds somebody by their id, or among the accounts of a tenant by their
// address.
func (a *API) account(ctx context.Context, text string, home tenant.Tenant) (accounts.User, error) {
	store := accounts.Store{DB: a.DB}
	text = strings.TrimSpace(text)
	if id, err := uuid.Parse(text); err == nil {
		return store.ByID(ctx, id)
	}
	if _, err := accounts.ParseEmail(text); err != nil {
		return accounts.User{}, errNoAccount.Because(err)
	}
	u, err := store.ByEmail(ctx, home.ID, text)
	if errors.Is(err, accounts.ErrUnknown) {
		return u, errNoAccount.Because(err)
	}
	return u, err
}

func (a *API) put(ctx context.Context, u accounts.User, of *tenant.Tenant, role administrator.Role, reason string) (Administrator, error) {
	var shown Administrator
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if err := a.change(ctx, tx, u.ID, u.TenantID, of, role, reason); err != nil {
			return err
		}
		e, err := administrator.Store{DB: tx}.One(ctx, u.ID, idOf(of))
		shown = showAdministrator(e)
		return err
	})
	return shown, err
}

func (a *API) remove(ctx context.Context, userID uuid.UUID, of *tenant.Tenant, reason string) error {
	return postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		e, err := administrator.Store{DB: tx}.One(ctx, userID, idOf(of))
		if err != nil {
			return err
		}
		return a.change(ctx, tx, userID, e.TenantID, of, administrator.None, reason)
	})
}

func idOf(of *tenant.Tenant) *uuid.UUID {
	if of == nil {
		return nil
	}
	return &of.ID
}

// proved refuses an account that has not shown whose it is. A role is given by an
// address, and whoever operates the account's tenant can make an account of any
// address, with a password of theirs, and say that it is proved: only what its person
// has shown by mail since then counts.
func proved(ctx context.Context, tx postgres.IDB, userID uuid.UUID) error {
	store := accounts.Store{DB: tx}
	u, err := store.ByID(ctx, userID)
	if err != nil {
		return err
	}
	if !u.Active() {
		return errBlocked
	}
	vouched, err := store.Vouched(ctx, userID)
	if err == nil && (vouched || u.EmailVerifiedAt == nil) {
		return errUnproved
	}
	return err
}

// change gives the role, or takes it away, and records it. The lock comes first, so that
// what was there before is what this changes, and the caller may still do it.
func (a *API) change(ctx context.Context, tx postgres.IDB, userID, home uuid.UUID, of *tenant.Tenant, role administrator.Role, reason string) error {
	store, now := administrator.Store{DB: tx}, a.Clock.Now()
	ctx, err := access.Hold(ctx, tx)
	if err != nil {
		return err
	}
	before := map[string]any{}
	e, err := store.One(ctx, userID, idOf(of))
	switch {
	case errors.Is(err, administrator.ErrNone):
	case err != nil:
		return err
	default:
		before["role"] = e.Role
	}
	if !e.Role.Includes(role) {
		if err := proved(ctx, tx, userID); err != nil {
			return err
		}
	}
	grant := administrator.Grant{TenantID: home, UserID: userID, OfTenant: idOf(of), Role: role, GrantedAt: now}
	if err := store.Put(ctx, grant); err != nil {
		return err
	}
	change := access.Change{Action: audit.ActionAdministratorRemoved, Subject: userID.String(), Reason: reason, Before: before, More: map[string]string{"reach": "all"}}
	if role != administrator.None {
		change.Action, change.After = audit.ActionAdministratorGranted, map[string]any{"role": role}
	}
	if of != nil {
		change.Tenant, change.More["reach"] = of.ID, of.Slug
	}
	return access.Record(ctx, tx, now, change)
}
