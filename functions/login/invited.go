package login

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/invitation"
	"github.com/authway/authway/shared/tenant"
)

const pathInvited = invitation.Path

// What the page asks for beside a password (pages.View.Purpose).
const (
	askNothing = "invite"
	askName    = "invite_name"
	askSecret  = "recover"
	askAll     = "setup"
)

// arrival is somebody who has opened a link of package invitation.
type arrival struct {
	token      string
	invitation invitation.Invitation
	tenant     tenant.Tenant
	look       pages.Look
	// user is the account, or nobody's for a set-up link.
	user account.User
}

// arrive finds out about a link without using it up: scanners of mail open every link,
// and only a person fills in the form.
func (f *Function) arrive(r *http.Request) (a arrival, err error) {
	a.token = r.URL.Query().Get("token")
	a.invitation, err = invitation.Store{DB: f.db}.ByToken(r.Context(), a.token)
	if errors.Is(err, invitation.ErrUnknown) {
		return a, errInvitationOver.Toward(pathSignIn).Because(err)
	}
	if err != nil {
		return a, explain(err)
	}
	if a.tenant, err = f.tenants.ByID(r.Context(), a.invitation.TenantID); err != nil {
		return a, explain(err)
	}
	look, err := f.tenants.Brand(r.Context(), a.tenant.ID)
	if err != nil {
		return a, explain(err)
	}
	a.look = browser.Look(look)
	if err := a.invitation.Refusal(f.clock.Now()); err != nil {
		return a, a.over(err)
	}
	if a.invitation.Kind == invitation.Setup {
		return a, nil
	}
	if a.user, err = f.accounts.ByID(r.Context(), a.invitation.Owner()); err != nil {
		return a, explain(err)
	}
	return a, a.still(a.user)
}

// still refuses an account that has changed since the link was sent: blocked, with
// another address, or entered in another way, so that its first password is not for a
// link to choose any more.
func (a arrival) still(u account.User) error {
	switch {
	case !u.MaySignIn():
		return errDisabled
	case u.EmailKey != a.invitation.AddressKey:
		return a.over(invitation.ErrExpired)
	case a.invitation.Kind == invitation.Invite && u.InvitedAt == nil:
		return a.over(invitation.ErrUsed)
	}
	return nil
}

// over says that the link opens nothing any more, and where to go on.
func (a arrival) over(err error) error { return errInvitationOver.Toward(a.after()).Because(err) }

// pathSignIn is the account's own way in.
const pathSignIn = "/account/sign-in"

// after is the sign-in that follows, whoever is signed in at this browser.
func (a arrival) after() string {
	query := url.Values{"tenant": {a.tenant.Slug}, "fresh": {"1"}}
	if a.invitation.Kind == invitation.Setup {
		query.Set("page", "admin")
	}
	return pathSignIn + "?" + query.Encode()
}

func (a arrival) view() pages.View {
	view := pages.View{Page: "invited", Purpose: askNothing, Account: a.user.Email, Look: a.look, Least: a.tenant.MinPassword}
	switch {
	case a.invitation.Kind == invitation.Setup:
		view.Purpose = askAll
	case a.invitation.Kind == invitation.Recover:
		view.Purpose = askSecret
	case a.user.Name == "":
		view.Purpose = askName
	}
	return view
}

func (f *Function) showInvited(w http.ResponseWriter, r *http.Request) error {
	a, err := f.arrive(r)
	if err != nil {
		return err
	}
	return browser.Show(w, r, a.view())
}

// accept takes the form, and leads to a sign-in with the new password.
func (f *Function) accept(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	a, err := f.arrive(r)
	if err != nil {
		return err
	}
	form := a.view()
	form.Email, form.Name = r.PostForm.Get("email"), r.PostForm.Get("name")
	browser.Keep(r, form)
	if action := r.PostForm.Get("action"); action != "" {
		return f.showIn(w, r, form, pages.Chosen(action))
	}
	if err := f.mayPost(r); err != nil {
		return err
	}
	g, err := f.greet(r, a, form)
	if err != nil {
		return explain(err)
	}
	err = f.enter(r, a, g)
	if errors.Is(err, invitation.ErrUsed) {
		return a.over(err)
	}
	if err != nil {
		return explain(err)
	}
	return browser.Continue(w, r, a.after())
}

// greet checks the form. What it does not ask for is the account's.
func (f *Function) greet(r *http.Request, a arrival, form pages.View) (applicant, error) {
	g := applicant{email: a.user.Email, name: a.user.Name, password: r.PostForm.Get("password")}
	var err error
	if form.Purpose == askAll {
		if strings.TrimSpace(form.Email) == "" {
			return g, errEmailRequired
		}
		if g.email, err = account.ParseEmail(form.Email); err != nil {
			return g, err
		}
	}
	if form.Purpose == askAll || form.Purpose == askName {
		if g.name, err = account.ParseName(form.Name); err != nil {
			return g, err
		}
	}
	if g.password == "" {
		return g, errPasswordRequired
	}
	return g, f.mayBe(r.Context(), a.tenant, g.password, g.email, g.name)
}

// firstOwner is the account that a set-up link makes. Nothing has shown that somebody
// reads the mail of its address.
func (f *Function) firstOwner(r *http.Request, a arrival, g applicant) account.User {
	now := f.clock.Now()
	return account.User{
		ID: uuid.New(), TenantID: a.tenant.ID, Email: g.email, Name: g.name, Locale: language(r, a.view()), CreatedAt: now, UpdatedAt: now,
	}
}
