package applications

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/postgres"
)

// RotateApplicationSecret gives an application another secret, which is shown this
// once. For the overlap, package token takes the one before it as well.
func (a *API) RotateApplicationSecret(ctx context.Context, request RotateApplicationSecretRequestObject) (RotateApplicationSecretResponseObject, error) {
	secret := client.NewSecret()
	overlap := time.Duration(0)
	if request.Body.OverlapSeconds != nil {
		overlap = time.Duration(*request.Body.OverlapSeconds) * time.Second
	}
	var until time.Time
	told := false
	rotate := func(ctx context.Context, tx postgres.IDB, app client.Application) (err error) {
		if !app.HasSecret() {
			return errNoSecret
		}
		if err := may(ctx, app.Settings); err != nil {
			return err
		}
		if err := a.keepsDeclaredSecret(ctx, tx, app.ID); err != nil {
			return err
		}
		until, err = client.Secrets{DB: tx, Box: a.Box}.Put(ctx, access.Tenant(ctx).ID, app.ID, secret, overlap, a.Clock.Now())
		if err != nil {
			return err
		}
		good := time.Duration(0)
		if !until.IsZero() {
			good = overlap
		}
		more := map[string]string{"overlap_seconds": strconv.Itoa(int(good / time.Second))}
		if err := a.record(ctx, tx, app.ID, audit.ActionSecretRotated, request.Body.Reason, nil, nil, more); err != nil {
			return err
		}
		if told {
			return nil
		}
		_, err = a.Hydra.SetSecret(ctx, app.ID, secret)
		told = err == nil
		return err
	}
	err := a.change(ctx, request.ID, rotate)
	if err != nil && told {
		// Hydra keeps no secret that could be put back: this one has to be recorded, and shown.
		err = a.change(context.WithoutCancel(ctx), request.ID, rotate)
	}
	if err != nil {
		return nil, err
	}
	return RotateApplicationSecret200JSONResponse{Secret: secret, OverlapUntil: moment(until)}, nil
}

// keepsDeclaredSecret refuses to change a secret that a file says: it would be
// changed back.
func (a *API) keepsDeclaredSecret(ctx context.Context, tx postgres.IDB, id string) error {
	declared, err := client.Declarations{DB: tx}.ByID(ctx, access.Tenant(ctx).ID, id)
	if errors.Is(err, client.ErrUndeclared) {
		return nil
	}
	if err == nil && declared.HasSecret {
		return errDeclared
	}
	return err
}

// EndApplicationOverlap ends the former secret. A process that passes requests on
// believes it for another second.
func (a *API) EndApplicationOverlap(ctx context.Context, request EndApplicationOverlapRequestObject) (EndApplicationOverlapResponseObject, error) {
	err := a.change(ctx, request.ID, func(ctx context.Context, tx postgres.IDB, app client.Application) error {
		ended, err := client.Secrets{DB: tx}.EndOverlap(ctx, app.ID)
		if err != nil {
			return err
		}
		if !ended {
			return errNoOverlap
		}
		return a.record(ctx, tx, app.ID, audit.ActionOverlapEnded, request.Body.Reason, nil, nil, nil)
	})
	return EndApplicationOverlap204Response{}, err
}
