package consent

import (
	"errors"
	"net/http"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/revocation"
	"github.com/authway/authway/shared/session"
)

// maxClientID bounds what is sent to Hydra.
const maxClientID = 255

// app is an application that a person has let in.
type app struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Logo   string    `json:"logo"`
	URI    string    `json:"uri"`
	Scopes []string  `json:"scopes"`
	Since  time.Time `json:"since"`
}

// signedIn is whose browser it is. Elsewhere in this function Hydra's challenge
// tells that; here there is none.
func (f *Function) signedIn(r *http.Request) (account.User, error) {
	s, err := f.sessions.ByToken(r.Context(), f.cookies.Session(r))
	if errors.Is(err, session.ErrNone) {
		return account.User{}, problem.Unauthenticated
	}
	if err != nil {
		return account.User{}, explain(err)
	}
	u, err := f.accounts.ByID(r.Context(), s.UserID)
	if errors.Is(err, account.ErrUnknown) || err == nil && !u.Active() {
		return account.User{}, problem.Unauthenticated
	}
	return u, explain(err)
}

func (f *Function) listApps(w http.ResponseWriter, r *http.Request) error {
	u, err := f.signedIn(r)
	if err != nil {
		return err
	}
	grants, err := f.hydra.Grants(r.Context(), u.ID.String())
	if err != nil {
		return explain(err)
	}
	return browser.JSON(w, map[string][]app{"apps": apps(grants)})
}

func apps(grants []hydra.Grant) []app {
	all := make([]app, len(grants))
	for i, g := range grants {
		name := g.App.Name
		if name == "" {
			name = g.App.ID
		}
		all[i] = app{ID: g.App.ID, Name: name, Logo: g.App.Logo, URI: g.App.URI, Scopes: g.Scope, Since: g.Since}
	}
	return all
}

// revokeApp takes back what the application was granted, and with it its tokens.
// Hydra is asked before it is written down: said twice it is no error, so that a
// person whose second half failed can press again.
func (f *Function) revokeApp(w http.ResponseWriter, r *http.Request) error {
	u, err := f.signedIn(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if len(id) > maxClientID {
		return problem.NotFound
	}
	by := revocation.By{TenantID: u.TenantID, ActorKind: audit.ActorUser, ActorID: u.ID.String(), IP: browser.ClientIP(r)}
	if err := f.revoker.Grant(r.Context(), by, u.ID, id); err != nil {
		return explain(err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
