package login

import (
	"context"
	"net/http"
	"time"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/postgres"
)

const pathRestore = "/login/restore"

// needsRestore is asked last: only somebody who could sign in with it may keep an
// account that is to be deleted.
func needsRestore(_ context.Context, _ *Function, _ visit, u account.User, _ flow.Progress) (bool, error) {
	return !u.Active(), nil
}

func restoreView(v visit, u account.User) pages.View {
	view := v.view("restore")
	view.Account = u.Email
	if u.DeleteAfter != nil {
		view.DeleteAt = u.DeleteAfter.UTC().Format(time.RFC3339)
	}
	return view
}

func (f *Function) showRestore(w http.ResponseWriter, r *http.Request) error {
	v, u, ok, err := f.at(w, r, pathRestore)
	if !ok {
		return err
	}
	return browser.Show(w, r, restoreView(v, u))
}

// restore keeps the account and goes on with the sign-in, or goes back to the
// application without one.
func (f *Function) restore(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	v, u, ok, err := f.at(w, r, pathRestore)
	if !ok {
		return err
	}
	form := restoreView(v, u)
	browser.Keep(r, form)
	switch action := r.PostForm.Get("action"); action {
	case "restore":
	case "leave":
		next, err := f.decline(r.Context(), v, oauth2.ErrorAccessDenied, "The account is about to be deleted.")
		if err != nil {
			return err
		}
		return browser.Continue(w, r, next)
	default:
		return f.showIn(w, r, form, pages.Chosen(action))
	}
	err = postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		locked, err := account.Store{DB: tx}.Lock(ctx, u.ID)
		if err != nil || locked.DeleteAfter == nil {
			return err
		}
		if err := (account.Store{DB: tx}).Stay(ctx, u.ID, f.clock.Now()); err != nil {
			return err
		}
		return f.recordFactor(ctx, tx, r, v, u, audit.ActionStayed, audit.Success, nil)
	})
	if err != nil {
		return explain(err)
	}
	u.DeleteAfter = nil
	return f.proved(w, r, v, u, v.flow.Proved)
}
