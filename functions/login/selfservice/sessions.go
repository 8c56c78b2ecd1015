package selfservice

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/session"
)

type sessionView struct {
	ID              uuid.UUID `json:"id"`
	Current         bool      `json:"current"`
	AuthenticatedAt time.Time `json:"authenticatedAt"`
	LastSeenAt      time.Time `json:"lastSeenAt"`
	IP              string    `json:"ip"`
	Browser         string    `json:"browser"`
	System          string    `json:"system"`
	Remembered      bool      `json:"remembered"`
	Methods         []string  `json:"methods"`
}

func (a *API) sessions(ctx context.Context, p person) ([]sessionView, error) {
	all, err := a.Sessions.Of(ctx, p.user.ID)
	views := make([]sessionView, len(all))
	for i, s := range all {
		name, system := browser.Device(s.UserAgent)
		views[i] = sessionView{
			ID: s.ID, Current: s.ID == p.session.ID, AuthenticatedAt: s.AuthenticatedAt, LastSeenAt: s.LastSeenAt,
			IP: s.IP, Browser: name, System: system, Remembered: s.Remembered, Methods: s.AMR,
		}
	}
	return views, err
}

func (a *API) listSessions(w http.ResponseWriter, r *http.Request, p person) error {
	views, err := a.sessions(r.Context(), p)
	if err != nil {
		return err
	}
	return browser.JSON(w, map[string]any{"sessions": views})
}

// endSession ends one of the person's own. That it has ended already is what they
// wanted.
func (a *API) endSession(w http.ResponseWriter, r *http.Request, p person) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return problem.NotFound.Because(err)
	}
	own, err := a.Sessions.Of(r.Context(), p.user.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(own, func(s session.Session) bool { return s.ID == id }) {
		err = a.Sessions.End(r.Context(), id, func(ctx context.Context, tx postgres.IDB, s session.Session) error {
			return audit.Append(ctx, tx, a.Clock.Now(), p.event(r, audit.ActionSignedOut, map[string]string{"session": s.ID.String()}))
		})
		if err != nil {
			return err
		}
	}
	if id == p.session.ID {
		a.Cookies.ClearSession(w)
	}
	return done(w)
}

func (a *API) endOthers(w http.ResponseWriter, r *http.Request, p person) error {
	var ended []session.Session
	err := postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) (err error) {
		ended, err = a.endAll(ctx, tx, r, p, p.session.ID)
		return err
	})
	if err != nil {
		return err
	}
	a.Sessions.Forget(r.Context(), ended)
	return browser.JSON(w, map[string]int{"ended": len(ended)})
}

// endAll ends the person's sessions but one, within the caller's transaction.
// After the commit the caller has them forgotten.
func (a *API) endAll(ctx context.Context, tx postgres.IDB, r *http.Request, p person, except uuid.UUID) ([]session.Session, error) {
	ended, err := a.Sessions.EndAll(ctx, tx, p.user.ID, except)
	if err != nil {
		return nil, err
	}
	for _, s := range ended {
		err := audit.Append(ctx, tx, a.Clock.Now(), p.event(r, audit.ActionSignedOut, map[string]string{"session": s.ID.String()}))
		if err != nil {
			return nil, err
		}
	}
	return ended, nil
}
