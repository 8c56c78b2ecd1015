package consent

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

// maxChallenge bounds what is sent to Hydra.
const maxChallenge = 8 << 10

// What a person can be told.
var (
	errExpired          = problem.New(http.StatusGone, "expired", "This request has expired. Start again.")
	errUnknownChallenge = problem.New(http.StatusNotFound, "unknown_challenge", "This request is not known here. Start again from the application.")
	errFinished         = problem.New(http.StatusConflict, "finished", "This request is already answered.")
	errDisabled         = problem.New(http.StatusForbidden, "account_disabled", "This account has been disabled.")
)

// visit is what a request that carries a consent challenge has been found to
// be.
type visit struct {
	request hydra.ConsentRequest
	tenant  tenant.Tenant
	look    pages.Look
	account account.User
	// scopes are those that may be granted.
	scopes []string
	// superseded says that a younger request of this browser for the same
	// application is under way: Hydra keeps one CSRF cookie for each application,
	// so this one can no longer be finished and has to be sent again.
	superseded bool
}

func (f *Function) visit(r *http.Request) (visit, error) {
	ctx := r.Context()
	var v visit
	challenge := r.URL.Query().Get("consent_challenge")
	if challenge == "" || len(challenge) > maxChallenge {
		return v, errUnknownChallenge
	}
	var err error
	if v.request, err = f.hydra.Consent(ctx, challenge); err != nil {
		return v, f.lost(ctx, challenge, err)
	}
	if v.tenant, err = f.tenants.BySlug(ctx, v.request.App.Tenant); err != nil {
		return v, explain(err)
	}
	look, err := f.tenants.Brand(ctx, v.tenant.ID)
	if err != nil {
		return v, explain(err)
	}
	v.look = browser.Look(look)
	if v.account, err = f.person(ctx, v); err != nil {
		return v, explain(err)
	}
	v.scopes = oauth2.Grantable(v.request.RequestedScope, v.request.App.Scope)
	if v.request.FlowID == "" {
		return v, nil
	}
	if v.superseded, err = f.flows.HasYounger(ctx, v.request.FlowID); err != nil {
		return v, explain(err)
	}
	return v, explain(f.flows.ReachedConsent(ctx, v.request.FlowID, challenge))
}

// person is whose consent it is. The application's tenant is compared once
// more: the client may have been moved while the person signed in.
func (f *Function) person(ctx context.Context, v visit) (account.User, error) {
	id, err := uuid.Parse(v.request.Subject)
	if err != nil {
		return account.User{}, fmt.Errorf("consent: the subject is no account: %w", err)
	}
	u, err := f.accounts.ByID(ctx, id)
	if err != nil {
		return account.User{}, err
	}
	if !u.Active() {
		return account.User{}, errDisabled
	}
	if u.TenantID != v.tenant.ID {
		return account.User{}, errUnknownChallenge
	}
	return u, nil
}

// lost explains a challenge that Hydra does not open, with the way to start
// again if the flow is known.
func (f *Function) lost(ctx context.Context, challenge string, cause error) error {
	if !errors.Is(cause, hydra.ErrExpired) && !errors.Is(cause, hydra.ErrUnknown) {
		return explain(cause)
	}
	answer := errUnknownChallenge
	if errors.Is(cause, hydra.ErrExpired) {
		answer = errExpired
	}
	if known, err := f.flows.ByConsent(ctx, challenge); err == nil {
		answer = answer.Toward(known.RequestURL)
	}
	return answer.Because(cause)
}

// explain maps what the domain says to what a person can be told.
func explain(err error) error {
	switch {
	case errors.Is(err, hydra.ErrUnavailable), errors.Is(err, flow.ErrPending):
		return problem.Unavailable.Because(err)
	case errors.Is(err, hydra.ErrExpired):
		return errExpired.Because(err)
	case errors.Is(err, hydra.ErrUnknown), errors.Is(err, tenant.ErrUnknown):
		return errUnknownChallenge.Because(err)
	case errors.Is(err, account.ErrUnknown):
		return errDisabled.Because(err)
	}
	if _, ok := errors.AsType[*problem.Error](err); !ok && postgres.Unreachable(err) {
		return problem.Unavailable.Because(err)
	}
	return err
}

func (v visit) view() pages.View {
	app := v.request.App
	view := pages.View{
		Page:    "consent",
		Locale:  pages.Negotiate(oauth2.ParseRequest(v.request.RequestURL).UILocales),
		Client:  pages.Client{ID: app.ID, Name: app.Name, Logo: app.Logo, URI: app.URI, Policy: app.Policy, Terms: app.Terms},
		Account: v.account.Email,
		Look:    v.look,
	}
	for _, scope := range v.scopes {
		view.Scopes = append(view.Scopes, pages.Scope{Name: scope, Required: scope == oauth2.ScopeOpenID})
	}
	return view
}
