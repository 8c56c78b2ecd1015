package selfservice

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/hydra"
)

// copyOf is everything that is known of a person, as they may take it with them
// (GDPR, articles 15 and 20). Of secrets it says that they are there.
type copyOf struct {
	ExportedAt time.Time     `json:"exportedAt"`
	Roles      []string      `json:"roles"`
	Overview   overview      `json:"account"`
	Sessions   []sessionView `json:"sessions"`
	Apps       []appView     `json:"applications"`
	History    []eventView   `json:"history"`
}

type appView struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Scopes []string  `json:"scopes"`
	Since  time.Time `json:"since"`
}

const exportPage = 500

func (a *API) export(w http.ResponseWriter, r *http.Request, p person) error {
	all, err := a.everything(r.Context(), p)
	if err != nil {
		return err
	}
	if err := audit.Append(r.Context(), a.DB, a.Clock.Now(), p.event(r, audit.ActionExported, nil)); err != nil {
		return err
	}
	body, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="account.json"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(append(body, '\n'))
	return err
}

func (a *API) everything(ctx context.Context, p person) (all copyOf, err error) {
	all.ExportedAt, all.Roles = a.Clock.Now(), p.user.Roles
	if all.Overview, err = a.view(ctx, p); err != nil {
		return all, err
	}
	if all.Sessions, err = a.sessions(ctx, p); err != nil {
		return all, err
	}
	grants, err := a.Hydra.Grants(ctx, p.user.ID.String())
	if err != nil {
		return all, err
	}
	all.Apps = apps(grants)
	for cursor, more := "", true; more; more = cursor != "" {
		var page []eventView
		if page, cursor, err = a.history(ctx, p, cursor, exportPage); err != nil {
			return all, err
		}
		all.History = append(all.History, page...)
	}
	return all, nil
}

func apps(grants []hydra.Grant) []appView {
	views := make([]appView, len(grants))
	for i, g := range grants {
		views[i] = appView{g.App.ID, g.App.Name, g.Scope, g.Since}
	}
	return views
}
