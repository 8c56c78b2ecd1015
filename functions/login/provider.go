package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/identity"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/provider"
	"github.com/authway/authway/shared/session"
)

// pathProvider is the sign-in page as the function draws it, with what a static
// one cannot know: the providers, and what became of a way through one of them
// (its parameter told). The providers' own addresses are below it.
const pathProvider = "/login/provider"

const (
	noticeDenied    = "provider_denied"
	noticeLinkFirst = "provider_link_first"
)

// waiting is what a flow waits for: the answer of a provider, or the account's
// own sign-in, with which an identity is to be linked.
type waiting struct {
	Attempt *provider.Attempt `json:"attempt,omitempty"`
	Link    *link             `json:"link,omitempty"`
}

func waitingOf(v visit) waiting {
	var w waiting
	if v.flow.Provider == nil || json.Unmarshal(v.flow.Provider, &w) != nil {
		return waiting{}
	}
	return w
}

func (f *Function) wait(ctx context.Context, v visit, w waiting) error {
	value, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return f.flows.KeepProvider(ctx, v.flow.ID, value)
}

// loginView is the sign-in page with every way in.
func (f *Function) loginView(v visit) pages.View {
	view := v.view("login")
	view.Flow = v.flow.ID
	for _, p := range f.providers.For(v.tenant) {
		view.Providers = append(view.Providers, pages.Provider{ID: p.ID, Name: p.Name})
	}
	if l := waitingOf(v).Link; l != nil && !l.expired(f.clock.Now()) {
		view.Email, view.Alert = l.Account, noticeLinkFirst
	}
	return view
}

// tell adds what the way through a provider has come to. The parameter leads to
// words of ours alone.
func tell(view pages.View, r *http.Request) pages.View {
	switch told := r.URL.Query().Get("told"); told {
	case noticeDenied, errProviderUnavailable.Code(), errProviderRefused.Code(), errProviderEmail.Code(), errRegistrationClosed.Code():
		view.Alert = told
	}
	return view
}

// toProvider sends the browser to a provider.
func (f *Function) toProvider(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		// Another site's link must not sign anybody in, where the provider does not ask:
		// they press the button themselves.
		http.Redirect(w, r, "/login?"+r.URL.RawQuery, http.StatusSeeOther)
		return nil
	}
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	p, err := f.providers.ByID(r.PathValue("id"), v.tenant)
	if err != nil {
		return explain(err)
	}
	next, err := f.dispatch(ctx, v)
	if err != nil {
		return err
	}
	if next != "" {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	if err := f.mayPost(r); err != nil {
		return err
	}
	attempt, address, err := p.Begin(ctx, provider.Ask{
		State: provider.NewState(v.flow.ID),
		Fresh: v.asked.Asks("login"), Choose: v.asked.Asks("select_account"), MaxAge: v.asked.MaxAge,
		LoginHint: v.asked.LoginHint, UILocales: v.asked.UILocales,
	})
	if err != nil {
		return f.back(w, r, v, err)
	}
	if err := f.wait(ctx, v, waiting{Attempt: &attempt}); err != nil {
		return explain(err)
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// fromProvider takes a provider's answer. It is found by its state, which leads
// nowhere but to a flow of this browser.
func (f *Function) fromProvider(w http.ResponseWriter, r *http.Request) error {
	ctx, query := r.Context(), r.URL.Query()
	to, ok := provider.ParseState(query.Get("state"))
	if !ok {
		return errUnknownChallenge
	}
	if to == provider.OfSession {
		return f.self.Linked(w, r)
	}
	v, err := f.visitFlow(w, r, to)
	if err != nil {
		return err
	}
	p, err := f.providers.ByID(r.PathValue("id"), v.tenant)
	if err != nil {
		return explain(err)
	}
	if err := f.mayPost(r); err != nil {
		return err
	}
	attempt, err := f.takeAttempt(ctx, v, query.Get("state"))
	if errors.Is(err, flow.ErrTaken) {
		return f.goOn(w, r, v)
	}
	if err != nil {
		return explain(err)
	}
	who, err := p.Finish(ctx, attempt, query)
	if err != nil {
		return f.back(w, r, v, err)
	}
	return f.identified(w, r, v, who, p)
}

// takeAttempt uses up the attempt of a state, or returns flow.ErrTaken.
func (f *Function) takeAttempt(ctx context.Context, v visit, state string) (provider.Attempt, error) {
	var taken waiting
	_, err := f.flows.TakeProvider(ctx, v.flow.ID, func(value []byte) bool {
		taken = waiting{}
		return json.Unmarshal(value, &taken) == nil && taken.Attempt != nil && taken.Attempt.State == state
	})
	if err != nil {
		return provider.Attempt{}, err
	}
	return *taken.Attempt, nil
}

// goOn leads somebody on who comes back to an answer that has been taken, by
// reloading it or by the back button: to the step they are at.
func (f *Function) goOn(w http.ResponseWriter, r *http.Request, v visit) error {
	u, known, err := f.proving(r.Context(), v)
	if err != nil {
		return err
	}
	if known && v.flow.CompletedAt == nil {
		next, err := f.remaining(r.Context(), v, u, v.flow.Proved)
		if err != nil {
			return err
		}
		if next != "" {
			return f.goTo(w, r, next)
		}
	}
	return f.resume(w, r, v)
}

// back leads to the sign-in page, where every other way in is still open, and
// tells what happened. What does not hold is recorded as a failed sign-in; that
// the person changed their mind, or that a provider is down, is none.
func (f *Function) back(w http.ResponseWriter, r *http.Request, v visit, err error) error {
	told := problem.Of(explain(err))
	switch {
	case errors.Is(err, provider.ErrDenied):
		return f.goTo(w, r, pathProvider+"?flow="+v.flow.ID+"&told="+noticeDenied)
	case errProviderUnavailable.Is(told), errRegistrationClosed.Is(told):
	case errProviderRefused.Is(told), errProviderEmail.Is(told):
		f.counts.show(byProvider, false)
		if failed := f.refuse(r, v, account.User{}, told); !told.Is(failed) {
			return failed
		}
	default:
		return explain(err)
	}
	f.pages.Problems().Note(r, told)
	return f.goTo(w, r, pathProvider+"?flow="+v.flow.ID+"&told="+told.Code())
}

// identified goes on with who the provider says it is: the account that is
// linked, or else one that is made, or else one that has the address.
//
// An address proves nothing unless the provider has verified it, and an account
// is never linked on the word of a provider alone: whoever holds the address
// there today need not be who held it here.
func (f *Function) identified(w http.ResponseWriter, r *http.Request, v visit, who provider.Person, p *provider.Provider) error {
	ctx := r.Context()
	known, err := f.identities.Find(ctx, v.tenant.ID, who.Issuer, who.Subject)
	if err == nil {
		return f.recognized(w, r, v, known)
	}
	if !errors.Is(err, identity.ErrUnknown) {
		return explain(err)
	}
	l := link{Provider: p.ID, Issuer: who.Issuer, Subject: who.Subject, Email: who.Email}
	if l.Email, err = account.ParseEmail(who.Email); err != nil {
		return f.back(w, r, v, errProviderEmail)
	}
	if !who.EmailVerified {
		if v.closed() {
			// Whether there is an account of that address or not.
			return f.back(w, r, v, errRegistrationClosed)
		}
		return f.confirmAddress(w, r, v, l, who.Name)
	}
	u, err := f.byAddress(ctx, v, l.Email)
	switch {
	case err != nil:
		return explain(err)
	case u.ID != uuid.Nil:
		return f.linkFirst(w, r, v, l, u)
	case v.closed():
		return f.back(w, r, v, errRegistrationClosed)
	}
	u, err = f.join(r, v, l, who.Name)
	if errors.Is(err, account.ErrTaken) || errors.Is(err, identity.ErrTaken) {
		// Another request of the same person was faster.
		return f.goTo(w, r, pathProvider+"/"+p.ID+"?flow="+v.flow.ID)
	}
	if err != nil {
		return explain(err)
	}
	f.counts.show(byProvider, true)
	return f.proved(w, r, v, u, flow.Progress{Methods: []string{session.MethodFederated}})
}

// recognized signs the account of an identity in.
func (f *Function) recognized(w http.ResponseWriter, r *http.Request, v visit, known identity.Identity) error {
	ctx := r.Context()
	u, err := f.accounts.ByID(ctx, known.UserID)
	if err != nil {
		return explain(err)
	}
	if !u.MaySignIn() {
		f.counts.show(byProvider, false)
		return f.refuse(r, v, u, errDisabled)
	}
	if err := f.identities.Used(ctx, known.ID, f.clock.Now()); err != nil {
		return explain(err)
	}
	f.counts.show(byProvider, true)
	return f.proved(w, r, v, u, flow.Progress{Methods: []string{session.MethodFederated}})
}

// join makes the account of somebody whose address the provider has verified.
func (f *Function) join(r *http.Request, v visit, l link, name string) (account.User, error) {
	now := f.clock.Now()
	u := account.User{
		ID: uuid.New(), TenantID: v.tenant.ID, Email: l.Email, EmailVerifiedAt: &now, Name: nameOf(name, l.Email),
		Locale: language(r, v.view("login")), CreatedAt: now, UpdatedAt: now,
	}
	return u, postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		if err := (account.Store{DB: tx}).Create(ctx, u); err != nil {
			return err
		}
		event := linkEvent(r, u, l, v.request.App.ID)
		event.Action = audit.ActionRegistered
		event.Detail = map[string]string{"proved_by": "provider", "provider": l.Provider}
		if err := audit.Append(ctx, tx, now, event); err != nil {
			return err
		}
		return f.addLink(ctx, tx, r, u, l, v.request.App.ID)
	})
}

// confirmAddress has an address proved by a mail of ours, as for a registration.
// What happens is the same whether there is an account or not, and makes another
// one of neither.
func (f *Function) confirmAddress(w http.ResponseWriter, r *http.Request, v visit, l link, name string) error {
	if err := f.mayMail(r, v, l.Email); err != nil {
		return err
	}
	known, err := f.byAddress(r.Context(), v, l.Email)
	if err != nil {
		return explain(err)
	}
	err = f.ask(r, v, verifying, known, l.Email, pending{
		Name: nameOf(name, l.Email), Locale: language(r, v.view(verifying.page)), Link: &l,
	})
	if err != nil {
		return explain(err)
	}
	return f.goTo(w, r, verifying.path+"?flow="+v.flow.ID)
}
