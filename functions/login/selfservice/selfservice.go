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
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/provider"
	"github.com/authway/authway/shared/revocation"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

// recent is how long a sign-in counts as one that has just happened.
const recent = 10 * time.Minute

// API answers the account pages. All of its fields are the login function's.
type API struct {
	Public  *url.URL
	DB      *postgres.DB
	Hydra   *hydra.Client
	Clock   clock.Clock
	Pages   browser.Pages
	Cookies browser.Cookies
	Hasher  *credential.Hasher
	Factors factor.Store
	Flows   flow.Store
	// Passkeys are kept for the host of Public.
	Passkeys passkey.Store
	// Providers are those that may be linked.
	Providers *provider.Set

	Sessions session.Store
	Proofs   proof.Store
	Outbox   outbox.Store
	Limits   *limit.Limiter
	// Limited is told which limit has refused a request.
	Limited func(limit string)
	Knocker *events.Knocker

	// Explain maps what the domain says to what a person can be told.
	Explain func(error) error
	// CheckPassword says whether a password may be set in a tenant.
	CheckPassword func(ctx context.Context, t tenant.Tenant, password string, personal ...string) error
	// Issuer is what an authenticator app shows above the account's name.
	Issuer func(tenant.Tenant) string
}

// person is who asks.
type person struct {
	user    account.User
	tenant  tenant.Tenant
	session session.Session
}

// handler answers somebody who is signed in.
type handler func(http.ResponseWriter, *http.Request, person) error

// Routes adds the API to the function's mux.
func (a *API) Routes(mux *http.ServeMux) {
	for pattern, h := range map[string]handler{
		"GET /api/account":                          a.overview,
		"PATCH /api/account":                        a.describe,
		"DELETE /api/account":                       a.recently("data", a.leave),
		"POST /api/account/email":                   a.recently("profile", a.askEmail),
		"POST /api/account/email/confirm":           a.confirmEmail,
		"PUT /api/account/password":                 a.recently("security", a.setPassword),
		"DELETE /api/account/password":              a.recently("security", a.removePassword),
		"GET /api/account/sessions":                 a.listSessions,
		"DELETE /api/account/sessions/{id}":         a.endSession,
		"POST /api/account/sessions/end-others":     a.endOthers,
		"POST /api/account/totp":                    a.recently("security", a.beginTOTP),
		"POST /api/account/totp/confirm":            a.recently("security", a.confirmTOTP),
		"DELETE /api/account/totp":                  a.recently("security", a.removeTOTP),
		"GET /api/account/recovery-codes":           a.recently("security", a.showCodes),
		"POST /api/account/recovery-codes":          a.recently("security", a.issueCodes),
		"POST /api/account/recovery-codes/kept":     a.keptCodes,
		"POST /api/account/passkeys/options":        a.recently("security", a.askPasskey),
		"POST /api/account/passkeys":                a.recently("security", a.addPasskey),
		"PATCH /api/account/passkeys/{id}":          a.renamePasskey,
		"DELETE /api/account/passkeys/{id}":         a.recently("security", a.removePasskey),
		"DELETE /api/account/identities/{provider}": a.recently("security", a.removeIdentity),
		"GET /api/account/history":                  a.listHistory,
		"POST /api/account/history/not-me":          a.disown,
		"GET /api/account/export":                   a.recently("data", a.export),
	} {
		mux.Handle(pattern, a.json(a.signedIn(h)))
	}
	mux.Handle("GET /account/sign-in", a.Pages.Handle(a.enter))
	mux.Handle("GET /account/signed-in", a.Pages.Handle(a.entered))
	mux.Handle("GET "+pathLink+"{provider}", a.Pages.Handle(a.link))
}

func (a *API) json(h problem.Handler) http.Handler {
	return a.Pages.Problems().For(problem.JSON, func(w http.ResponseWriter, r *http.Request) error {
		return a.explain(h(w, r))
	})
}

// signedIn finds out who asks. A session whose account may no longer be signed in
// is none.
func (a *API) signedIn(h handler) problem.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := a.person(r)
		if err != nil {
			return err
		}
		return h(w, r, p)
	}
}

func (a *API) person(r *http.Request) (person, error) {
	s, err := a.Sessions.ByToken(r.Context(), a.Cookies.Session(r))
	if errors.Is(err, session.ErrNone) {
		return person{}, problem.Unauthenticated
	}
	if err != nil {
		return person{}, err
	}
	u, err := a.accounts().ByID(r.Context(), s.UserID)
	if errors.Is(err, account.ErrUnknown) || err == nil && !u.Active() {
		return person{}, problem.Unauthenticated
	}
	if err != nil {
		return person{}, err
	}
	t, err := a.tenants().ByID(r.Context(), u.TenantID)
	return person{u, t, s}, err
}

// locked locks the account of somebody who is about to change it. Their session may
// have ended since the request came, and its end is what keeps somebody else out: what
// they had under way must not outlive it.
func (a *API) locked(ctx context.Context, tx postgres.IDB, p person) (account.User, error) {
	u, err := account.Store{DB: tx}.Lock(ctx, p.user.ID)
	if errors.Is(err, account.ErrUnknown) || err == nil && !u.Active() {
		return u, problem.Unauthenticated
	}
	if err != nil {
		return u, err
	}
	lives, err := a.Sessions.Lives(ctx, tx, p.session.ID)
	if err == nil && !lives {
		err = problem.Unauthenticated
	}
	return u, err
}

// recently lets only those through who have just signed in. page is where they
// come back to once they have.
func (a *API) recently(page string, h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, p person) error {
		if !a.fresh(p) {
			return errRecent.Toward(pathEnter + "?fresh=1&page=" + page)
		}
		return h(w, r, p)
	}
}

func (a *API) fresh(p person) bool {
	return a.Clock.Now().Before(p.session.AuthenticatedAt.Add(recent))
}

func (a *API) accounts() account.Store       { return account.Store{DB: a.DB} }
func (a *API) tenants() tenant.Store         { return tenant.Store{DB: a.DB} }
func (a *API) credentials() credential.Store { return credential.Store{DB: a.DB} }

// decode reads a body of JSON. A field that is not known is a mistake of the
// caller's, and is said to be one.
func decode(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil && decoder.More() {
		err = errors.New("more than one value")
	}
	if err == nil || problem.TooLarge.Is(problem.Of(err)) {
		return err
	}
	return problem.BadRequest.Because(err)
}

// event is one that a person has done to their own account.
func (p person) event(r *http.Request, action string, detail map[string]string) audit.Event {
	return audit.Event{
		TenantID: p.user.TenantID, Action: action, Outcome: audit.Success, ActorKind: audit.ActorUser,
		ActorID: p.user.ID.String(), SubjectID: p.user.ID.String(), IP: browser.ClientIP(r), Detail: detail,
	}
}

// by is the person themselves, ending something of their own.
func (p person) by(r *http.Request) revocation.By {
	return revocation.By{TenantID: p.user.TenantID, ActorKind: audit.ActorUser, ActorID: p.user.ID.String(), IP: browser.ClientIP(r)}
}

func (a *API) revoker() revocation.Revoker {
	return revocation.Revoker{DB: a.DB, Hydra: a.Hydra, Sessions: a.Sessions, Board: a.Sessions.Board, Clock: a.Clock}
}

func done(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Limits that refuse a request here, by the names under which that is counted.
const (
	LimitGuesses = "self_service"
	LimitMails   = "change_email"
)

// additions bounds what is no guess, and mails the owner each time.
var additions = limit.Rate{Every: time.Minute, Burst: 10}

// may bounds what somebody with a session alone may try against one account.
func (a *API) may(r *http.Request, rate limit.Rate, p person, what string) error {
	if wait := a.Limits.Take(r.Context(), rate, "self-service", what, p.user.ID.String()); wait > 0 {
		a.Limited(LimitGuesses)
		return problem.TooManyRequests.After(wait)
	}
	return nil
}
