package hydra

import (
	"context"

	api "github.com/ory/hydra-client-go/v2"

	"github.com/authway/authway/shared/oauth2"
)

// AllTenantsKey is the key of a client's metadata that, with the value "all", lets a
// program that has administration's scopes use them for every tenant.
const AllTenantsKey = "authway_tenants"

// App is the OAuth2 client that a request comes from.
type App struct {
	ID   string
	Name string
	// Logo, URI, Policy and Terms are what the client registered (RFC 7591,
	// section 2), or empty.
	Logo, URI, Policy, Terms string
	// Scope holds the registered scopes, separated by spaces.
	Scope string
	// SkipConsent marks a first-party application.
	SkipConsent bool
	// SkipLogoutConsent says that the application may sign the person out
	// without asking.
	SkipLogoutConsent bool
	// Tenant is the slug in the client's metadata, or empty.
	Tenant string
	// Claims are the names of claims for each scope that the client's metadata speaks
	// of (package grant says what they mean), or nil.
	Claims map[string][]string
	// AllTenants says that the metadata lets the client administer every tenant.
	AllTenants bool
}

// LoginRequest is a login challenge opened.
type LoginRequest struct {
	Challenge  string
	App        App
	RequestURL string
	// Skip says that Hydra has a session of Subject; Subject is then the only one
	// that may be accepted.
	Skip    bool
	Subject string
}

// LoginAnswer accepts a login request.
type LoginAnswer struct {
	Subject string
	// SessionID is Authway's session, which Hydra ends through its identity
	// provider callback.
	SessionID string
	AMR       []string
	// ACR is how sure the sign-in is, a word of package oauth2.
	ACR string
	// FlowID comes back in ConsentRequest.
	FlowID string
	// Extend moves the end of a session that Hydra has already.
	Extend bool
	// RememberFor is the life of Hydra's cookie in seconds; 0 lasts until the
	// browser is closed (v26: until its session's own end).
	RememberFor int64
}

// ConsentRequest is a consent challenge opened.
type ConsentRequest struct {
	Challenge string
	App       App
	// RequestURL is the authorization request.
	RequestURL        string
	Subject           string
	RequestedScope    []string
	RequestedAudience []string
	// Skip says that a remembered consent covers the scopes.
	Skip bool
	// FlowID and SessionID are what LoginAnswer gave.
	FlowID, SessionID string
}

// ConsentAnswer accepts a consent request.
type ConsentAnswer struct {
	Scope    []string
	Audience []string
	Remember bool
	// IDToken and AccessToken are claims that go into the tokens as they are.
	IDToken, AccessToken map[string]any
}

// LogoutRequest is a logout challenge opened.
type LogoutRequest struct {
	Challenge string
	Subject   string
	// App is nil when no application asked for it.
	App *App
}

const (
	flowKey    = "flow"
	sessionKey = "session"
	// unreadable stands for metadata that is not what it should be: no slug that a
	// tenant can have, and no claim's name.
	unreadable = "?"
)

func appOf(c api.OAuth2Client) App {
	app := App{
		ID: c.GetClientId(), Name: c.GetClientName(), Logo: c.GetLogoUri(), URI: c.GetClientUri(),
		Policy: c.GetPolicyUri(), Terms: c.GetTosUri(), Scope: c.GetScope(),
		SkipConsent: c.GetSkipConsent(), SkipLogoutConsent: c.GetSkipLogoutConsent(),
	}
	metadata, _ := c.GetMetadata().(map[string]any)
	if metadata["tenant"] != nil {
		// What is no text must not read as "says nothing", which is the default tenant.
		var text bool
		if app.Tenant, text = metadata["tenant"].(string); !text {
			app.Tenant = unreadable
		}
	}
	app.Claims = claimsOf(metadata["claims"])
	app.AllTenants = metadata[AllTenantsKey] == "all"
	return app
}

// claimsOf reads {"scope": ["name", …], …}. Where it cannot, it must not read as
// "says nothing" either: a scope has fewer claims then, not more.
func claimsOf(said any) map[string][]string {
	if said == nil {
		return nil
	}
	scopes, readable := said.(map[string]any)
	if !readable {
		scopes = map[string]any{oauth2.ScopeEmail: nil, oauth2.ScopeProfile: nil}
	}
	claims := make(map[string][]string, len(scopes))
	for scope, said := range scopes {
		names, readable := said.([]any)
		if !readable {
			names = []any{nil}
		}
		claims[scope] = make([]string, len(names))
		for i, name := range names {
			var text bool
			if claims[scope][i], text = name.(string); !text {
				claims[scope][i] = unreadable
			}
		}
	}
	return claims
}

// Login opens a login challenge.
func (c *Client) Login(ctx context.Context, challenge string) (LoginRequest, error) {
	request, response, err := c.api.OAuth2API.GetOAuth2LoginRequest(ctx).LoginChallenge(challenge).Execute()
	if err := outcome("get login request", response, err); err != nil {
		return LoginRequest{}, err
	}
	return LoginRequest{
		Challenge: challenge, App: appOf(request.Client), RequestURL: request.RequestUrl,
		Skip: request.Skip, Subject: request.Subject,
	}, nil
}

// AcceptLogin says who signed in and returns where to send the browser. Hydra
// is always told to remember: accepting without it deletes the session that
// another tab may be using. How long the sign-in lasts is Authway's session.
func (c *Client) AcceptLogin(ctx context.Context, challenge string, a LoginAnswer) (string, error) {
	body := api.NewAcceptOAuth2LoginRequest(a.Subject)
	body.SetRemember(true)
	body.SetRememberFor(a.RememberFor)
	body.SetIdentityProviderSessionId(a.SessionID)
	body.SetContext(map[string]string{flowKey: a.FlowID, sessionKey: a.SessionID})
	if len(a.AMR) > 0 {
		body.SetAmr(a.AMR)
	}
	if a.ACR != "" {
		body.SetAcr(a.ACR)
	}
	if a.Extend {
		body.SetExtendSessionLifespan(true)
	}
	redirect, response, err := c.api.OAuth2API.AcceptOAuth2LoginRequest(ctx).
		LoginChallenge(challenge).AcceptOAuth2LoginRequest(*body).Execute()
	return redirectTo("accept login request", redirect, response, err)
}

// RejectLogin sends the browser back to the application with an error code of
// package oauth2.
func (c *Client) RejectLogin(ctx context.Context, challenge, code, description string) (string, error) {
	redirect, response, err := c.api.OAuth2API.RejectOAuth2LoginRequest(ctx).
		LoginChallenge(challenge).RejectOAuth2Request(rejection(code, description)).Execute()
	return redirectTo("reject login request", redirect, response, err)
}

// Consent opens a consent challenge.
func (c *Client) Consent(ctx context.Context, challenge string) (ConsentRequest, error) {
	request, response, err := c.api.OAuth2API.GetOAuth2ConsentRequest(ctx).ConsentChallenge(challenge).Execute()
	if err := outcome("get consent request", response, err); err != nil {
		return ConsentRequest{}, err
	}
	out := ConsentRequest{
		Challenge: challenge, App: appOf(request.GetClient()), RequestURL: request.GetRequestUrl(),
		Subject: request.GetSubject(), RequestedScope: request.RequestedScope,
		RequestedAudience: request.RequestedAccessTokenAudience, Skip: request.GetSkip(),
	}
	if context, ok := request.Context.(map[string]any); ok {
		out.FlowID, _ = context[flowKey].(string)
		out.SessionID, _ = context[sessionKey].(string)
	}
	return out, nil
}

// AcceptConsent grants and returns where to send the browser.
func (c *Client) AcceptConsent(ctx context.Context, challenge string, a ConsentAnswer) (string, error) {
	body := api.NewAcceptOAuth2ConsentRequest()
	body.SetGrantScope(a.Scope)
	body.SetGrantAccessTokenAudience(a.Audience)
	body.SetRemember(a.Remember)
	body.SetRememberFor(0)
	session := api.NewAcceptOAuth2ConsentRequestSession()
	session.SetIdToken(a.IDToken)
	session.SetAccessToken(a.AccessToken)
	body.SetSession(*session)
	redirect, response, err := c.api.OAuth2API.AcceptOAuth2ConsentRequest(ctx).
		ConsentChallenge(challenge).AcceptOAuth2ConsentRequest(*body).Execute()
	return redirectTo("accept consent request", redirect, response, err)
}

// RejectConsent sends the browser back to the application with an error code.
func (c *Client) RejectConsent(ctx context.Context, challenge, code, description string) (string, error) {
	redirect, response, err := c.api.OAuth2API.RejectOAuth2ConsentRequest(ctx).
		ConsentChallenge(challenge).RejectOAuth2Request(rejection(code, description)).Execute()
	return redirectTo("reject consent request", redirect, response, err)
}

// Logout opens a logout challenge. One that was answered gives ErrUsed.
func (c *Client) Logout(ctx context.Context, challenge string) (LogoutRequest, error) {
	request, response, err := c.api.OAuth2API.GetOAuth2LogoutRequest(ctx).LogoutChallenge(challenge).Execute()
	if err := outcome("get logout request", response, err); err != nil {
		return LogoutRequest{}, err
	}
	out := LogoutRequest{Challenge: challenge, Subject: request.GetSubject()}
	if request.Client != nil {
		app := appOf(*request.Client)
		out.App = &app
	}
	return out, nil
}

// AcceptLogout ends Hydra's session once the browser follows the returned URL.
func (c *Client) AcceptLogout(ctx context.Context, challenge string) (string, error) {
	redirect, response, err := c.api.OAuth2API.AcceptOAuth2LogoutRequest(ctx).LogoutChallenge(challenge).Execute()
	return redirectTo("accept logout request", redirect, response, err)
}

// RejectLogout withdraws the logout: the person stays signed in.
func (c *Client) RejectLogout(ctx context.Context, challenge string) error {
	response, err := c.api.OAuth2API.RejectOAuth2LogoutRequest(ctx).LogoutChallenge(challenge).Execute()
	return outcome("reject logout request", response, err)
}

func rejection(code, description string) api.RejectOAuth2Request {
	body := api.NewRejectOAuth2Request()
	body.SetError(code)
	body.SetErrorDescription(description)
	return *body
}
