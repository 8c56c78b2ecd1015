package applications

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/revocation"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/tenant"
)

// Rules are what each operation asks.
var Rules = access.Rules{
	"listApplications":        {Role: administrator.Viewer, Scope: access.ApplicationsRead},
	"getApplication":          {Role: administrator.Viewer, Scope: access.ApplicationsRead},
	"listApplicationDrift":    {Role: administrator.Viewer, Scope: access.ApplicationsRead},
	"checkApplication":        {Role: administrator.Operator, Scope: access.ApplicationsWrite},
	"createApplication":       {Role: administrator.Operator, Scope: access.ApplicationsWrite},
	"updateApplication":       {Role: administrator.Operator, Scope: access.ApplicationsWrite},
	"restoreApplication":      {Role: administrator.Operator, Scope: access.ApplicationsWrite},
	"endApplicationOverlap":   {Role: administrator.Operator, Scope: access.ApplicationsWrite, Recent: true},
	"deleteApplication":       {Role: administrator.Operator, Scope: access.ApplicationsWrite, Recent: true},
	"rotateApplicationSecret": {Role: administrator.Operator, Scope: access.ApplicationsWrite, Recent: true},
	"revokeApplicationTokens": {Role: administrator.Operator, Scope: access.ApplicationsWrite, Recent: true},
}

// Knocker tells maintenance that there is something to do.
type Knocker interface{ Knock(job string) }

// API answers.
type API struct {
	DB      *postgres.DB
	Hydra   *hydra.Client
	Box     *seal.Box
	Clock   clock.Clock
	Public  *url.URL
	Board   revoked.Board
	Revoker revocation.Revoker
	Knocker Knocker
	// Refuse answers a request that failed.
	Refuse func(http.ResponseWriter, *http.Request, error)
}

// Routes adds the operations to the mux, below base.
func (a *API) Routes(mux *http.ServeMux, base string) {
	refuse := func(w http.ResponseWriter, r *http.Request, err error) { a.Refuse(w, r, explain(err)) }
	strict := NewStrictHandlerWithOptions(a, nil, StrictHTTPServerOptions{RequestErrorHandlerFunc: refuse, ResponseErrorHandlerFunc: refuse})
	HandlerWithOptions(strict, StdHTTPServerOptions{BaseURL: base, BaseRouter: mux, ErrorHandlerFunc: refuse})
}

var (
	errBuiltIn     = problem.New(http.StatusConflict, "built_in", "This is one of Authway's own pages, which looks after its registration itself.")
	errOwner       = problem.New(http.StatusForbidden, "owner_only", "Only an owner may do this with this application.")
	errSystemOwner = problem.New(http.StatusForbidden, "system_owner_only", "Only an owner of all tenants may do this with this application.")
	errNoSecret    = problem.New(http.StatusConflict, "no_secret", "This application does not prove itself with a secret.")
	errDeclared    = problem.New(http.StatusConflict, "declared", "A file declares this application. Change it there.")
	errUndeclared  = problem.New(http.StatusConflict, "undeclared", "No file declares this application.")
	errNoOverlap   = problem.New(http.StatusConflict, "no_overlap", "Only one secret is good already.")
	errTaken       = problem.New(http.StatusConflict, "id_taken", client.Title("id_taken")).At("id")
	errRefused     = problem.New(http.StatusUnprocessableEntity, "hydra_refused", "Hydra does not take this registration.")
)

// explain maps what only this area hears.
func explain(err error) error {
	if _, told := errors.AsType[*problem.Error](err); told {
		return err
	}
	switch {
	case errors.Is(err, hydra.ErrTaken):
		return errTaken.Because(err)
	case errors.Is(err, hydra.ErrRefused):
		return errRefused.Because(err)
	case errors.Is(err, client.ErrUndeclared):
		return errUndeclared.Because(err)
	}
	return err
}

// of reports whether an application is the tenant's.
func of(t tenant.Tenant, app client.Application) bool {
	return app.Tenant == t.Slug || app.Tenant == "" && t.Slug == tenant.Default
}

// one is an application of the tenant in the path.
func (a *API) one(ctx context.Context, id string) (client.Application, error) {
	app, err := a.Hydra.Application(ctx, id)
	if err == nil && !of(access.Tenant(ctx), app) {
		return client.Application{}, problem.NotFound.Because(errors.New("another tenant's application"))
	}
	return app, err
}

// may refuses a caller who could act as an application that they may not make.
func may(ctx context.Context, s client.Settings) error {
	caller := access.From(ctx)
	switch s.Reach() {
	case client.Everywhere:
		if !caller.System().Includes(administrator.Owner) {
			return errSystemOwner
		}
	case client.Trusted:
		if !caller.In(access.Tenant(ctx).ID).Includes(administrator.Owner) {
			return errOwner
		}
	}
	return nil
}

// hold keeps others from an application that is to be made, and its tenant from being
// removed meanwhile: only Hydra knows that it has one.
func hold(ctx context.Context, tx postgres.IDB, id string) error {
	if err := client.Lock(ctx, tx, id); err != nil {
		return err
	}
	return tenant.Store{DB: tx}.Hold(ctx, access.Tenant(ctx).ID)
}

// change holds the application still, and does something with it.
func (a *API) change(ctx context.Context, id string, do func(context.Context, postgres.IDB, client.Application) error) error {
	// Before a connection is taken: what is not there needs none.
	if _, err := a.one(ctx, id); err != nil {
		return err
	}
	return postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if err := client.Lock(ctx, tx, id); err != nil {
			return err
		}
		app, err := a.one(ctx, id)
		if err != nil {
			return err
		}
		if client.BuiltIn(app.ID) {
			return errBuiltIn
		}
		return do(ctx, tx, app)
	})
}

// record writes a change down.
func (a *API) record(ctx context.Context, tx postgres.IDB, id, action, reason string, before, after *client.Settings, more map[string]string) error {
	c := access.Change{Action: action, Tenant: access.Tenant(ctx).ID, Client: id, Reason: reason, More: more}
	if before != nil {
		c.Before = recorded(*before)
	}
	if after != nil {
		c.After = recorded(*after)
	}
	return access.Record(ctx, tx, a.Clock.Now(), c)
}

// recorded is settings for the audit log, which holds no e-mail address: of contacts
// it says how many.
func recorded(s client.Settings) any {
	count := len(s.Contacts)
	s.Contacts = nil
	return struct {
		client.Settings
		Contacts int `json:"contacts"`
	}{s, count}
}

// moment is a time that may not be there.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
