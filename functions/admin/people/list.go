package people

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/problem"
)

// ListUsers is a page of accounts.
func (a *API) ListUsers(ctx context.Context, r ListUsersRequestObject) (ListUsersResponseObject, error) {
	filter, err := filterOf(access.Tenant(ctx).ID, r.Params)
	if err != nil {
		return nil, err
	}
	found, next, err := a.accounts().Search(ctx, filter, access.Given(r.Params.Cursor), access.Limit[int](r.Params.Limit))
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(found))
	for i, u := range found {
		ids[i] = u.ID
	}
	administers, err := administrator.Store{DB: a.DB}.Any(ctx, ids)
	if err != nil {
		return nil, err
	}
	page := ListUsers200JSONResponse{Items: make([]PersonSummary, len(found)), Next: next}
	for i, u := range found {
		page.Items[i] = PersonSummary{
			ID: u.ID, Email: u.Email, Name: u.Name, State: PersonState(account.StateOf(u)), Roles: roles(u),
			Administers: administers[u.ID], CreatedAt: u.CreatedAt,
		}
	}
	return page, nil
}

func filterOf(tenantID uuid.UUID, p ListUsersParams) (account.Filter, error) {
	f := account.Filter{TenantID: tenantID, Text: access.Given(p.Search), Role: access.Given(p.Role), From: p.CreatedFrom, To: p.CreatedTo}
	if p.By != nil {
		f.By = string(*p.By)
	}
	if p.State != nil {
		f.State = account.State(*p.State)
	}
	f.Administers = p.Administers != nil && *p.Administers
	if !utf8.ValidString(f.Text) {
		return f, problem.BadRequest.At("search").Because(errors.New("not UTF-8"))
	}
	for name, moment := range map[string]*time.Time{"createdFrom": f.From, "createdTo": f.To} {
		// PostgreSQL has no year 0.
		if moment != nil && moment.UTC().Year() < 1 {
			return f, problem.BadRequest.At(name)
		}
	}
	return f, nil
}

func roles(u account.User) []string {
	if u.Roles == nil {
		return []string{}
	}
	return u.Roles
}
