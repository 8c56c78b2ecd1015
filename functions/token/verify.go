package token

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/shared/tokens"
)

// phantomFor is how long the token lives that a protected service is shown: longer
// than any request takes, and no use afterwards.
const phantomFor = 2 * time.Minute

// visitor is who comes to a protected service.
type visitor struct {
	Subject, ClientID, Email, Name, Tenant, Level string
	Roles, Scopes, Audience                       []string
	// Until is when what was shown ends.
	Until time.Time
	// person says that a browser's session was shown, and no bearer token.
	person bool
}

// verdict is what a gateway is told of a visitor for one host.
type verdict struct {
	visitor visitor
	phantom string
}

var (
	errNobody    = problem.New(http.StatusUnauthorized, "invalid_token", "Sign in, or show an access token.")
	errForbidden = problem.New(http.StatusForbidden, "insufficient_scope", "This is not for you.")
)

// answerGateway tells a gateway who comes. The rule is in its configuration: scope (all of
// them), role (any of them), tenant (else the default one), client, acr, host,
// audience, and redirect.
//
// 200 has the visitor in X-Auth-* and a JWT for the service behind the gateway in
// X-Auth-Token; 401 has X-Auth-Redirect, where a browser signs in; 403 is the
// rule's no.
func (f *Function) answerGateway(w http.ResponseWriter, r *http.Request, q question) error {
	w.Header().Set("Cache-Control", "no-store")
	// What does not parse would be passed over, and with it half of a rule.
	rule, bad := url.ParseQuery(q.rule)
	known, err := f.judge(r, q.host)
	if errors.Is(err, errNobody) {
		return f.unknown(w, r, q, rule, err)
	}
	if err != nil {
		return unavailable(err)
	}
	if bad != nil || !allows(rule, known.visitor, q.host) {
		return errForbidden.Because(bad)
	}
	h, v := w.Header(), known.visitor
	for name, value := range map[string]string{
		"X-Auth-Subject": v.Subject, "X-Auth-Client": v.ClientID, "X-Auth-Email": v.Email, "X-Auth-Name": url.PathEscape(v.Name),
		"X-Auth-Tenant": v.Tenant, "X-Auth-Roles": strings.Join(v.Roles, ","), "X-Auth-Scope": strings.Join(v.Scopes, " "),
		"X-Auth-Token": known.phantom,
	} {
		// Empty as well: a gateway copies it over what the client may have sent.
		h.Set(name, value)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// judge is who comes, and their token for the host.
func (f *Function) judge(r *http.Request, host string) (verdict, error) {
	bearer, cookie := bearerOf(r), f.cookies.Session(r)
	if bearer == "" && cookie == "" {
		return verdict{}, errNobody
	}
	key := digest("verify", bearer, string(cookie), host)
	known, err := f.verdicts.get(key, func() (verdict, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), answerWithin)
		defer cancel()
		v, err := f.visitor(ctx, bearer, cookie)
		if err != nil || v.Subject == "" {
			return verdict{}, err
		}
		phantom, err := f.phantom(ctx, v, host)
		return verdict{v, phantom}, err
	})
	if err == nil && (known.visitor.Subject == "" || !f.clock.Now().Before(known.visitor.Until)) {
		return verdict{}, errNobody
	}
	return known, err
}

// visitor is who the bearer token or else the session belongs to, or nobody.
func (f *Function) visitor(ctx context.Context, bearer string, cookie session.Token) (visitor, error) {
	if bearer != "" {
		m, err := f.meaningOf(ctx, bearer)
		if err != nil || !m.Active {
			return visitor{}, err
		}
		return visitor{
			Subject: m.Subject, ClientID: m.ClientID, Email: m.text("email"), Name: m.text("name"), Tenant: m.text("tenant"), Roles: m.roles(), Scopes: m.scopes(), Audience: m.Audience,
			Until: time.Unix(m.ExpiresAt, 0),
		}, nil
	}
	s, err := f.sessions.ByToken(ctx, cookie)
	if errors.Is(err, session.ErrNone) {
		return visitor{}, nil
	}
	if err != nil {
		return visitor{}, err
	}
	u, err := f.accounts.ByID(ctx, s.UserID)
	if errors.Is(err, account.ErrUnknown) || err == nil && !u.Active() {
		return visitor{}, nil
	}
	if err != nil {
		return visitor{}, err
	}
	t, err := f.tenants.ByID(ctx, u.TenantID)
	level := oauth2.ACROne
	if s.TwoFactors() {
		level = oauth2.ACRTwo
	}
	return visitor{
		Subject: u.ID.String(), Email: u.Email, Name: u.Name, Tenant: t.Slug, Roles: u.Roles, Level: level,
		Until: s.ExpiresAt, person: true,
	}, err
}

// phantom is the visitor as a JWT for one host: the service needs neither our
// cookie nor the client's token, and cannot use this one elsewhere.
func (f *Function) phantom(ctx context.Context, v visitor, host string) (string, error) {
	now := f.clock.Now()
	until := now.Add(phantomFor)
	if v.Until.Before(until) {
		until = v.Until
	}
	roles := v.Roles
	if roles == nil {
		roles = []string{}
	}
	more := map[string]any{"tenant": v.Tenant, "roles": roles}
	for name, value := range map[string]string{
		"client_id": v.ClientID, "scope": strings.Join(v.Scopes, " "), "email": v.Email, "name": v.Name, "acr": v.Level,
	} {
		if value != "" {
			more[name] = value
		}
	}
	return f.issuer.Sign(ctx, tokens.Claims{
		Type: tokens.Phantom, Issuer: f.public.String(), Subject: v.Subject, Audience: []string{host},
		IssuedAt: now, ExpiresAt: until, More: more,
	})
}

// allows is the rule. A parameter that is not known refuses: a rule with a slip of
// the pen must not let everybody in.
//
// A token that was made for somebody is good here only if that is the host, or an
// audience that the rule names: another service's token, carried here by that
// service, is not the person's.
func allows(rule url.Values, v visitor, host string) bool {
	meant := append([]string{host}, rule["audience"]...)
	if len(v.Audience) > 0 && !slices.ContainsFunc(v.Audience, func(a string) bool { return slices.Contains(meant, a) }) {
		return false
	}
	// A token that was made for nobody in particular, any application's, says who the
	// person is and not that they want this: the rule has to name the application, or
	// a scope that it was given for.
	if !v.person && len(v.Audience) == 0 && !rule.Has("client") && !rule.Has("scope") {
		return false
	}
	// Roles are a tenant's own, and so is everything else.
	if !rule.Has("tenant") && v.Tenant != tenant.Default {
		return false
	}
	for name, wanted := range rule {
		var ok bool
		switch name {
		case "scope":
			ok = containsAll(v.Scopes, fields(wanted)) && !v.person
		case "role":
			ok = slices.ContainsFunc(fields(wanted), func(role string) bool { return slices.Contains(v.Roles, role) })
		case "tenant":
			ok = slices.Contains(wanted, v.Tenant)
		case "client":
			ok = slices.Contains(wanted, v.ClientID)
		case "acr":
			ok = v.Level == oauth2.ACRTwo || slices.Contains(wanted, v.Level)
		case "audience":
			ok = v.person || len(v.Audience) > 0
		case "host":
			ok = slices.Contains(wanted, host)
		case "redirect":
			ok = slices.Equal(wanted, []string{seeOther})
		}
		if !ok {
			return false
		}
	}
	return true
}

func fields(values []string) (all []string) {
	for _, value := range values {
		all = append(all, strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' })...)
	}
	return all
}

func containsAll(had, wanted []string) bool {
	for _, scope := range wanted {
		if !slices.Contains(had, scope) {
			return false
		}
	}
	return true
}

func bearerOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
