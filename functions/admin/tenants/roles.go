package tenants

import (
	"context"
	"strconv"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/tenant"
)

// ListTenantRoles is all of a tenant's: there are tenant.MaxRoles at most.
func (a *API) ListTenantRoles(ctx context.Context, _ ListTenantRolesRequestObject) (ListTenantRolesResponseObject, error) {
	store, id := tenant.Roles{DB: a.DB}, access.Tenant(ctx).ID
	all, err := store.Of(ctx, id)
	if err != nil {
		return nil, err
	}
	having, err := store.Having(ctx, id)
	if err != nil {
		return nil, err
	}
	answer := ListTenantRoles200JSONResponse{Items: []TenantRole{}}
	for _, r := range all {
		answer.Items = append(answer.Items, showRole(r, having[r.Name]))
	}
	return answer, nil
}

func showRole(r tenant.Role, having tenant.Having) TenantRole {
	return TenantRole{
		Name: r.Name, Description: r.Description, CreatedAt: r.CreatedAt,
		Accounts: having.Accounts, AccountsMore: having.More,
	}
}

// PutTenantRole adds a role, or says something else of it.
func (a *API) PutTenantRole(ctx context.Context, request PutTenantRoleRequestObject) (PutTenantRoleResponseObject, error) {
	r := tenant.Role{TenantID: access.Tenant(ctx).ID, Name: request.Name, Description: request.Body.Description, CreatedAt: a.Clock.Now()}
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		before, err := tenant.Roles{DB: tx}.Put(ctx, r)
		if err != nil {
			return err
		}
		change := access.Change{
			Action: audit.ActionRolePut, Tenant: r.TenantID, Object: r.Name, Reason: access.Given(request.Body.Reason),
			After: map[string]any{"description": r.Description},
		}
		if before.Name != "" {
			r.CreatedAt = before.CreatedAt
			change.Before = map[string]any{"description": before.Description}
		}
		return access.Record(ctx, tx, a.Clock.Now(), change)
	})
	if err != nil {
		return nil, err
	}
	having, err := tenant.Roles{DB: a.DB}.Having(ctx, r.TenantID, r.Name)
	return PutTenantRole200JSONResponse(showRole(r, having[r.Name])), err
}

// RemoveTenantRole takes a role away from some accounts, and when no more have it,
// from the tenant. What somebody has a token for already says it until the token is
// over or renewed.
func (a *API) RemoveTenantRole(ctx context.Context, request RemoveTenantRoleRequestObject) (RemoveTenantRoleResponseObject, error) {
	var answer RemoveTenantRole200JSONResponse
	of := access.Tenant(ctx).ID
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		now := a.Clock.Now()
		lost, done, err := tenant.Roles{DB: tx}.Remove(ctx, of, request.Name, now)
		if err != nil {
			return err
		}
		answer = RemoveTenantRole200JSONResponse{Accounts: lost, Done: done}
		return access.Record(ctx, tx, now, access.Change{
			Action: audit.ActionRoleRemoved, Tenant: of, Object: request.Name, Reason: request.Body.Reason,
			More: map[string]string{"accounts": strconv.Itoa(lost), "done": strconv.FormatBool(done)},
		})
	})
	return answer, err
}
