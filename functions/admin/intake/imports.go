package intake

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/intake/lines"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/intake"
	"github.com/authway/authway/shared/postgres"
)

// ListImports is those of the last days.
func (a *API) ListImports(ctx context.Context, request ListImportsRequestObject) (ListImportsResponseObject, error) {
	home, caller := place(ctx)
	imports, next, err := intake.Store{DB: a.DB}.Of(ctx, home.ID, access.Given(request.Params.Cursor), access.Limit[int64](request.Params.Limit))
	if err != nil {
		return nil, err
	}
	answer := ListImports200JSONResponse{Items: []Import{}, Next: next}
	for _, i := range imports {
		shown, err := a.importOf(i, caller)
		if err != nil {
			return nil, err
		}
		answer.Items = append(answer.Items, shown)
	}
	return answer, nil
}

// CreateImport begins one.
func (a *API) CreateImport(ctx context.Context, request CreateImportRequestObject) (CreateImportResponseObject, error) {
	home, caller := place(ctx)
	now, body := a.Clock.Now(), request.Body
	i := intake.Import{
		ID: uuid.New(), TenantID: home.ID, Name: strings.TrimSpace(access.Given(body.Name)), Format: string(body.Format), DryRun: access.Given(body.DryRun),
		OnExisting: string(access.Given(body.OnExisting)), SendInvitations: access.Given(body.SendInvitations), Size: body.Size,
		Creator: caller.ID(), CreatedAt: now,
	}
	if i.OnExisting == "" {
		i.OnExisting = intake.Skip
	}
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if err := (intake.Store{DB: tx}).Create(ctx, i); err != nil {
			return err
		}
		return access.Record(ctx, tx, now, access.Change{
			Action: audit.ActionImportBegun, Tenant: home.ID, Object: i.ID.String(), Reason: access.Given(body.Reason),
			More: map[string]string{"format": i.Format, "dry_run": strconv.FormatBool(i.DryRun), "on_existing": i.OnExisting},
		})
	})
	if err != nil {
		return nil, err
	}
	made, err := intake.Store{DB: a.DB}.ByID(ctx, home.ID, i.ID)
	if err != nil {
		return nil, err
	}
	shown, err := a.importOf(made, caller)
	return CreateImport201JSONResponse(shown), err
}

// GetImport is one of them.
func (a *API) GetImport(ctx context.Context, request GetImportRequestObject) (GetImportResponseObject, error) {
	home, caller := place(ctx)
	i, err := intake.Store{DB: a.DB}.ByID(ctx, home.ID, request.ID)
	if err != nil {
		return nil, err
	}
	shown, err := a.importOf(i, caller)
	return GetImport200JSONResponse(shown), err
}

// CancelImport ends one.
func (a *API) CancelImport(ctx context.Context, request CancelImportRequestObject) (CancelImportResponseObject, error) {
	home, caller := place(ctx)
	var i intake.Import
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) (err error) {
		now := a.Clock.Now()
		if i, err = (intake.Store{DB: tx}).Cancel(ctx, home.ID, request.ID, now); err != nil {
			return err
		}
		return access.Record(ctx, tx, now, access.Change{
			Action: audit.ActionImportCancelled, Tenant: home.ID, Object: i.ID.String(), Reason: access.Given(request.Body.Reason), More: countsOf(i),
		})
	})
	if err != nil {
		return nil, err
	}
	shown, err := a.importOf(i, caller)
	return CancelImport200JSONResponse(shown), err
}

// ListImportFindings is what is to be said of lines.
func (a *API) ListImportFindings(ctx context.Context, request ListImportFindingsRequestObject) (ListImportFindingsResponseObject, error) {
	home, _ := place(ctx)
	store := intake.Store{DB: a.DB}
	if _, err := store.ByID(ctx, home.ID, request.ID); err != nil {
		return nil, err
	}
	found, next, err := store.Findings(ctx, request.ID, access.Given(request.Params.Cursor), access.Limit[int64](request.Params.Limit))
	if err != nil {
		return nil, err
	}
	answer := ListImportFindings200JSONResponse{Items: []ImportFinding{}, Next: next}
	for _, f := range found {
		answer.Items = append(answer.Items, ImportFinding{Line: f.Line, Code: f.Code, Field: orNil(f.Field), Message: lines.Sentences[f.Code]})
	}
	return answer, nil
}

func (a *API) importOf(i intake.Import, caller access.Caller) (Import, error) {
	sum, err := lines.SumOf(i.Reading)
	if err != nil {
		return Import{}, err
	}
	state := ImportState(i.State)
	switch {
	case i.Running(a.Clock.Now()):
		state = Running
	case i.State == intake.Open:
		state = Waiting
	}
	return Import{
		ID: i.ID, Name: i.Name, Format: ImportFormat(i.Format), DryRun: i.DryRun, OnExisting: ImportOnExisting(i.OnExisting),
		SendInvitations: i.SendInvitations, State: state, Trouble: orNil(i.Trouble), Size: i.Size, Position: i.Position, Line: i.Line,
		Sha256: sum, Created: i.Created, Updated: i.Updated, Skipped: i.Skipped, Failed: i.Failed, Own: i.Creator == caller.ID(),
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, FinishedAt: i.FinishedAt,
	}, nil
}

func countsOf(i intake.Import) map[string]string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return map[string]string{
		"created": number(i.Created), "updated": number(i.Updated), "skipped": number(i.Skipped), "failed": number(i.Failed),
		"lines": number(i.Line), "dry_run": strconv.FormatBool(i.DryRun),
	}
}

// own refuses content from anybody but whoever has begun the import, and after a day.
func (a *API) own(i intake.Import, caller access.Caller) error {
	switch {
	case i.Creator != caller.ID():
		return access.ErrForbidden
	case a.Clock.Now().Sub(i.CreatedAt) > contentWithin:
		return errLate
	}
	return nil
}
