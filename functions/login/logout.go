package login

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/session"
)

func (f *Function) logoutRequest(r *http.Request) (hydra.LogoutRequest, error) {
	challenge := r.URL.Query().Get("logout_challenge")
	if challenge == "" || len(challenge) > maxChallenge {
		return hydra.LogoutRequest{}, errUnknownChallenge
	}
	request, err := f.hydra.Logout(r.Context(), challenge)
	return request, explain(err)
}

// showLogout asks before it signs out: otherwise any page on the web could sign
// a person out with a link. An application may be registered as one that has
// asked already; that counts for the person it has asked, and not for whoever
// opens a link with somebody else's ID token in it.
func (f *Function) showLogout(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Get("logout_challenge") == "" {
		http.Redirect(w, r, "/oauth2/sessions/logout", http.StatusSeeOther)
		return nil
	}
	request, err := f.logoutRequest(r)
	if errors.Is(err, errSignedOutAlready) {
		http.Redirect(w, r, "/signed-out", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	if request.App != nil && request.App.SkipLogoutConsent {
		own, err := f.holds(r, request.Subject)
		if err != nil {
			return err
		}
		if own {
			next, err := f.end(w, r, request)
			if err != nil {
				return err
			}
			http.Redirect(w, r, next, http.StatusSeeOther)
			return nil
		}
	}
	view, err := f.logoutView(r.Context(), request)
	if err != nil {
		return err
	}
	return browser.Show(w, r, view)
}

// holds reports whether the session of this browser is the subject's.
func (f *Function) holds(r *http.Request, subject string) (bool, error) {
	held, err := f.sessions.ByToken(r.Context(), f.cookies.Session(r))
	if errors.Is(err, session.ErrNone) {
		return false, nil
	}
	return held.UserID.String() == subject, explain(err)
}

func (f *Function) logoutView(ctx context.Context, request hydra.LogoutRequest) (pages.View, error) {
	view := pages.View{Page: "logout"}
	if app := request.App; app != nil {
		view.Client = pages.Client{ID: app.ID, Name: app.Name, Logo: app.Logo, URI: app.URI}
	}
	id, err := uuid.Parse(request.Subject)
	if err != nil {
		return view, nil
	}
	u, err := f.accounts.ByID(ctx, id)
	if err != nil && !errors.Is(err, account.ErrUnknown) {
		return view, explain(err)
	}
	view.Account = u.Email
	return view, nil
}

func (f *Function) logout(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	request, err := f.logoutRequest(r)
	if errors.Is(err, errSignedOutAlready) {
		return browser.Continue(w, r, "/signed-out")
	}
	if err != nil {
		return err
	}
	if action := r.PostForm.Get("action"); action != "" {
		view, err := f.logoutView(r.Context(), request)
		if err != nil {
			return err
		}
		return f.showIn(w, r, view, pages.Chosen(action))
	}
	switch r.PostForm.Get("decision") {
	case "signout":
		next, err := f.end(w, r, request)
		if err != nil {
			return err
		}
		return browser.Continue(w, r, next)
	case "stay":
		return f.stay(w, r, request)
	default:
		return problem.BadRequest
	}
}

// stay leads back: to the application that asked, or to the account's own pages
// when it was the person who came here.
func (f *Function) stay(w http.ResponseWriter, r *http.Request, request hydra.LogoutRequest) error {
	if err := f.hydra.RejectLogout(r.Context(), request.Challenge); err != nil {
		return explain(err)
	}
	if request.App != nil && request.App.URI != "" {
		return browser.Continue(w, r, request.App.URI)
	}
	return browser.Continue(w, r, "/account/")
}

// end ends this browser's session and lets Hydra go on. Hydra names the session
// that its own was begun with; after a double submit that need not be the one
// in the cookie, so both are ended: this one here, that one by Hydra's callback.
func (f *Function) end(w http.ResponseWriter, r *http.Request, request hydra.LogoutRequest) (string, error) {
	ctx := r.Context()
	next, err := f.answers.Once(ctx, request.Challenge, flow.Unrecorded(func(ctx context.Context) (string, error) {
		return f.hydra.AcceptLogout(ctx, request.Challenge)
	}))
	if err != nil {
		return "", explain(err)
	}
	held, err := f.sessions.ByToken(ctx, f.cookies.Session(r))
	if err == nil {
		err = f.endOne(ctx, held.ID, audit.Event{
			ActorKind: audit.ActorUser, ActorID: held.UserID.String(), IP: browser.ClientIP(r),
		})
	}
	if err != nil && !errors.Is(err, session.ErrNone) {
		return "", explain(err)
	}
	f.cookies.ClearSession(w)
	return next, nil
}

// endOne ends a session and records it; event says who did it, and from where.
func (f *Function) endOne(ctx context.Context, id uuid.UUID, event audit.Event) error {
	return f.sessions.End(ctx, id, func(ctx context.Context, tx postgres.IDB, ended session.Session) error {
		event.TenantID, event.SubjectID = ended.TenantID, ended.UserID.String()
		event.Action, event.Outcome = audit.ActionSignedOut, audit.Success
		event.Detail = map[string]string{"session": id.String()}
		return audit.Append(ctx, tx, f.clock.Now(), event)
	})
}

// endSession is Hydra's word that one of its sessions ended
// (urls.identity_provider): by a logout, or by an administrator.
func (f *Function) endSession(w http.ResponseWriter, r *http.Request) error {
	if !f.hydraKey.Shown(r) {
		return problem.Unauthenticated
	}
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return problem.NotFound.Because(err)
	}
	if err := f.endOne(r.Context(), id, audit.Event{ActorKind: audit.ActorSystem, ActorID: "hydra"}); err != nil {
		return explain(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (f *Function) showSignedOut(w http.ResponseWriter, r *http.Request) error {
	return browser.Show(w, r, pages.View{Page: "signed-out"})
}
