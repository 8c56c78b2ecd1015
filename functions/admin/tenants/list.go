package tenants

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

// ListTenants is all of them, by slug. The cursor is the last slug.
func (a *API) ListTenants(ctx context.Context, request ListTenantsRequestObject) (ListTenantsResponseObject, error) {
	limit := access.Limit[int](request.Params.Limit)
	after, err := base64.RawURLEncoding.DecodeString(access.Given(request.Params.Cursor))
	if err != nil {
		return nil, problem.BadRequest.At("cursor").Because(err)
	}
	all, err := tenant.Store{DB: a.DB}.List(ctx, strings.ToValidUTF8(strings.ReplaceAll(string(after), "\x00", ""), ""),
		access.Given(request.Params.Search), int64(limit)+1)
	if err != nil {
		return nil, err
	}
	answer := ListTenants200JSONResponse{Items: []TenantEntry{}}
	if len(all) > limit {
		all = all[:limit]
		answer.Next = base64.RawURLEncoding.EncodeToString([]byte(all[limit-1].Slug))
	}
	for _, t := range all {
		answer.Items = append(answer.Items, TenantEntry{
			ID: t.ID, Slug: t.Slug, Name: t.Name, Logo: tenant.Brand{Picture: t.Picture}.PicturePath(),
			Accounts: min(t.Accounts, tenant.Counted), AccountsMore: t.Accounts > tenant.Counted,
			RequireMfa: t.RequireMFA, Registration: TenantRegistration(t.Registration), CreatedAt: t.CreatedAt,
		})
	}
	return answer, nil
}

// CreateTenant makes a tenant. Its account application is made at Hydra by the login
// function, when somebody first comes to it.
func (a *API) CreateTenant(ctx context.Context, request CreateTenantRequestObject) (CreateTenantResponseObject, error) {
	var shown TenantSettings
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		store, now := tenant.Store{DB: tx}, a.Clock.Now()
		made, err := store.Add(ctx, request.Body.Slug, strings.TrimSpace(request.Body.Name), now)
		if err != nil {
			return err
		}
		if err := access.Record(ctx, tx, now, access.Change{
			Action: audit.ActionTenantAdded, Tenant: made.ID, Object: made.Slug, Reason: access.Given(request.Body.Reason),
			After: map[string]any{"slug": made.Slug, "name": made.Name},
		}); err != nil {
			return err
		}
		shown, err = show(ctx, store, made)
		return err
	})
	return CreateTenant201JSONResponse(shown), err
}

// DeleteTenant takes a tenant away that nobody uses. Its own owner may not: there would
// be nobody left who could see what became of it.
func (a *API) DeleteTenant(ctx context.Context, request DeleteTenantRequestObject) (DeleteTenantResponseObject, error) {
	t := access.Tenant(ctx)
	if access.From(ctx).System() != administrator.Owner {
		return nil, errInstallation
	}
	if request.Body.Slug != t.Slug {
		return nil, errSlugOther
	}
	if t.Slug == tenant.Default {
		return nil, errInUse
	}
	builtIn, used, err := a.applications(ctx, t.Slug)
	if err != nil {
		return nil, err
	}
	if used {
		return nil, errInUse
	}
	err = postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if err := (tenant.Store{DB: tx}).Remove(ctx, t.ID); err != nil {
			return err
		}
		// Since it was asked for, somebody may have added one.
		if builtIn, used, err = a.applications(ctx, t.Slug); err != nil {
			return err
		}
		if used {
			return errInUse
		}
		// The event outlives the tenant and is the installation's.
		if err := access.Record(ctx, tx, a.Clock.Now(), access.Change{
			Action: audit.ActionTenantRemoved, Object: t.Slug, Reason: request.Body.Reason,
			Before: map[string]any{"id": t.ID, "slug": t.Slug, "name": t.Name},
		}); err != nil {
			return err
		}
		if builtIn == "" {
			return nil
		}
		return a.Hydra.DeleteApplication(ctx, builtIn)
	})
	return DeleteTenant204Response{}, err
}

// applications reports whether Hydra has applications of the tenant beside its account
// application, whose id is returned if it is there.
func (a *API) applications(ctx context.Context, slug string) (builtIn string, used bool, err error) {
	all, err := a.Hydra.Clients(ctx)
	if err != nil {
		return "", false, err
	}
	for _, raw := range all {
		var one struct {
			ID       string         `json:"client_id"`
			Metadata map[string]any `json:"metadata"`
		}
		if err := json.Unmarshal(raw, &one); err != nil {
			return "", false, err
		}
		if one.Metadata[tenant.MetadataKey] != slug {
			continue
		}
		if one.ID == client.AccountOf(slug) {
			builtIn = one.ID
			continue
		}
		return "", true, nil
	}
	return builtIn, false, nil
}
