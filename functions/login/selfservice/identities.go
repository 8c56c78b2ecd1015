package selfservice

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/identity"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/provider"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

// pathLink is where the way to a provider begins that ends with a link.
const pathLink = "/account/link/"

const codeDenied = "provider_denied"

type identityView struct {
	Provider string    `json:"provider"`
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	LinkedAt time.Time `json:"linkedAt"`
}

type providerView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// identities are the person's links, and the providers that may be linked.
func (a *API) identities(ctx context.Context, p person) ([]identityView, []providerView, error) {
	linked, offered := []identityView{}, []providerView{}
	all, err := identity.Store{DB: a.DB}.Of(ctx, p.user.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, i := range all {
		linked = append(linked, identityView{i.Provider, a.Providers.Name(i.Provider), i.Email, i.CreatedAt})
	}
	for _, o := range a.Providers.For(p.tenant) {
		offered = append(offered, providerView{o.ID, o.Name})
	}
	return linked, offered, nil
}

// link sends the browser to a provider. It answers only to a press on our own
// page: somebody whose browser another site has signed in at the provider as
// somebody else could be led here by that site, and would then share the
// account.
func (a *API) link(w http.ResponseWriter, r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return problem.CrossSite
	}
	who, err := a.person(r)
	if errors.Is(err, problem.Unauthenticated) || err == nil && !a.fresh(who) {
		http.Redirect(w, r, pathEnter+"?page=security&fresh=1", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return a.explain(err)
	}
	if who.user.EmailVerifiedAt == nil {
		return a.unlinked(w, r, errEmailUnverified)
	}
	p, err := a.Providers.ByID(r.PathValue("provider"), who.tenant)
	if err != nil {
		return a.explain(err)
	}
	if err := a.may(r, additions, who, "link"); err != nil {
		return err
	}
	attempt, to, err := p.Begin(r.Context(), provider.Ask{State: provider.NewState(provider.OfSession), MaxAge: -1})
	if err != nil {
		return a.unlinked(w, r, err)
	}
	value, err := json.Marshal(attempt)
	if err != nil {
		return err
	}
	if err := a.Sessions.KeepProvider(r.Context(), who.session.ID, value); err != nil {
		return a.explain(err)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Linked takes the answer of a provider to a request that link has made. It
// counts in the session that asked, once; whoever comes back to it later finds
// the page as it is.
func (a *API) Linked(w http.ResponseWriter, r *http.Request) error {
	ctx, query := r.Context(), r.URL.Query()
	who, err := a.person(r)
	if errors.Is(err, problem.Unauthenticated) {
		http.Redirect(w, r, pathEnter+"?page=security", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return a.explain(err)
	}
	p, err := a.Providers.ByID(r.PathValue("id"), who.tenant)
	if err != nil {
		return a.explain(err)
	}
	var attempt provider.Attempt
	_, err = a.Sessions.TakeProvider(ctx, who.session.ID, func(value []byte) bool {
		attempt = provider.Attempt{}
		return json.Unmarshal(value, &attempt) == nil && attempt.State == query.Get("state")
	})
	if errors.Is(err, session.ErrTaken) {
		http.Redirect(w, r, address("security"), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return a.explain(err)
	}
	at, err := p.Finish(ctx, attempt, query)
	if err != nil {
		return a.unlinked(w, r, err)
	}
	if err := a.addIdentity(r, who, p, at); err != nil {
		return a.unlinked(w, r, err)
	}
	http.Redirect(w, r, address("security")+"?linked="+url.QueryEscape(p.ID), http.StatusSeeOther)
	return nil
}

// addIdentity links who signed in at the provider. The sign-ins on both sides prove that
// they are one person's; that their addresses are verified on both sides keeps out an
// account, or an identity, that was made in advance with somebody else's address: its
// maker would keep a way in when the owner of the address takes it over by recovery.
func (a *API) addIdentity(r *http.Request, who person, p *provider.Provider, at provider.Person) error {
	linked, err := a.linked(r.Context(), who, at)
	if linked || err != nil {
		return err
	}
	email, err := account.ParseEmail(at.Email)
	switch {
	case who.user.EmailVerifiedAt == nil:
		return errEmailUnverified
	case err != nil || !at.EmailVerified:
		return errProviderEmail
	}
	err = postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if _, err := a.locked(ctx, tx, who); err != nil {
			return err
		}
		err := identity.Store{DB: tx}.Add(ctx, identity.Identity{
			TenantID: who.user.TenantID, UserID: who.user.ID, Provider: p.ID, Issuer: at.Issuer, Subject: at.Subject, Email: email,
		}, a.Clock.Now())
		if err != nil {
			return err
		}
		err = a.Outbox.AddMail(ctx, tx, who.user.TenantID, outbox.Mail{
			To: who.user.Email, Locale: languageOf(r, who.user), Template: outbox.IdentityLinked,
			Data: map[string]string{outbox.Provider: p.Name},
		})
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, a.Clock.Now(), who.event(r, audit.ActionIdentityLinked, map[string]string{"provider": p.ID}))
	})
	if err == nil {
		a.Knocker.Knock(outbox.Job)
		return nil
	}
	if !errors.Is(err, identity.ErrTaken) {
		return err
	}
	// Another request was faster: by now it is linked, which is what was asked for, or somebody else's.
	linked, found := a.linked(r.Context(), who, at)
	if linked {
		return nil
	}
	return errors.Join(err, found)
}

// linked reports whether the identity is the person's already, or fails with
// identity.ErrTaken if it is somebody else's.
func (a *API) linked(ctx context.Context, who person, at provider.Person) (bool, error) {
	known, err := identity.Store{DB: a.DB}.Find(ctx, who.user.TenantID, at.Issuer, at.Subject)
	switch {
	case errors.Is(err, identity.ErrUnknown):
		return false, nil
	case err == nil && known.UserID != who.user.ID:
		return false, identity.ErrTaken
	}
	return err == nil, err
}

// unlinked leads back to the page with what has happened.
func (a *API) unlinked(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, provider.ErrDenied) {
		http.Redirect(w, r, address("security")+"?problem="+codeDenied, http.StatusSeeOther)
		return nil
	}
	told := problem.Of(a.explain(err))
	a.Pages.Problems().Note(r, told)
	http.Redirect(w, r, address("security")+"?problem="+told.Code(), http.StatusSeeOther)
	return nil
}

func (a *API) removeIdentity(w http.ResponseWriter, r *http.Request, p person) error {
	id := r.PathValue("provider")
	err := a.removing(r.Context(), p, func(ctx context.Context, tx postgres.IDB) error {
		n, err := identity.Store{DB: tx}.Remove(ctx, p.user.ID, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.NotFound
		}
		return audit.Append(ctx, tx, a.Clock.Now(), p.event(r, audit.ActionIdentityUnlinked, map[string]string{"provider": id}))
	})
	if err != nil {
		return err
	}
	return done(w)
}

// identitiesAlone are the links as ways to sign in: those of providers that are
// offered still.
func (a *API) identitiesAlone(of tenant.Tenant) way {
	return way{count: func(ctx context.Context, tx postgres.IDB, u account.User) (int, error) {
		all, err := identity.Store{DB: tx}.Of(ctx, u.ID)
		n := 0
		for _, i := range all {
			if _, err := a.Providers.ByID(i.Provider, of); err == nil {
				n++
			}
		}
		return n, err
	}}
}
