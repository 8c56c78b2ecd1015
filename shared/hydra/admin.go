package hydra

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	api "github.com/ory/hydra-client-go/v2"
)

// FirstParty is one of our own pages as an application: a public client that
// proves itself by PKCE and needs no consent.
type FirstParty struct {
	ID, Name string
	// RedirectURI is the one address that a sign-in returns to.
	RedirectURI string
	// Tenant is the slug of whose people it is for.
	Tenant string
}

// EnsureFirstParty registers the application, or mends a registration that says
// something else: after a restore of Hydra's database, or a change of the public
// address, nobody has to think of it.
func (c *Client) EnsureFirstParty(ctx context.Context, p FirstParty) error {
	known, response, err := c.api.OAuth2API.GetOAuth2Client(ctx, p.ID).Execute()
	err = outcome("get client", response, err)
	if err == nil && slices.Equal(known.RedirectUris, []string{p.RedirectURI}) && appOf(*known).Tenant == p.Tenant &&
		known.GetSkipConsent() && known.GetTokenEndpointAuthMethod() == "none" {
		return nil
	}
	if err != nil && !errors.Is(err, ErrUnknown) {
		return err
	}
	client := api.NewOAuth2Client()
	client.SetClientId(p.ID)
	client.SetClientName(p.Name)
	client.SetRedirectUris([]string{p.RedirectURI})
	client.SetGrantTypes([]string{"authorization_code"})
	client.SetResponseTypes([]string{"code"})
	client.SetScope("openid")
	client.SetTokenEndpointAuthMethod("none")
	client.SetSkipConsent(true)
	client.SetMetadata(map[string]string{"tenant": p.Tenant})
	if errors.Is(err, ErrUnknown) {
		_, response, err = c.api.OAuth2API.CreateOAuth2Client(ctx).OAuth2Client(*client).Execute()
		if response != nil && response.StatusCode == http.StatusConflict {
			// Somebody else was faster.
			return nil
		}
		return outcome("create client", response, err)
	}
	_, response, err = c.api.OAuth2API.SetOAuth2Client(ctx, p.ID).OAuth2Client(*client).Execute()
	return outcome("set client", response, err)
}

// App is the application of that id, or ErrUnknown.
func (c *Client) App(ctx context.Context, id string) (App, error) {
	known, response, err := c.api.OAuth2API.GetOAuth2Client(ctx, id).Execute()
	if err := outcome("get client", response, err); err != nil {
		return App{}, err
	}
	return appOf(*known), nil
}

// Introspection is what Hydra says of a token (RFC 7662).
type Introspection struct {
	Active bool
	// Refresh says that it is a refresh token, which no resource server takes.
	Refresh                        bool
	Subject, ClientID, Scope       string
	Audience                       []string
	ExpiresAt, IssuedAt, NotBefore int64
	// Claims are the token's own, as consent or the token hook has put them in.
	Claims map[string]any
}

// Introspect asks what an access token means. A token that is unknown, expired or
// revoked is not active, and no error.
func (c *Client) Introspect(ctx context.Context, token string) (Introspection, error) {
	said, response, err := c.api.OAuth2API.IntrospectOAuth2Token(ctx).Token(token).Execute()
	if err := outcome("introspect", response, err); err != nil {
		return Introspection{}, err
	}
	return Introspection{
		Active: said.Active, Refresh: said.GetTokenUse() == "refresh_token",
		Subject: said.GetSub(), ClientID: said.GetClientId(), Scope: said.GetScope(), Audience: said.Aud,
		ExpiresAt: said.GetExp(), IssuedAt: said.GetIat(), NotBefore: said.GetNbf(), Claims: said.Ext,
	}, nil
}

// Grant is what a person has let an application do.
type Grant struct {
	App   App
	Scope []string
	Since time.Time
}

// consentPage is how many consents are asked for at once. Hydra v2.3.0 gives a
// wrong link to the page after it, so that one is computed: its token is an
// offset.
const consentPage = 500

// Grants returns what a person has granted and not revoked, one for each
// application, with all of its scopes and since when.
func (c *Client) Grants(ctx context.Context, subject string) ([]Grant, error) {
	var all []Grant
	err := c.eachConsent(ctx, subject, func(s api.OAuth2ConsentSession) {
		request := s.GetConsentRequest()
		all = merged(all, Grant{App: appOf(request.GetClient()), Scope: s.GrantScope, Since: s.GetHandledAt()})
	})
	return all, err
}

// Consent is one time that a person was asked for consent.
type Consent struct {
	ClientID string
	// LoginID is Hydra's sign-in (sid), and SessionID is Authway's session.
	LoginID, SessionID string
}

// Consents are those that a person has given and not revoked. One that Hydra was
// spared asking for, because an earlier one counted, is not among them.
func (c *Client) Consents(ctx context.Context, subject string) ([]Consent, error) {
	var all []Consent
	err := c.eachConsent(ctx, subject, func(s api.OAuth2ConsentSession) {
		request, given := s.GetConsentRequest(), s.GetSession()
		client := request.GetClient()
		one := Consent{ClientID: client.GetClientId(), LoginID: request.GetLoginSessionId()}
		if claims, ok := given.AccessToken.(map[string]any); ok {
			one.SessionID, _ = claims[sessionKey].(string)
		}
		all = append(all, one)
	})
	return all, err
}

func (c *Client) eachConsent(ctx context.Context, subject string, do func(api.OAuth2ConsentSession)) error {
	for offset := 0; ; offset += consentPage {
		call := c.api.OAuth2API.ListOAuth2ConsentSessions(ctx).Subject(subject).PageSize(consentPage)
		if offset > 0 {
			call = call.PageToken(pageToken(offset))
		}
		sessions, response, err := call.Execute()
		if err := outcome("list consent sessions", response, err); err != nil {
			return err
		}
		for _, s := range sessions {
			do(s)
		}
		total, err := strconv.Atoi(response.Header.Get("X-Total-Count"))
		if len(sessions) < consentPage && (err != nil || offset+len(sessions) >= total) {
			return nil
		}
	}
}

func merged(all []Grant, g Grant) []Grant {
	for i, had := range all {
		if had.App.ID != g.App.ID {
			continue
		}
		for _, scope := range g.Scope {
			if !slices.Contains(all[i].Scope, scope) {
				all[i].Scope = append(all[i].Scope, scope)
			}
		}
		if g.Since.Before(had.Since) {
			all[i].Since = g.Since
		}
		return all
	}
	g.Scope = slices.Clone(g.Scope)
	return append(all, g)
}

// RevokeGrant takes back what a person has granted an application. Its access
// and refresh tokens end with it. What was not granted is no error.
func (c *Client) RevokeGrant(ctx context.Context, subject, clientID string) error {
	response, err := c.api.OAuth2API.RevokeOAuth2ConsentSessions(ctx).Subject(subject).Client(clientID).Execute()
	return outcome("revoke consent sessions", response, err)
}

// RevokeAll takes back everything that a person has granted, with all tokens,
// and ends their sign-ins at Hydra.
func (c *Client) RevokeAll(ctx context.Context, subject string) error {
	response, err := c.api.OAuth2API.RevokeOAuth2ConsentSessions(ctx).Subject(subject).All(true).Execute()
	if err := outcome("revoke consent sessions", response, err); err != nil {
		return err
	}
	response, err = c.api.OAuth2API.RevokeOAuth2LoginSessions(ctx).Subject(subject).Execute()
	return outcome("revoke login sessions", response, err)
}

// EndLogin ends one sign-in at Hydra, which tells the applications that asked to be
// told, and Authway's session. Tokens live on. One that is not there is no error.
func (c *Client) EndLogin(ctx context.Context, loginID string) error {
	response, err := c.api.OAuth2API.RevokeOAuth2LoginSessions(ctx).Sid(loginID).Execute()
	return outcome("revoke login session", response, err)
}

// RevokeTokens ends all access tokens of an application. Its refresh tokens live on.
func (c *Client) RevokeTokens(ctx context.Context, clientID string) error {
	response, err := c.api.OAuth2API.DeleteOAuth2Token(ctx).ClientId(clientID).Execute()
	return outcome("delete tokens", response, err)
}

func pageToken(offset int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"offset":"%d","v":2}`, offset))
}
