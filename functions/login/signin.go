package login

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/flow"
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
	return browser.Show(w, r, tell(f.loginView(v), r))
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
	view := f.loginView(v)
	query := r.URL.Query()
	if next == "" && v.closed() && query.Get("page") == "register" {
		return v.refuseRegistration()
	}
	return browser.JSON(w, struct {
		Flow       string           `json:"flow"`
		Client     pages.Client     `json:"client"`
		Email      string           `json:"email"`
		Locale     string           `json:"locale"`
		Providers  []pages.Provider `json:"providers"`
		Look       pages.Look       `json:"look"`
		Closed     bool             `json:"closed"`
		Least      int              `json:"least"`
		RedirectTo string           `json:"redirectTo"`
	}{v.flow.ID, view.Client, view.Email, view.Locale, view.Providers, view.Look.In(query.Get("locale")), view.Closed, view.Least, next})
}

func (f *Function) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	if r.PostForm.Get("action") != "" {
		return f.signInWith(w, r)
	}
	leave, err := f.letIn(r)
	if err != nil {
		// Nobody has been asked whose page it is: it keeps what was typed, and no look.
		browser.Keep(r, pages.View{
			Page: "login", Flow: r.URL.Query().Get("flow"), Email: r.PostForm.Get("email"), Remember: r.PostForm.Get("remember") != "",
		})
		return err
	}
	defer leave()
	return f.signInWith(w, r)
}

// signInWith does what the form asks for; without an action a password is checked, which
// has been admitted.
func (f *Function) signInWith(w http.ResponseWriter, r *http.Request) error {
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	form := f.loginView(v)
	form.Email, form.Remember = r.PostForm.Get("email"), r.PostForm.Get("remember") != ""
	browser.Keep(r, form)
	action := r.PostForm.Get("action")
	switch action {
	case "", actionPasskey:
	case "register":
		if v.closed() {
			browser.Keep(r, v.view("message"))
			return v.refuseRegistration()
		}
		http.Redirect(w, r, "/register?flow="+v.flow.ID, http.StatusSeeOther)
		return nil
	case "others":
		http.Redirect(w, r, pathProvider+"?flow="+v.flow.ID, http.StatusSeeOther)
		return nil
	case "recover":
		http.Redirect(w, r, pathRecover+"?flow="+v.flow.ID, http.StatusSeeOther)
		return nil
	default:
		return f.showIn(w, r, form, pages.Chosen(action))
	}
	if v.flow.CompletedAt != nil {
		return errFinished.Toward(v.flow.RequestURL)
	}
	if action == actionPasskey {
		if err := f.mayPost(r); err != nil {
			return err
		}
		return f.signInWithPasskey(w, r, v, form.Remember)
	}
	u, err := f.authenticate(r, v)
	if err != nil {
		return err
	}
	return f.proved(w, r, v, u, flow.Progress{Methods: []string{session.MethodPassword}, Remembered: form.Remember})
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
	if err := f.mayGuess(r, v, email); err != nil {
		return account.User{}, err
	}
	u, err := f.accounts.ByEmail(ctx, v.tenant.ID, email)
	if err != nil && !errors.Is(err, account.ErrUnknown) {
		return account.User{}, explain(err)
	}
	shown, err := f.hasPassword(ctx, u.ID, password)
	if err != nil {
		return account.User{}, explain(err)
	}
	if !shown.right {
		f.guessedWrong(r, v)
		f.counts.show(byPassword, false)
		return account.User{}, f.refuse(r, v, u, errWrongCredentials)
	}
	if !u.MaySignIn() {
		f.counts.show(byPassword, false)
		return account.User{}, f.refuse(r, v, u, errDisabled)
	}
	if err := f.mayStill(r, v, u, shown, password); err != nil {
		return account.User{}, err
	}
	f.guessedRight(r, v, email)
	f.counts.show(byPassword, true)
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
