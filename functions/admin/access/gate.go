package access

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

// Where a person goes who has to sign in, or to do so once more with two factors.
const (
	signIn = "/account/sign-in?page=admin"
	again  = signIn + "&fresh=1&factor=second"
)

var (
	// ErrForbidden is for what the caller may not do, whatever is asked for exactly.
	ErrForbidden = problem.New(http.StatusForbidden, "forbidden", "You may not do this.")
	errRecent    = problem.New(http.StatusForbidden, "second_factor_required", "Sign in once more with a second factor to do this.").Toward(again)
)

// Gate is what every request of the API passes.
type Gate struct {
	Document *Document
	Rules    Rules
	DB       *postgres.DB
	Sessions session.Store
	Hydra    *hydra.Client
	Cookies  browser.Cookies
	Clock    clock.Clock
	Problems problem.Writer
	// Explain maps what the domain says to what a caller can be told.
	Explain func(error) error
}

// Guard lets through to the mux what may pass.
func (g Gate) Guard(mux *http.ServeMux) http.Handler {
	return g.Problems.For(problem.JSON, func(w http.ResponseWriter, r *http.Request) error {
		allowed, err := g.pass(mux, r)
		if err != nil {
			return g.Explain(err)
		}
		mux.ServeHTTP(w, allowed)
		return nil
	})
}

func (g Gate) pass(mux *http.ServeMux, r *http.Request) (*http.Request, error) {
	_, pattern := mux.Handler(r)
	o, known := g.Document.operations[pattern]
	if !known {
		return nil, problem.NotFound
	}
	caller, err := g.caller(r)
	if err != nil {
		return nil, err
	}
	// The mux says it too late, and to itself.
	r.Pattern = pattern
	path, err := g.Document.values(o, r.URL.EscapedPath())
	if err != nil {
		return nil, problem.NotFound.Because(err)
	}
	rule, ruled := g.Rules[o.id]
	if !ruled {
		return nil, ErrForbidden.Because(errors.New("access: no rule for " + o.id))
	}
	ctx := context.WithValue(context.WithValue(r.Context(), callerKey, caller), ruleKey, rule)
	of, err := g.tenant(ctx, path)
	if err != nil {
		return nil, err
	}
	if of != nil {
		ctx = context.WithValue(ctx, tenantKey, *of)
	}
	if rule.Role != administrator.None && !caller.may(rule, of) {
		return nil, ErrForbidden
	}
	if rule.Recent && caller.Client == "" && !g.Clock.Now().Before(caller.RecentUntil()) {
		return nil, errRecent
	}
	r = r.WithContext(ctx)
	return r, g.Document.check(r, o, path)
}

// tenant is the one of the path. One that is not there is refused like one that the
// caller may not reach: nobody learns which tenants there are.
func (g Gate) tenant(ctx context.Context, path map[string]string) (*tenant.Tenant, error) {
	slug, named := path["tenant"]
	if !named {
		return nil, nil
	}
	if strings.ContainsRune(slug, 0) || slug == "" {
		return nil, ErrForbidden
	}
	t, err := tenant.Store{DB: g.DB}.BySlug(ctx, slug)
	if errors.Is(err, tenant.ErrUnknown) {
		if From(ctx).System() != administrator.None {
			return nil, problem.NotFound.Because(err)
		}
		return nil, ErrForbidden.Because(err)
	}
	return &t, err
}

func (g Gate) caller(r *http.Request) (Caller, error) {
	if token, shown := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); shown {
		return g.program(r, token)
	}
	if r.Header.Get("Authorization") != "" {
		return Caller{}, problem.Unauthenticated
	}
	return g.person(r)
}

func (g Gate) person(r *http.Request) (Caller, error) {
	unknown := problem.Unauthenticated.Toward(signIn)
	s, err := g.Sessions.ByToken(r.Context(), g.Cookies.Session(r))
	if errors.Is(err, session.ErrNone) {
		return Caller{}, unknown
	}
	if err != nil {
		return Caller{}, err
	}
	u, err := account.Store{DB: g.DB}.ByID(r.Context(), s.UserID)
	if errors.Is(err, account.ErrUnknown) || err == nil && !u.Active() {
		return Caller{}, unknown
	}
	if err != nil {
		return Caller{}, err
	}
	c := Caller{User: u, Session: s, IP: browser.ClientIP(r)}
	if c.Home, err = (tenant.Store{DB: g.DB}).ByID(r.Context(), u.TenantID); err != nil {
		return Caller{}, err
	}
	grants, err := administrator.Store{DB: g.DB}.Of(r.Context(), u.ID)
	return c.with(grants), err
}

// both are the scopes that a token has and its client's registration still has, word by
// word: what was taken from the registration is worth nothing at once, and a wildcard
// stands for nothing here.
func both(token, registered string) []string {
	kept := strings.Fields(registered)
	return slices.DeleteFunc(strings.Fields(token), func(scope string) bool { return !slices.Contains(kept, scope) })
}

// program is who shows a token. Hydra is asked for each request: an administrator's
// token that was revoked is worth nothing at once.
func (g Gate) program(r *http.Request, token string) (Caller, error) {
	said, err := g.Hydra.Introspect(r.Context(), token)
	if err != nil {
		return Caller{}, err
	}
	now := g.Clock.Now()
	if !said.Active || said.Refresh || said.Subject != said.ClientID || said.ClientID == "" ||
		said.ExpiresAt != 0 && !now.Before(time.Unix(said.ExpiresAt, 0)) {
		return Caller{}, problem.Unauthenticated
	}
	app, err := g.Hydra.App(r.Context(), said.ClientID)
	if errors.Is(err, hydra.ErrUnknown) {
		return Caller{}, problem.Unauthenticated.Because(err)
	}
	if err != nil {
		return Caller{}, err
	}
	home, err := tenant.Store{DB: g.DB}.BySlug(r.Context(), app.Tenant)
	if errors.Is(err, tenant.ErrUnknown) {
		return Caller{}, problem.Unauthenticated.Because(err)
	}
	return Caller{
		Client: said.ClientID, Scopes: both(said.Scope, app.Scope), Home: home, IP: browser.ClientIP(r),
		reachesAll: app.AllTenants,
	}, err
}
