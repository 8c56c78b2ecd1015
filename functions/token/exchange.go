package token

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/resource"
	"github.com/authway/authway/shared/tokens"
)

// Identifiers of RFC 8693, sections 2.1 and 3.
const (
	grantExchange   = "urn:ietf:params:oauth:grant-type:token-exchange"
	typeAccessToken = "urn:ietf:params:oauth:token-type:access_token"
	typeJWT         = "urn:ietf:params:oauth:token-type:jwt"
)

// exchangedFor is how long an exchanged token lives at the most. It cannot be
// revoked, so it is short.
const exchangedFor = 5 * time.Minute

// wanted is what an exchange asks for.
type wanted struct {
	token, audience string
	scope           []string
}

// exchange makes an Authway JWT out of an access token (RFC 8693): for one audience,
// with no more than the token's scopes, and no longer than it lives. A resource
// server does it that calls another one on behalf of the person.
func (f *Function) exchange(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	asks, err := f.server(r)
	if err != nil {
		return err
	}
	want, err := readExchange(r.PostForm)
	if err != nil {
		return err
	}
	m, err := f.meaningOf(r.Context(), want.token)
	if err != nil {
		return unavailable(err)
	}
	// A token that was made for this server, and for no other: of one that names no
	// audience, every service that sees it could make tokens for all others.
	if !f.concerns(r.Context(), m, asks) || !slices.Contains(m.Audience, asks.Audience) {
		return errInvalidGrant
	}
	target, err := f.target(r.Context(), asks, want.audience)
	if err != nil {
		return err
	}
	scope, err := narrowed(m.scopes(), want.scope)
	if err != nil {
		return err
	}
	now := f.clock.Now()
	until := now.Add(exchangedFor)
	if end := time.Unix(m.ExpiresAt, 0); end.Before(until) {
		until = end
	}
	signed, err := f.issuer.Sign(r.Context(), tokens.Claims{
		Type: tokens.AccessToken, Issuer: f.public.String(), Subject: m.Subject, Audience: []string{target.Audience},
		IssuedAt: now, ExpiresAt: until, More: map[string]any{
			"scope": strings.Join(scope, " "), "client_id": m.ClientID, "act": map[string]string{"sub": asks.ID},
			"tenant": m.text("tenant"), "roles": m.roles(),
		},
	})
	if err != nil {
		return problem.Unavailable.Because(err)
	}
	err = audit.Append(r.Context(), f.db, now, audit.Event{
		TenantID: asks.TenantID, Action: audit.ActionTokenExchanged, Outcome: audit.Success,
		ActorKind: audit.ActorClient, ActorID: asks.ID, SubjectID: m.Subject, ClientID: m.ClientID,
		Detail: map[string]string{"audience": target.Audience, "scope": strings.Join(scope, " ")},
	})
	if err != nil {
		return unavailable(err)
	}
	return writeJSON(w, struct {
		AccessToken     string `json:"access_token"`
		IssuedTokenType string `json:"issued_token_type"`
		TokenType       string `json:"token_type"`
		ExpiresIn       int    `json:"expires_in"`
		Scope           string `json:"scope"`
	}{signed, typeAccessToken, "Bearer", int(until.Sub(now).Seconds()), strings.Join(scope, " ")})
}

// target is whom the new token is for: a resource server of the same tenant.
func (f *Function) target(ctx context.Context, asks resource.Server, audience string) (resource.Server, error) {
	target, err := f.resources.ByAudience(ctx, asks.TenantID, audience)
	switch {
	case errors.Is(err, resource.ErrUnknown) || err == nil && target.DisabledAt != nil:
		return resource.Server{}, errInvalidTarget
	case err != nil:
		return resource.Server{}, unavailable(err)
	}
	return target, nil
}

// readExchange reads the parameters of RFC 8693, section 2.1. There is no actor
// token: who acts is who asks.
func readExchange(form url.Values) (wanted, error) {
	values := map[string]string{}
	for _, name := range []string{
		"grant_type", "subject_token", "subject_token_type", "audience", "resource", "scope", "requested_token_type",
	} {
		value, err := once(form, name)
		if err != nil {
			return wanted{}, err
		}
		values[name] = value
	}
	asked := values["requested_token_type"]
	switch {
	case values["grant_type"] != grantExchange:
		return wanted{}, errGrantType
	case values["subject_token"] == "" || values["subject_token_type"] != typeAccessToken,
		form.Has("actor_token"),
		asked != "" && asked != typeAccessToken && asked != typeJWT:
		return wanted{}, errInvalidRequest
	}
	want := wanted{token: values["subject_token"], audience: values["audience"], scope: strings.Fields(values["scope"])}
	if want.audience == "" {
		want.audience = values["resource"]
	}
	if want.audience == "" {
		return wanted{}, errInvalidTarget
	}
	return want, nil
}

// narrowed are the scopes that are asked for, or all that the token has. What makes
// it a sign-in or lets it be renewed is of no use to a resource server.
func narrowed(had, asked []string) ([]string, error) {
	for _, scope := range asked {
		if !slices.Contains(had, scope) {
			return nil, errInvalidScope
		}
	}
	if len(asked) > 0 {
		return asked, nil
	}
	return slices.DeleteFunc(slices.Clone(had), func(scope string) bool { return scope == oauth2.ScopeOpenID || scope == scopeOffline }), nil
}
