package tenants

import (
	"net/http"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
)

// Rules say who may. Who administers is for people to say and to see, and for no
// program: one that could give somebody a role could give itself all of them.
var Rules = access.Rules{
	"listTenants":  {Role: administrator.Viewer, Scope: access.TenantsRead},
	"createTenant": {Role: administrator.Owner, Scope: access.TenantsWrite},
	"getTenant":    {Role: administrator.Viewer, Scope: access.TenantsRead},
	"editTenant":   {Role: administrator.Owner, Scope: access.TenantsWrite},
	"deleteTenant": {Role: administrator.Owner, Recent: true},

	"listTenantRoles":  {Role: administrator.Viewer, Scope: access.TenantsRead},
	"putTenantRole":    {Role: administrator.Operator, Scope: access.TenantsWrite},
	"removeTenantRole": {Role: administrator.Owner, Scope: access.TenantsWrite, Recent: true},

	"listTenantAdministrators":  {Role: administrator.Viewer},
	"putTenantAdministrator":    {Role: administrator.Owner, Recent: true},
	"removeTenantAdministrator": {Role: administrator.Owner, Recent: true},
	"listAdministrators":        {Role: administrator.Viewer},
	"putAdministrator":          {Role: administrator.Owner, Recent: true},
	"removeAdministrator":       {Role: administrator.Owner, Recent: true},
}

// API answers.
type API struct {
	DB    *postgres.DB
	Hydra *hydra.Client
	Clock clock.Clock
	// Refuse answers a request that failed.
	Refuse func(http.ResponseWriter, *http.Request, error)
}

// Routes adds the operations to the mux, below base.
func (a *API) Routes(mux *http.ServeMux, base string) {
	refuse := func(w http.ResponseWriter, r *http.Request, err error) { a.Refuse(w, r, explain(err)) }
	strict := NewStrictHandlerWithOptions(a, nil, StrictHTTPServerOptions{RequestErrorHandlerFunc: refuse, ResponseErrorHandlerFunc: refuse})
	HandlerWithOptions(strict, StdHTTPServerOptions{BaseURL: base, BaseRouter: mux, ErrorHandlerFunc: refuse})
}
