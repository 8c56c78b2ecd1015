package applications

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/revoked"
)

// findings are what the rules say of a draft, and what the caller may not give.
func (a *API) findings(ctx context.Context, d client.Draft) ([]client.Finding, error) {
	d.Own, d.Inside = a.Public, access.From(ctx).System().Includes(administrator.Owner)
	found := append(client.Check(d), owners(ctx, d.Settings)...)
	if d.ID == "" || d.Before != nil {
		return found, nil
	}
	_, err := a.Hydra.Application(ctx, d.ID)
	switch {
	case errors.Is(err, hydra.ErrUnknown):
		return found, nil
	case err != nil:
		return nil, err
	}
	return append(found, client.Finding{Field: "id", Code: "id_taken", Level: client.Error, Title: client.Title("id_taken")}), nil
}

// owners are findings of what the caller may not give.
func owners(ctx context.Context, s client.Settings) (found []client.Finding) {
	caller := access.From(ctx)
	here, everywhere := caller.In(access.Tenant(ctx).ID).Includes(administrator.Owner), caller.System().Includes(administrator.Owner)
	refuse := func(field string, one client.Settings) {
		code := map[client.Reach]string{client.Trusted: "owner_only", client.Everywhere: "system_owner_only"}[one.Reach()]
		if code == "" || code == "owner_only" && here || code == "system_owner_only" && everywhere {
			return
		}
		found = append(found, client.Finding{Field: field, Code: code, Level: client.Error, Title: client.Title(code)})
	}
	refuse("firstParty", client.Settings{FirstParty: s.FirstParty})
	refuse("scopes", client.Settings{Scopes: s.Scopes})
	refuse("allTenants", client.Settings{AllTenants: s.AllTenants})
	return found
}

// forbids is the first finding that does, as an answer.
func forbids(found []client.Finding) error {
	f := client.FirstError(found)
	if f == nil {
		return nil
	}
	status := http.StatusUnprocessableEntity
	switch f.Code {
	case "owner_only", "system_owner_only":
		status = http.StatusForbidden
	case "id_taken":
		status = http.StatusConflict
	}
	return problem.New(status, f.Code, f.Title).At(f.Field)
}

// CheckApplication says what is wrong with what is being typed.
func (a *API) CheckApplication(ctx context.Context, request CheckApplicationRequestObject) (CheckApplicationResponseObject, error) {
	d := client.Draft{ID: access.Given(request.Body.ID), Kind: request.Body.Kind, Settings: request.Body.Settings}
	if of := access.Given(request.Body.Of); of != "" {
		app, err := a.one(ctx, of)
		if err != nil {
			return nil, err
		}
		d.ID, d.Kind, d.Before = "", app.Kind(), &app.Settings
	} else {
		d.Settings = d.Settings.Filled(d.Kind)
	}
	found, err := a.findings(ctx, d)
	return CheckApplication200JSONResponse{Findings: found}, err
}

// CreateApplication registers one. If the record of it cannot be kept, it is taken
// away again. A second factor is asked for where a secret is shown, or a program made
// that could do what its maker is asked for one to do.
func (a *API) CreateApplication(ctx context.Context, request CreateApplicationRequestObject) (CreateApplicationResponseObject, error) {
	t := access.Tenant(ctx)
	app := client.Application{
		ID: access.Given(request.Body.ID), Tenant: t.Slug, Said: request.Body.Kind, Settings: request.Body.Settings.Filled(request.Body.Kind),
	}
	found, err := a.findings(ctx, client.Draft{ID: app.ID, Kind: app.Said, Settings: app.Settings})
	if err != nil {
		return nil, err
	}
	if err := forbids(found); err != nil {
		return nil, err
	}
	if app.HasSecret() || app.Reach() != client.Ordinary {
		if err := access.From(ctx).AskRecent(a.Clock.Now()); err != nil {
			return nil, err
		}
	}
	if app.ID == "" {
		app.ID = uuid.NewString()
	}
	secret := ""
	if app.HasSecret() {
		secret = client.NewSecret()
	}
	created := false
	err = postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) (err error) {
		if err := hold(ctx, tx, app.ID); err != nil {
			return err
		}
		if err := a.record(ctx, tx, app.ID, audit.ActionApplicationCreated, access.Given(request.Body.Reason), nil, &app.Settings, nil); err != nil {
			return err
		}
		if secret != "" {
			if _, err := (client.Secrets{DB: tx, Box: a.Box}).Put(ctx, t.ID, app.ID, secret, 0, a.Clock.Now()); err != nil {
				return err
			}
		}
		app, err = a.Hydra.CreateApplication(ctx, app, secret)
		created = err == nil
		return err
	})
	if err != nil && created {
		err = errors.Join(err, a.Hydra.DeleteApplication(context.WithoutCancel(ctx), app.ID))
	}
	if err != nil {
		return nil, err
	}
	view, err := a.view(ctx, app)
	answer := CreateApplication201JSONResponse{Application: view}
	if secret != "" {
		answer.Secret = &secret
	}
	return answer, err
}

// UpdateApplication writes settings. A second factor is asked for where the application
// can do more than ordinary ones, or could afterwards.
func (a *API) UpdateApplication(ctx context.Context, request UpdateApplicationRequestObject) (UpdateApplicationResponseObject, error) {
	var had, after client.Application
	told := false
	err := a.change(ctx, request.ID, func(ctx context.Context, tx postgres.IDB, before client.Application) (err error) {
		had = before
		if before.Version != request.Body.Version {
			return problem.Conflict.At("version")
		}
		if err := may(ctx, before.Settings); err != nil {
			return err
		}
		after = before
		after.Settings = request.Body.Settings.Whole()
		found, err := a.findings(ctx, client.Draft{Kind: before.Kind(), Settings: after.Settings, Before: &before.Settings})
		if err != nil {
			return err
		}
		if err := forbids(found); err != nil {
			return err
		}
		if before.Reach() != client.Ordinary || after.Reach() != client.Ordinary {
			if err := access.From(ctx).AskRecent(a.Clock.Now()); err != nil {
				return err
			}
		}
		err = a.record(ctx, tx, request.ID, audit.ActionApplicationChanged, access.Given(request.Body.Reason), &before.Settings, &after.Settings, nil)
		if err != nil {
			return err
		}
		after, err = a.Hydra.SetApplication(ctx, after)
		told = err == nil
		return err
	})
	if err != nil && told {
		err = errors.Join(err, a.putBack(ctx, had, after))
	}
	if err != nil {
		return nil, err
	}
	view, err := a.view(ctx, after)
	return UpdateApplication200JSONResponse(view), err
}

// putBack gives Hydra the settings of before, when the record of a change could not be
// kept. Who has changed the application since is not overwritten.
func (a *API) putBack(ctx context.Context, before, after client.Application) error {
	ctx = context.WithoutCancel(ctx)
	now, err := a.Hydra.Application(ctx, after.ID)
	if err != nil || now.Version != after.Version {
		return err
	}
	_, err = a.Hydra.SetApplication(ctx, before)
	return err
}

// DeleteApplication removes one. Hydra drops its tokens with it; whoever keeps what
// they meant is told.
func (a *API) DeleteApplication(ctx context.Context, request DeleteApplicationRequestObject) (DeleteApplicationResponseObject, error) {
	err := a.change(ctx, request.ID, func(ctx context.Context, tx postgres.IDB, app client.Application) error {
		// It would come back.
		_, err := client.Declarations{DB: tx}.ByID(ctx, access.Tenant(ctx).ID, app.ID)
		if err == nil {
			return errDeclared
		}
		if !errors.Is(err, client.ErrUndeclared) {
			return err
		}
		if err := a.record(ctx, tx, app.ID, audit.ActionApplicationDeleted, request.Body.Reason, &app.Settings, nil, nil); err != nil {
			return err
		}
		if err := (client.Secrets{DB: tx}).Forget(ctx, app.ID); err != nil {
			return err
		}
		if err := (client.Usage{DB: tx}).Forget(ctx, app.ID); err != nil {
			return err
		}
		return a.Hydra.DeleteApplication(ctx, app.ID)
	})
	if err != nil {
		return nil, err
	}
	// Lost, what others keep ends by itself within a minute.
	_ = a.Board.Post(context.WithoutCancel(ctx), revoked.Client(request.ID))
	return DeleteApplication204Response{}, nil
}

// RevokeApplicationTokens ends all tokens of one.
func (a *API) RevokeApplicationTokens(ctx context.Context, request RevokeApplicationTokensRequestObject) (RevokeApplicationTokensResponseObject, error) {
	app, err := a.one(ctx, request.ID)
	if err != nil {
		return nil, err
	}
	by := access.From(ctx).Event(access.Tenant(ctx).ID, audit.ActionClientRevoked)
	by.Detail = map[string]string{access.DetailReason: request.Body.Reason}
	return RevokeApplicationTokens204Response{}, a.Revoker.Client(ctx, by, app.ID)
}
