package people

import (
	"context"
	"slices"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/problem"
)

// ListUserConsents is what somebody has let applications do.
func (a *API) ListUserConsents(ctx context.Context, r ListUserConsentsRequestObject) (ListUserConsentsResponseObject, error) {
	u, err := a.within(ctx, r.User)
	if err != nil {
		return nil, err
	}
	grants, err := a.Hydra.Grants(ctx, u.ID.String())
	if err != nil {
		return nil, err
	}
	answer := ListUserConsents200JSONResponse{Items: make([]PersonConsent, len(grants))}
	for i, g := range grants {
		answer.Items[i] = PersonConsent{Client: g.App.ID, Name: g.App.Name, Scopes: append([]string{}, g.Scope...), Since: g.Since}
	}
	return answer, nil
}

// RevokeUserConsent takes back what somebody has let an application do.
func (a *API) RevokeUserConsent(ctx context.Context, r RevokeUserConsentRequestObject) (RevokeUserConsentResponseObject, error) {
	u, err := a.within(ctx, r.User)
	if err != nil {
		return nil, err
	}
	grants, err := a.Hydra.Grants(ctx, u.ID.String())
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(grants, func(g hydra.Grant) bool { return g.App.ID == r.Client }) {
		return nil, problem.NotFound
	}
	return RevokeUserConsent204Response{}, a.Revoker.Grant(ctx, by(ctx, access.Given(r.Body.Reason)), u.ID, r.Client)
}

// ListUserHistory is what was done to an account and by its person.
func (a *API) ListUserHistory(ctx context.Context, r ListUserHistoryRequestObject) (ListUserHistoryResponseObject, error) {
	u, err := a.within(ctx, r.User)
	if err != nil {
		return nil, err
	}
	events, next, err := audit.Person(ctx, a.DB, u.TenantID, u.ID, access.Given(r.Params.Cursor), access.Limit[int](r.Params.Limit))
	if err != nil {
		return nil, err
	}
	answer := ListUserHistory200JSONResponse{Items: make([]PersonEvent, len(events)), Next: next}
	for i, e := range events {
		detail := e.Detail
		if detail == nil {
			detail = map[string]string{}
		}
		answer.Items[i] = PersonEvent{
			ID: e.ID, At: e.At, Action: e.Action, Outcome: PersonEventOutcome(e.Outcome), ActorKind: PersonEventActorKind(e.ActorKind),
			Actor: e.ActorID, Subject: e.SubjectID, Client: e.ClientID, IP: e.IP, Detail: detail,
		}
	}
	return answer, nil
}
