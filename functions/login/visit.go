package login

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

// maxChallenge bounds what is sent to Hydra: its challenges are about 1.5 kB
// and grow with the client's registration.
const maxChallenge = 8 << 10

// visit is what a request that carries a challenge has been found to be.
type visit struct {
	browser string
	// begun is when the request came.
	begun time.Time
	// posted says that a form led here, and not Hydra's redirect.
	posted  bool
	request hydra.LoginRequest
	// asked is what the application's authorization request wants.
	asked  oauth2.Request
	tenant tenant.Tenant
	look   pages.Look
	flow   flow.Flow
	// session is the living session of this browser for this tenant, or nil.
	session *session.Session
	account account.User
}

// visit opens the challenge of r, given whole (login_challenge) or by its
// flow's id (flow).
func (f *Function) visit(w http.ResponseWriter, r *http.Request) (visit, error) {
	return f.visitFlow(w, r, r.URL.Query().Get("flow"))
}

// visitFlow opens the challenge of the flow of that id, or of r when there is
// none.
func (f *Function) visitFlow(w http.ResponseWriter, r *http.Request, id string) (visit, error) {
	ctx := r.Context()
	v := visit{begun: f.clock.Now(), browser: f.cookies.Browser(w, r), posted: r.Method == http.MethodPost}
	challenge, err := f.challenge(r, id, v.browser)
	if err != nil {
		return v, explain(err)
	}
	if v.request, err = f.hydra.Login(ctx, challenge); err != nil {
		return v, f.lost(ctx, challenge, v.browser, err)
	}
	v.asked = oauth2.ParseRequest(v.request.RequestURL)
	if v.tenant, err = f.tenants.BySlug(ctx, v.request.App.Tenant); err != nil {
		return v, explain(err)
	}
	look, err := f.tenants.Brand(ctx, v.tenant.ID)
	if err != nil {
		return v, explain(err)
	}
	v.look = browser.Look(look)
	hash := v.asked.Hash()
	v.flow, err = f.flows.Begin(ctx, flow.Flow{
		TenantID: v.tenant.ID, ClientID: v.request.App.ID, Challenge: challenge,
		RequestURL: v.request.RequestURL, RequestHash: hash[:],
	}, v.browser)
	if errors.Is(err, flow.ErrOtherBrowser) {
		// Another browser's, or two tabs that were opened before this one had a cookie:
		// sent again, the request gets a flow of its own.
		return v, errUnknownChallenge.Toward(v.request.RequestURL).Because(err)
	}
	if err != nil {
		return v, explain(err)
	}
	if v.session, v.account, err = f.signedIn(r, v.tenant); err != nil {
		return v, explain(err)
	}
	return v, nil
}

func (f *Function) challenge(r *http.Request, id, browser string) (string, error) {
	if id != "" {
		known, err := f.flows.ByID(r.Context(), id, browser)
		return known.Challenge, err
	}
	challenge := r.URL.Query().Get("login_challenge")
	if challenge == "" || len(challenge) > maxChallenge {
		return "", errUnknownChallenge
	}
	return challenge, nil
}

// lost explains a challenge that Hydra does not open. If this browser came with
// it before, the request that led here is known and the person can start again.
func (f *Function) lost(ctx context.Context, challenge, browser string, cause error) error {
	if !errors.Is(cause, hydra.ErrExpired) && !errors.Is(cause, hydra.ErrUnknown) {
		return explain(cause)
	}
	answer := errUnknownChallenge
	if errors.Is(cause, hydra.ErrExpired) {
		answer = errExpired
	}
	if known, err := f.flows.ByChallenge(ctx, challenge, browser); err == nil {
		answer = answer.Toward(known.RequestURL)
	}
	return answer.Because(cause)
}

// signedIn finds who is signed in at this browser, if the session belongs to
// the tenant and the account is still allowed to.
func (f *Function) signedIn(r *http.Request, t tenant.Tenant) (*session.Session, account.User, error) {
	s, err := f.sessions.ByToken(r.Context(), f.cookies.Session(r))
	if errors.Is(err, session.ErrNone) || err == nil && s.TenantID != t.ID {
		return nil, account.User{}, nil
	}
	if err != nil {
		return nil, account.User{}, err
	}
	u, err := f.accounts.ByID(r.Context(), s.UserID)
	if errors.Is(err, account.ErrUnknown) || err == nil && !u.Active() {
		return nil, account.User{}, nil
	}
	if err != nil {
		return nil, account.User{}, err
	}
	return &s, u, nil
}

// closed reports whether only who is invited gets an account.
func (v visit) closed() bool { return v.tenant.Registration == tenant.Invited }

// refuseRegistration leads back to the sign-in, where those go on who have an account.
func (v visit) refuseRegistration() error {
	return errRegistrationClosed.Toward("/login?flow=" + v.flow.ID)
}

func (v visit) client() pages.Client {
	app := v.request.App
	return pages.Client{ID: app.ID, Name: app.Name, Logo: app.Logo, URI: app.URI, Policy: app.Policy, Terms: app.Terms}
}

// view is the page named page for this visit. A known person who has to prove
// it again finds the address filled in, else the application's hint is.
func (v visit) view(page string) pages.View {
	email := v.asked.LoginHint
	if v.session != nil && email == "" {
		email = v.account.Email
	}
	if _, err := account.ParseEmail(email); err != nil {
		email = ""
	}
	return pages.View{
		Page: page, Locale: pages.Negotiate(v.asked.UILocales), Client: v.client(), Email: email,
		Look: v.look, Closed: v.closed(), Least: v.tenant.MinPassword,
	}
}

// rememberFor is the life of Hydra's cookie for a session.
func rememberFor(s session.Session) int64 {
	if s.Remembered {
		return int64(session.Absolute / time.Second)
	}
	return 0
}
