package system

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
)

// ListAudit is what is in the log of the installation.
func (a *API) ListAudit(ctx context.Context, r ListAuditRequestObject) (ListAuditResponseObject, error) {
	p := r.Params
	page, err := a.page(ctx, audit.Filter{
		From: timeOf(p.From), To: timeOf(p.To), Actor: access.Given(p.Actor), Subject: access.Given(p.Subject), Client: access.Given(p.Client),
		Action: access.Given(p.Action), Outcome: string(access.Given(p.Outcome)), RequestID: access.Given(p.RequestID), IP: access.Given(p.IP),
	}, access.Given(p.Cursor), access.Limit[int64](p.Limit))
	return ListAudit200JSONResponse(page), err
}

// ListAuditOfTenant is what is in the log of the tenant.
func (a *API) ListAuditOfTenant(ctx context.Context, r ListAuditOfTenantRequestObject) (ListAuditOfTenantResponseObject, error) {
	p := r.Params
	page, err := a.page(ctx, audit.Filter{
		TenantID: access.Tenant(ctx).ID,
		From:     timeOf(p.From), To: timeOf(p.To), Actor: access.Given(p.Actor), Subject: access.Given(p.Subject), Client: access.Given(p.Client),
		Action: access.Given(p.Action), Outcome: string(access.Given(p.Outcome)), RequestID: access.Given(p.RequestID), IP: access.Given(p.IP),
	}, access.Given(p.Cursor), access.Limit[int64](p.Limit))
	return ListAuditOfTenant200JSONResponse(page), err
}

func (a *API) page(ctx context.Context, f audit.Filter, cursor string, limit int64) (AuditPage, error) {
	found, err := audit.Search(ctx, a.DB, f, cursor, limit)
	if err != nil {
		return AuditPage{}, err
	}
	return AuditPage{Items: showAll(found.Entries), Next: found.Next, Reached: some(found.Reached)}, nil
}

// GetAudit is one event.
func (a *API) GetAudit(ctx context.Context, r GetAuditRequestObject) (GetAuditResponseObject, error) {
	e, err := a.one(ctx, uuid.Nil, r.Params.At, r.ID)
	return GetAudit200JSONResponse(e), err
}

// GetAuditOfTenant is one event of the tenant.
func (a *API) GetAuditOfTenant(ctx context.Context, r GetAuditOfTenantRequestObject) (GetAuditOfTenantResponseObject, error) {
	e, err := a.one(ctx, access.Tenant(ctx).ID, r.Params.At, r.ID)
	return GetAuditOfTenant200JSONResponse(e), err
}

func (a *API) one(ctx context.Context, tenantID uuid.UUID, at time.Time, id uuid.UUID) (AuditEvent, error) {
	e, err := audit.Get(ctx, a.DB, tenantID, at, id)
	if err != nil {
		return AuditEvent{}, err
	}
	return show(e), nil
}

func showAll(entries []audit.Entry) []AuditEvent {
	all := make([]AuditEvent, len(entries))
	for i, e := range entries {
		all[i] = show(e)
	}
	return all
}

// show takes out of the detail what has a field of its own.
func show(e audit.Entry) AuditEvent {
	detail := map[string]string{}
	maps.Copy(detail, e.Detail)
	delete(detail, access.DetailReason)
	shown := AuditEvent{
		ID: e.ID, At: e.At, TenantID: some(e.TenantID), Action: e.Action, Outcome: AuditEventOutcome(e.Outcome),
		ActorKind: AuditEventActorKind(e.ActorKind), ActorID: e.ActorID, SubjectID: e.SubjectID, ClientID: e.ClientID,
		RequestID: e.RequestID, IP: e.IP, Reason: some(e.Detail[access.DetailReason]), Detail: detail,
	}
	for name, into := range map[string]**map[string]any{access.DetailBefore: &shown.Before, access.DetailAfter: &shown.After} {
		var object map[string]any
		// One that is no object stays as it is written.
		if json.Unmarshal([]byte(detail[name]), &object) == nil && object != nil {
			*into = &object
			delete(detail, name)
		}
	}
	return shown
}
