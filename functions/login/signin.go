package login

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/session"
)

// showSignIn answers a browser that cannot be served the static page: it may be
// signed in, or the application sent a hint.
func (f *Function) showSignIn(w http.ResponseWriter, r *http.Request) error {
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	next, err := f.dispatch(r.Context(), v)
	if err != nil {
		return err
	}
	if next != "" {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	return browser.Show(w, r, v.view("login"))
}

// describeFlow is the first request of the static page's script.
func (f *Function) describeFlow(w http.ResponseWriter, r *http.Request) error {
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	next, err := f.dispatch(r.Context(), v)
	if err != nil {
		return err
	}
	view := v.view("login")
	return browser.JSON(w, struct {
		Flow       string       `json:"flow"`
		Client     pages.Client `json:"client"`
		Email      string       `json:"email"`
		Locale     string       `json:"locale"`
		RedirectTo string       `json:"redirectTo"`
	}{v.flow.ID, view.Client, view.Email, view.Locale, next})
}

func (f *Function) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	form := v.view("login")
	form.Email, form.Remember = r.PostForm.Get("email"), r.PostForm.Get("remember") != ""
	browser.Keep(r, form)
	switch action := r.PostForm.Get("action"); action {
	case "":
	case "register":
		http.Redirect(w, r, "/register?flow="+v.flow.ID, http.StatusSeeOther)
		return nil
	default:
		return f.showIn(w, r, form, pages.Chosen(action))
	}
	if v.flow.CompletedAt != nil {
		return errFinished.Toward(v.flow.RequestURL)
	}
	u, err := f.authenticate(r, v)
	if err != nil {
		return err
	}
	return f.admit(w, r, v, u, form.Remember)
}

// parseFailed tells a body that is too large from one that is no form.
func parseFailed(err error) error {
	if problem.TooLarge.Is(problem.Of(err)) {
		return err
	}
	return problem.BadRequest.Because(err)
}

// showIn shows the form again in another language, with what was typed.
func (f *Function) showIn(w http.ResponseWriter, r *http.Request, form pages.View, locale string) error {
	if locale == "" {
		return problem.BadRequest
	}
	form.Locale = locale
	f.cookies.SetLocale(w, form.Locale)
	return browser.Show(w, r, form)
}

// authenticate checks the address and password of the form. What it does and
// how long it takes is the same for an unknown account as for a known one.
func (f *Function) authenticate(r *http.Request, v visit) (account.User, error) {
	ctx := r.Context()
	email, password := r.PostForm.Get("email"), r.PostForm.Get("password")
	switch {
	case strings.TrimSpace(email) == "":
		return account.User{}, errEmailRequired
	case password == "":
		return account.User{}, errPasswordRequired
	}
	if _, err := account.ParseEmail(email); err != nil {
		return account.User{}, explain(err)
	}
	u, err := f.accounts.ByEmail(ctx, v.tenant.ID, email)
	if err != nil && !errors.Is(err, account.ErrUnknown) {
		return account.User{}, explain(err)
	}
	right, err := f.hasPassword(ctx, u.ID, password)
	if err != nil {
		return account.User{}, explain(err)
	}
	if !right {
		return account.User{}, f.refuse(r, v, u, errWrongCredentials)
	}
	if !u.Active() {
		return account.User{}, f.refuse(r, v, u, errDisabled)
	}
	return u, nil
}

// refuse records a failed sign-in. An audit record that cannot be written fails
// the request: somebody could otherwise guess unseen.
func (f *Function) refuse(r *http.Request, v visit, u account.User, answer *problem.Error) error {
	subject := ""
	if u.ID != uuid.Nil {
		subject = u.ID.String()
	}
	err := audit.Append(r.Context(), f.db, f.clock.Now(), audit.Event{
		TenantID: v.tenant.ID, Action: audit.ActionSignInFailed, Outcome: audit.Failure,
		ActorKind: audit.ActorAnonymous, SubjectID: subject, ClientID: v.request.App.ID,
		IP: browser.ClientIP(r), Detail: map[string]string{"reason": answer.Code()},
	})
	if err != nil {
		return explain(err)
	}
	return answer
}

// admit begins a session for u.
func (f *Function) admit(w http.ResponseWriter, r *http.Request, v visit, u account.User, remember bool) error {
	ctx := r.Context()
	var begun session.Session
	var token session.Token
	err := postgres.InTx(ctx, f.db, func(ctx context.Context, tx postgres.IDB) (err error) {
		begun, token, err = f.begin(ctx, tx, r, v, u, remember)
		return err
	})
	if err != nil {
		return explain(err)
	}
	return f.enter(w, r, v, begun, token)
}

// enter gives the browser its new session and answers the form with where to
// go on. The cookie is set before Hydra is asked: if Hydra is down, the person
// is signed in and the flow goes on at the next try.
func (f *Function) enter(w http.ResponseWriter, r *http.Request, v visit, begun session.Session, token session.Token) error {
	f.cookies.SetSession(w, token, begun.Remembered)
	if err := f.endFormer(r.Context(), r); err != nil {
		return explain(err)
	}
	next, err := f.proceed(r.Context(), v, begun)
	if err != nil {
		return err
	}
	return browser.Continue(w, r, next)
}

// hasPassword reports whether password is the account's. Without an account
// (uuid.Nil) it does the same work and says no.
func (f *Function) hasPassword(ctx context.Context, id uuid.UUID, password string) (bool, error) {
	hash, err := f.credentials.PasswordHash(ctx, id)
	if err != nil {
		return false, err
	}
	return f.hasher.Verify(ctx, hash, credential.Normalize(password))
}

// endFormer ends the session that the browser held before: a new sign-in always
// gets a new token, so that a token planted before it is worth nothing.
func (f *Function) endFormer(ctx context.Context, r *http.Request) error {
	former, err := f.sessions.ByToken(ctx, f.cookies.Session(r))
	if errors.Is(err, session.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.endOne(ctx, former.ID, audit.Event{
		TenantID: former.TenantID, ActorKind: audit.ActorUser, ActorID: former.UserID.String(),
		SubjectID: former.UserID.String(), IP: browser.ClientIP(r),
	})
}

func (f *Function) begin(ctx context.Context, tx postgres.IDB, r *http.Request, v visit, u account.User, remember bool) (session.Session, session.Token, error) {
	begun, token, err := f.sessions.Create(ctx, tx, session.Session{
		TenantID: v.tenant.ID, UserID: u.ID, AMR: []string{session.MethodPassword}, Remembered: remember,
		IP: browser.ClientIP(r), UserAgent: r.UserAgent(),
	})
	if err != nil {
		return session.Session{}, "", err
	}
	return begun, token, audit.Append(ctx, tx, f.clock.Now(), audit.Event{
		TenantID: v.tenant.ID, Action: audit.ActionSignedIn, Outcome: audit.Success,
		ActorKind: audit.ActorUser, ActorID: u.ID.String(), SubjectID: u.ID.String(), ClientID: v.request.App.ID,
		IP: browser.ClientIP(r), Detail: map[string]string{"session": begun.ID.String(), "method": session.MethodPassword},
	})
}
