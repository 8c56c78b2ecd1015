package people

import (
	"context"
	"net/netip"
	"strconv"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/session"
)

// ListSessions is who is signed in.
func (a *API) ListSessions(ctx context.Context, r ListSessionsRequestObject) (ListSessionsResponseObject, error) {
	filter := session.Filter{TenantID: access.Tenant(ctx).ID}
	if r.Params.User != nil {
		filter.UserID = *r.Params.User
	}
	if r.Params.IP != nil {
		address, err := netip.ParseAddr(*r.Params.IP)
		if err != nil || address.Zone() != "" {
			return nil, problem.BadRequest.At("ip")
		}
		// As it is kept.
		filter.IP = address.Unmap().String()
	}
	page, err := a.sessions(ctx, filter, access.Given(r.Params.Cursor), access.Limit[int](r.Params.Limit))
	return ListSessions200JSONResponse(page), err
}

// ListUserSessions is where somebody is signed in.
func (a *API) ListUserSessions(ctx context.Context, r ListUserSessionsRequestObject) (ListUserSessionsResponseObject, error) {
	u, err := a.within(ctx, r.User)
	if err != nil {
		return nil, err
	}
	page, err := a.sessions(ctx, session.Filter{TenantID: u.TenantID, UserID: u.ID}, access.Given(r.Params.Cursor), access.Limit[int](r.Params.Limit))
	return ListUserSessions200JSONResponse(page), err
}

func (a *API) sessions(ctx context.Context, f session.Filter, cursor string, limit int) (SessionPage, error) {
	found, next, err := a.Sessions.List(ctx, f, cursor, limit)
	if err != nil {
		return SessionPage{}, err
	}
	ids := make([]uuid.UUID, len(found))
	for i, s := range found {
		ids[i] = s.UserID
	}
	people, err := a.accounts().Among(ctx, f.TenantID, ids)
	if err != nil {
		return SessionPage{}, err
	}
	own := access.From(ctx).Session.ID
	page := SessionPage{Items: make([]PersonSession, len(found)), Next: next}
	for i, s := range found {
		name, system := browser.Device(s.UserAgent)
		page.Items[i] = PersonSession{
			ID: s.ID, User: s.UserID, Email: people[s.UserID].Email, Name: people[s.UserID].Name, Current: s.ID == own,
			Browser: name, System: system, IP: s.IP, Remembered: s.Remembered, Methods: s.AMR,
			AuthenticatedAt: s.AuthenticatedAt, LastSeenAt: s.LastSeenAt, ExpiresAt: s.ExpiresAt,
		}
	}
	return page, nil
}

// EndSession ends one session of the tenant.
func (a *API) EndSession(ctx context.Context, r EndSessionRequestObject) (EndSessionResponseObject, error) {
	s, err := a.Sessions.Find(ctx, access.Tenant(ctx).ID, r.Session)
	if err != nil {
		return nil, err
	}
	ended, err := a.endOne(ctx, s, access.Given(r.Body.Reason))
	return EndSession200JSONResponse(ended), err
}

// EndUserSession ends one session of somebody.
func (a *API) EndUserSession(ctx context.Context, r EndUserSessionRequestObject) (EndUserSessionResponseObject, error) {
	s, err := a.Sessions.Find(ctx, access.Tenant(ctx).ID, r.Session)
	if err == nil && s.UserID != r.User {
		err = session.ErrNone
	}
	if err != nil {
		return nil, err
	}
	ended, err := a.endOne(ctx, s, access.Given(r.Body.Reason))
	return EndUserSession200JSONResponse(ended), err
}

// endOne ends a session with what it let applications do, and says which.
func (a *API) endOne(ctx context.Context, s session.Session, reason string) (SessionEnded, error) {
	u, err := a.within(ctx, s.UserID)
	if err != nil {
		return SessionEnded{}, err
	}
	if err := access.GuardOthers(ctx, a.DB, u); err != nil {
		return SessionEnded{}, err
	}
	// Their names are gone with the consents.
	grants, err := a.Hydra.Grants(ctx, u.ID.String())
	if err != nil {
		return SessionEnded{}, err
	}
	if err := a.Revoker.Session(ctx, by(ctx, reason), u.ID, s.ID); err != nil {
		return SessionEnded{}, err
	}
	clients, err := audit.ClientsOf(ctx, a.DB, u.TenantID, u.ID, s.ID)
	if err != nil {
		return SessionEnded{}, err
	}
	ended := SessionEnded{Applications: []SessionApplication{}}
	for _, id := range clients {
		for _, g := range grants {
			if g.App.ID == id {
				ended.Applications = append(ended.Applications, SessionApplication{Client: id, Name: g.App.Name})
			}
		}
	}
	return ended, nil
}

// EndUserSessions signs somebody out everywhere.
func (a *API) EndUserSessions(ctx context.Context, r EndUserSessionsRequestObject) (EndUserSessionsResponseObject, error) {
	return EndUserSessions204Response{}, a.endAll(ctx, r.User, access.Given(r.Body.Reason))
}

func (a *API) endAll(ctx context.Context, id uuid.UUID, reason string) error {
	var ended []session.Session
	err := a.changing(ctx, id, access.GuardOthers, func(ctx context.Context, tx postgres.IDB, u account.User) (err error) {
		if ended, err = a.Sessions.EndAll(ctx, tx, u.ID, uuid.Nil); err != nil || len(ended) == 0 {
			return err
		}
		now := a.Clock.Now()
		for _, s := range ended {
			c := change(u, audit.ActionSignedOut, reason)
			c.More = map[string]string{audit.DetailSession: s.ID.String()}
			if err := access.Record(ctx, tx, now, c); err != nil {
				return err
			}
		}
		c := change(u, audit.ActionSessionsEnded, reason)
		c.More = map[string]string{"sessions": strconv.Itoa(len(ended))}
		return access.Record(ctx, tx, now, c)
	})
	if err != nil {
		return err
	}
	a.Sessions.Forget(ctx, ended)
	return nil
}
