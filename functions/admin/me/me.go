package me

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/tenant"
)

// Rules let everybody ask who is signed in; somebody who administers nothing learns
// just that.
var Rules = access.Rules{
	"getMe": {Role: administrator.None},
}

// API answers.
type API struct {
	DB *postgres.DB
	// Version is Authway's.
	Version string
	// Refuse answers a request that failed.
	Refuse func(http.ResponseWriter, *http.Request, error)
}

// Routes adds the operations to the mux, below base.
func (a *API) Routes(mux *http.ServeMux, base string) {
	strict := NewStrictHandlerWithOptions(a, nil, StrictHTTPServerOptions{RequestErrorHandlerFunc: a.Refuse, ResponseErrorHandlerFunc: a.Refuse})
	HandlerWithOptions(strict, StdHTTPServerOptions{BaseURL: base, BaseRouter: mux, ErrorHandlerFunc: a.Refuse})
}

// GetMe is the caller. Of a program it tells what its registration does.
func (a *API) GetMe(ctx context.Context, _ GetMeRequestObject) (GetMeResponseObject, error) {
	caller := access.From(ctx)
	if caller.Client != "" {
		return GetMe200JSONResponse{
			Kind: Client, ID: caller.Client, Name: caller.Client, Home: caller.Home.Slug, Tenants: []AdministeredTenant{}, Version: a.Version,
		}, nil
	}
	answer := GetMe200JSONResponse{
		Kind: User, ID: caller.ID(), Name: caller.User.Name, Email: caller.User.Email, Locale: caller.User.Locale,
		Home: caller.Home.Slug, Tenants: []AdministeredTenant{}, SecondFactor: caller.Session.TwoFactors(), Version: a.Version,
	}
	if until := caller.RecentUntil(); !until.IsZero() {
		answer.RecentUntil = &until
	}
	if role := caller.System(); role != administrator.None {
		system := Role(role)
		answer.System = &system
	}
	tenants, err := a.tenants(ctx, caller)
	if err != nil {
		return nil, err
	}
	for _, t := range tenants {
		answer.Tenants = append(answer.Tenants, AdministeredTenant{ID: t.ID, Slug: t.Slug, Name: t.Name, Role: Role(caller.In(t.ID))})
	}
	return answer, nil
}

func (a *API) tenants(ctx context.Context, caller access.Caller) ([]tenant.Tenant, error) {
	store := tenant.Store{DB: a.DB}
	if caller.System() != administrator.None {
		return store.All(ctx)
	}
	var own []tenant.Tenant
	for _, id := range caller.Tenants() {
		t, err := store.ByID(ctx, id)
		if errors.Is(err, tenant.ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		own = append(own, t)
	}
	slices.SortFunc(own, func(x, y tenant.Tenant) int { return strings.Compare(x.Name, y.Name) })
	return own, nil
}
