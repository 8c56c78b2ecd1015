package applications

import (
	"context"
	"errors"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
)

// declared are the tenant's declared applications, by their ids.
func (a *API) declared(ctx context.Context) (map[string]client.Declared, error) {
	all, err := client.Declarations{DB: a.DB}.Of(ctx, access.Tenant(ctx).ID)
	if err != nil {
		return nil, err
	}
	found := make(map[string]client.Declared, len(all))
	for _, d := range all {
		found[d.ClientID] = d
	}
	return found, nil
}

// compared is a declaration with how Hydra's registration differs now, or with what
// maintenance has last seen when the registration is not at hand.
func (a *API) compared(d client.Declared, app *client.Application) (ApplicationDeclaration, error) {
	said, err := d.Declaration()
	if err != nil {
		return ApplicationDeclaration{}, err
	}
	out := ApplicationDeclaration{
		Missing: d.Missing, HasSecret: d.HasSecret, CheckedAt: d.CheckedAt.UTC(), Drift: []ApplicationDifference{},
	}
	if d.RestoredAt != nil {
		out.RestoredAt = moment(*d.RestoredAt)
	}
	drift, err := d.Differences()
	if app != nil {
		out.Missing = false
		drift, err = said.Fields.Drift(app.Settings)
	}
	for _, one := range drift {
		out.Drift = append(out.Drift, ApplicationDifference{Field: one.Field, Declared: one.Declared, Actual: one.Actual})
	}
	return out, err
}

// ListApplicationDrift is what is declared for the tenant, and how Hydra's
// registrations differed when maintenance last looked.
func (a *API) ListApplicationDrift(ctx context.Context, _ ListApplicationDriftRequestObject) (ListApplicationDriftResponseObject, error) {
	all, err := client.Declarations{DB: a.DB}.Of(ctx, access.Tenant(ctx).ID)
	if err != nil {
		return nil, err
	}
	answer := ListApplicationDrift200JSONResponse{Items: []ApplicationDrift{}}
	for _, d := range all {
		said, err := d.Declaration()
		if err != nil {
			return nil, err
		}
		settings, err := said.Fields.Over(client.Settings{})
		if err != nil {
			return nil, err
		}
		declaration, err := a.compared(d, nil)
		if err != nil {
			return nil, err
		}
		answer.Items = append(answer.Items, ApplicationDrift{ID: d.ClientID, Name: settings.Name, Declaration: declaration})
	}
	return answer, nil
}

// RestoreApplication makes Hydra's registration what the file declares, or makes it
// anew under its id. The secret that the file says is known to maintenance alone,
// which is told to look.
func (a *API) RestoreApplication(ctx context.Context, request RestoreApplicationRequestObject) (RestoreApplicationResponseObject, error) {
	var before, app client.Application
	var made, told bool
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if err := hold(ctx, tx, request.ID); err != nil {
			return err
		}
		declared, err := client.Declarations{DB: tx}.ByID(ctx, access.Tenant(ctx).ID, request.ID)
		if errors.Is(err, client.ErrUndeclared) {
			// Whether there is such an application at all is for the tenant's own to know.
			if _, err := a.one(ctx, request.ID); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		before, app, made, err = a.restore(ctx, tx, declared, access.Given(request.Body.Reason))
		told = err == nil
		return err
	})
	switch {
	case err == nil || !told:
	case made:
		err = errors.Join(err, a.Hydra.DeleteApplication(context.WithoutCancel(ctx), app.ID))
	default:
		err = errors.Join(err, a.putBack(ctx, before, app))
	}
	if err != nil {
		return nil, err
	}
	if made {
		a.Knocker.Knock(client.ReconcileJob)
	}
	view, err := a.view(ctx, app)
	return RestoreApplication200JSONResponse(view), err
}

func (a *API) restore(ctx context.Context, tx postgres.IDB, d client.Declared, reason string) (before, app client.Application, made bool, err error) {
	said, err := d.Declaration()
	if err != nil {
		return before, app, false, err
	}
	before, err = a.Hydra.Application(ctx, d.ClientID)
	made = errors.Is(err, hydra.ErrUnknown)
	if err != nil && !made {
		return before, app, false, err
	}
	if !made && !of(access.Tenant(ctx), before) {
		return before, app, false, problem.NotFound.Because(errors.New("it is another tenant's at Hydra"))
	}
	app = before
	if made {
		app = client.Application{ID: d.ClientID, Tenant: access.Tenant(ctx).Slug, Said: said.Kind}
	}
	if app.Settings, err = said.Fields.Over(app.Settings); err != nil {
		return before, app, false, err
	}
	if made {
		app.Settings = app.Filled(said.Kind)
	}
	was := &before.Settings
	if made {
		was = nil
	}
	if err := a.record(ctx, tx, app.ID, audit.ActionApplicationRestored, reason, was, &app.Settings, nil); err != nil {
		return before, app, false, err
	}
	if err := (client.Declarations{DB: tx}).Restored(ctx, app.ID, made, a.Clock.Now()); err != nil {
		return before, app, false, err
	}
	if !made {
		app, err = a.Hydra.SetApplication(ctx, app)
		return before, app, false, err
	}
	// What was known is of a secret that ended with the registration: the next rotation
	// would make it good again.
	if err := (client.Secrets{DB: tx}).Forget(ctx, app.ID); err != nil {
		return before, app, false, err
	}
	secret := ""
	if app.HasSecret() {
		// Nobody knows it, until maintenance gives the declared one or somebody rotates it.
		secret = client.NewSecret()
	}
	app, err = a.Hydra.CreateApplication(ctx, app, secret)
	return before, app, true, err
}
