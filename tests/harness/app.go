package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// App is an application that people sign in to: a relying party made of an
// OpenID Connect library that knows nothing of Authway.
type App struct {
	ClientID string
	Config   oauth2.Config
	// Trace is sent as traceparent with a code, if it is not empty.
	Trace string

	system   *System
	provider *oidc.Provider
	server   *httptest.Server
	mu       sync.Mutex
	pending  map[string]attempt
}

type attempt struct {
	verifier, nonce string
}

// Arrival is what came back to the application.
type Arrival struct {
	// Error is the OAuth error code, and Description its text.
	Error, Description string
	Tokens             *oauth2.Token
	IDToken            *oidc.IDToken
	Claims             map[string]any
}

// NewApp registers an application at Hydra, with changes to its registration,
// and starts it. It is a public client unless the changes say otherwise.
func (s *System) NewApp(t testing.TB, changes map[string]any) *App {
	t.Helper()
	a := &App{system: s, pending: map[string]attempt{}}
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html><body>application</body></html>")
	}))
	t.Cleanup(a.server.Close)
	registration := map[string]any{
		"client_name": "Test application", "redirect_uris": []string{a.Callback()},
		"post_logout_redirect_uris": []string{a.server.URL + "/bye"},
		"grant_types":               []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
		"scope": "openid offline_access profile email", "token_endpoint_auth_method": "none",
		"client_uri": a.server.URL + "/home",
	}
	for name, value := range changes {
		registration[name] = value
	}
	var made struct {
		ClientID string `json:"client_id"`
	}
	s.HydraAdmin(t, http.MethodPost, "/admin/clients", registration, &made)
	t.Cleanup(func() {
		request, err := http.NewRequest(http.MethodDelete, s.Endpoints.HydraAdminURL+"/admin/clients/"+made.ClientID, nil)
		if err == nil {
			if response, err := http.DefaultClient.Do(request); err == nil {
				response.Body.Close()
			}
		}
	})
	a.ClientID = made.ClientID
	provider, err := oidc.NewProvider(t.Context(), s.Issuer(t))
	if err != nil {
		t.Fatalf("harness: discovery: %v", err)
	}
	a.provider = provider
	a.Config = oauth2.Config{
		ClientID: a.ClientID, Endpoint: provider.Endpoint(), RedirectURL: a.Callback(),
		Scopes: []string{"openid", "offline_access", "profile", "email"},
	}
	return a
}

// naming is a transport that sends a traceparent.
type naming string

func (n naming) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Traceparent", string(n))
	return http.DefaultTransport.RoundTrip(r)
}

// Callback is the application's redirect URI.
func (a *App) Callback() string { return a.server.URL + "/callback" }

// Start is an authorization request (code flow with PKCE, state and nonce),
// with further parameters.
func (a *App) Start(parameters ...string) string {
	state, verifier, nonce := oauth2.GenerateVerifier(), oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	a.mu.Lock()
	a.pending[state] = attempt{verifier: verifier, nonce: nonce}
	a.mu.Unlock()
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier), oidc.Nonce(nonce)}
	for i := 0; i+1 < len(parameters); i += 2 {
		options = append(options, oauth2.SetAuthURLParam(parameters[i], parameters[i+1]))
	}
	return a.Config.AuthCodeURL(state, options...)
}

// At reports whether the page is the application's callback.
func (a *App) At(p *Page) bool {
	return strings.HasPrefix(p.URL.String(), a.Callback()+"?")
}

// Arrive takes what the callback was given, redeems the code and verifies the
// ID token.
func (a *App) Arrive(t testing.TB, p *Page) Arrival {
	t.Helper()
	if !a.At(p) {
		t.Fatalf("the visitor is not at the application but at %s (%d): %s", p.URL.Path, p.Status, p.Text())
	}
	arrival, err := a.arrive(t.Context(), p.URL.Query())
	if err != nil {
		t.Fatalf("the application: %v", err)
	}
	return arrival
}

func (a *App) arrive(ctx context.Context, query url.Values) (Arrival, error) {
	a.mu.Lock()
	pending, known := a.pending[query.Get("state")]
	delete(a.pending, query.Get("state"))
	a.mu.Unlock()
	if !known {
		return Arrival{}, fmt.Errorf("the state is not one of ours")
	}
	if code := query.Get("error"); code != "" {
		return Arrival{Error: code, Description: query.Get("error_description")}, nil
	}
	if a.Trace != "" {
		ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: naming(a.Trace)})
	}
	tokens, err := a.Config.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(pending.verifier))
	if err != nil {
		return Arrival{}, err
	}
	arrival, err := a.verified(ctx, tokens)
	if err == nil && arrival.IDToken.Nonce != pending.nonce {
		err = fmt.Errorf("the nonce is not ours")
	}
	return arrival, err
}

func (a *App) verified(ctx context.Context, tokens *oauth2.Token) (Arrival, error) {
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return Arrival{}, fmt.Errorf("there is no ID token")
	}
	verifier := a.provider.Verifier(&oidc.Config{ClientID: a.ClientID, SupportedSigningAlgs: []string{"ES256", "RS256"}})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Arrival{}, err
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return Arrival{}, err
	}
	return Arrival{Tokens: tokens, IDToken: id, Claims: claims}, nil
}

// Refresh redeems the refresh token, and fails the test when that fails.
func (a *App) Refresh(t testing.TB, tokens *oauth2.Token) Arrival {
	t.Helper()
	arrival, err := a.TryRefresh(t.Context(), tokens)
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	return arrival
}

// TryRefresh redeems the refresh token.
func (a *App) TryRefresh(ctx context.Context, tokens *oauth2.Token) (Arrival, error) {
	renewed, err := a.Config.TokenSource(ctx, &oauth2.Token{RefreshToken: tokens.RefreshToken}).Token()
	if err != nil {
		return Arrival{}, err
	}
	return a.verified(ctx, renewed)
}

// UserInfo asks the userinfo endpoint.
func (a *App) UserInfo(t testing.TB, tokens *oauth2.Token) map[string]any {
	t.Helper()
	info, err := a.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(tokens))
	if err != nil {
		t.Fatalf("userinfo: %v", err)
	}
	claims := map[string]any{}
	if err := info.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// LogoutURL is where the application sends a person who signs out of it.
func (a *App) LogoutURL(tokens *oauth2.Token) string {
	query := url.Values{"post_logout_redirect_uri": {a.server.URL + "/bye"}, "state": {"bye"}}
	if raw, ok := tokens.Extra("id_token").(string); ok {
		query.Set("id_token_hint", raw)
	}
	return a.system.Endpoints.URL + "/oauth2/sessions/logout?" + query.Encode()
}

// Goodbye is where the person arrives after signing out.
func (a *App) Goodbye() string { return a.server.URL + "/bye" }

// HydraAdmin calls Hydra's administration API and decodes its answer.
func (s *System) HydraAdmin(t testing.TB, method, path string, body, answer any) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, s.Endpoints.HydraAdminURL+path, bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Fatalf("hydra: %s %s: %d %s %v", method, path, response.StatusCode, text, err)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("hydra: %s %s: %v", method, path, err)
	}
}
