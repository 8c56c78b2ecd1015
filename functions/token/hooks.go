package token

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/grant"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

// errRefused makes Hydra answer the application with 403 access_denied. Why is
// in the audit log: an application learns no more than that.
var errRefused = problem.New(http.StatusForbidden, "access_denied", "The person may not sign in.")

// hookSession is what Hydra keeps of a grant, in both hooks.
type hookSession struct {
	IDToken struct {
		Claims struct {
			Extra map[string]any `json:"ext"`
			// RequestedAt is when the sign-in began that the grant came of. A refresh does not
			// change it.
			RequestedAt time.Time `json:"rat"`
		} `json:"id_token_claims"`
		Subject string `json:"subject"`
	} `json:"id_token"`
	// Extra holds the claims of the access token.
	Extra map[string]any `json:"extra"`
}

// hookGrant is which client asks for what.
type hookGrant struct {
	ClientID      string   `json:"client_id"`
	GrantedScopes []string `json:"granted_scopes"`
	GrantTypes    []string `json:"grant_types"`
}

func (g hookGrant) is(grantType string) bool { return slices.Contains(g.GrantTypes, grantType) }

// answer is the body that Hydra takes claims from.
type answer struct {
	Session struct {
		IDToken     map[string]any `json:"id_token"`
		AccessToken map[string]any `json:"access_token"`
	} `json:"session"`
}

func (f *Function) tokenHook(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Session hookSession `json:"session"`
		Request hookGrant   `json:"request"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	if body.Request.is("client_credentials") {
		return f.machine(w, r, body.Request)
	}
	// Hydra asks both hooks about a refresh, and this one about everything.
	return f.answer(w, r, body.Session, body.Request, f.granted.Add)
}

// machine answers for a token of an application's own: its subject is the client and
// no person, and its tenant the client's.
func (f *Function) machine(w http.ResponseWriter, r *http.Request, g hookGrant) error {
	app, err := f.hydra.App(r.Context(), g.ClientID)
	if err != nil {
		return unavailable(err)
	}
	t, err := f.tenants.BySlug(r.Context(), app.Tenant)
	if errors.Is(err, tenant.ErrUnknown) {
		return f.refuse(r.Context(), g, account.User{}, "unknown tenant")
	}
	if err != nil {
		return unavailable(err)
	}
	var a answer
	a.Session.IDToken, a.Session.AccessToken = map[string]any{}, map[string]any{"tenant": t.Slug}
	if err := writeJSON(w, a); err != nil {
		return err
	}
	f.used.note(t.ID, g.ClientID)
	f.granted.Add(t.ID)
	return nil
}

func (f *Function) refreshHook(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Session   hookSession `json:"session"`
		Requester hookGrant   `json:"requester"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	return f.answer(w, r, body.Session, body.Requester, func(uuid.UUID) {})
}

func decode(r *http.Request, body any) error {
	if err := json.NewDecoder(r.Body).Decode(body); err != nil {
		if problem.TooLarge.Is(problem.Of(err)) {
			return err
		}
		return problem.BadRequest.Because(err)
	}
	return nil
}

// answer says what the tokens say, and tells granted whose tenant's they are.
func (f *Function) answer(w http.ResponseWriter, r *http.Request, s hookSession, g hookGrant, granted func(uuid.UUID)) error {
	claims, u, err := f.claims(r.Context(), s, g)
	if err != nil {
		return err
	}
	var a answer
	a.Session.IDToken, a.Session.AccessToken = claims.IDToken, claims.AccessToken
	if g.is("refresh_token") {
		a.Session.IDToken = renew(s.IDToken.Claims.Extra, claims.IDToken)
		a.Session.AccessToken = renew(s.Extra, claims.AccessToken)
	}
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	if _, err := w.Write(body); err != nil {
		return err
	}
	f.used.note(u.TenantID, g.ClientID)
	granted(u.TenantID)
	return nil
}

// skew is how much Hydra's clock, which says when a grant began, may be ahead of the
// clock of whoever revokes an application. A grant that began within it after the
// revocation is refused as well: whoever signs in then has to do so once more.
const skew = 5 * time.Second

// grantAssertion is RFC 7523's.
const grantAssertion = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// lost reports whether an application that lost all it had at a time lost a grant
// with it that began at another.
//
// An assertion is a grant of the moment in which it is shown: Hydra tells of no
// beginning, makes no refresh token of it and takes it once. Who is no longer to make
// any is taken out of Hydra's trusted issuers. Of everything else that does not say
// when it began it has to be feared that it was before. client_credentials does not
// come here: that is nobody's grant, what was issued has ended with the revocation,
// and a client that is to have no more is removed.
func (g hookGrant) lost(at, began time.Time) bool {
	if at.IsZero() || began.IsZero() && g.is(grantAssertion) {
		return false
	}
	return !began.After(at.Add(skew))
}

// ended refuses what came of a grant that was taken back: of an application that has
// lost all it had, at any time, and of a session that ended before the code was
// redeemed. Later, a grant outlives its session (OpenID Connect Core 1.0, section 11).
//
// When an application lost it is never remembered: what is issued after a revocation
// on an old answer, nobody would revoke any more.
func (f *Function) ended(ctx context.Context, s hookSession, g hookGrant, u account.User) error {
	at, err := revoked.Clients{DB: f.db}.At(ctx, g.ClientID)
	if err != nil {
		return unavailable(err)
	}
	if g.lost(at, s.IDToken.Claims.RequestedAt) {
		return f.refuse(ctx, g, u, "revoked application")
	}
	of, _ := s.Extra[grant.SessionClaim].(string)
	id, err := uuid.Parse(of)
	if err != nil || g.is("refresh_token") {
		return nil
	}
	switch _, err := f.sessions.ByID(ctx, id); {
	case errors.Is(err, session.ErrNone):
		return f.refuse(ctx, g, u, "ended session")
	case err != nil:
		return unavailable(err)
	}
	return nil
}

// renew puts the new claims in the place of those that the grant had, also
// where a claim is no longer there. What was there for another reason, such as
// sid, stays.
func renew(had, claims map[string]any) map[string]any {
	out := map[string]any{}
	maps.Copy(out, had)
	for _, name := range grant.Names {
		delete(out, name)
	}
	maps.Copy(out, claims)
	return out
}

// claims computes what a person's tokens say, and whose they are, or refuses.
func (f *Function) claims(ctx context.Context, s hookSession, g hookGrant) (grant.Claims, account.User, error) {
	id, err := uuid.Parse(s.IDToken.Subject)
	if err != nil {
		return grant.Claims{}, account.User{}, f.refuse(ctx, g, account.User{}, "unknown subject")
	}
	u, err := f.accounts.ByID(ctx, id)
	if errors.Is(err, account.ErrUnknown) {
		return grant.Claims{}, account.User{}, f.refuse(ctx, g, account.User{ID: id}, "unknown account")
	}
	if err != nil {
		return grant.Claims{}, account.User{}, unavailable(err)
	}
	if !u.Active() {
		return grant.Claims{}, account.User{}, f.refuse(ctx, g, u, "disabled account")
	}
	if err := f.ended(ctx, s, g, u); err != nil {
		return grant.Claims{}, account.User{}, err
	}
	t, err := f.tenants.ByID(ctx, u.TenantID)
	if err != nil {
		return grant.Claims{}, account.User{}, unavailable(err)
	}
	rules, err := f.rulesOf(ctx, g)
	if err != nil {
		return grant.Claims{}, account.User{}, unavailable(err)
	}
	return grant.ClaimsOf(u, t, g.GrantedScopes, rules), u, nil
}

// rulesOf are the application's. At the code Hydra does not tell what was granted,
// and rules have nothing to say. At a refresh it asks twice, and one answer does.
func (f *Function) rulesOf(ctx context.Context, g hookGrant) (grant.Rules, error) {
	if len(g.GrantedScopes) == 0 {
		return nil, nil
	}
	app, err := f.apps.get(digest("app", g.ClientID), func() (hydra.App, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		defer cancel()
		return f.hydra.App(ctx, g.ClientID)
	})
	if err != nil {
		return nil, err
	}
	f.rules.Check(ctx, g.ClientID, app.Claims)
	return app.Claims, nil
}

func (f *Function) refuse(ctx context.Context, g hookGrant, u account.User, reason string) error {
	subject := ""
	if u.ID != uuid.Nil {
		subject = u.ID.String()
	}
	err := audit.Append(ctx, f.db, f.clock.Now(), audit.Event{
		TenantID: u.TenantID, Action: audit.ActionTokenRefused, Outcome: audit.Failure,
		ActorKind: audit.ActorSystem, ActorID: name, SubjectID: subject, ClientID: g.ClientID,
		Detail: map[string]string{"reason": reason},
	})
	if err != nil {
		return unavailable(err)
	}
	return errRefused
}

// unavailable makes Hydra try again, three times within three seconds.
func unavailable(err error) error {
	if postgres.Unreachable(err) || errors.Is(err, hydra.ErrUnavailable) || errors.Is(err, keyring.ErrUnavailable) {
		return problem.Unavailable.Because(err)
	}
	return err
}
