package integration_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// word is a name that no other test uses.
func word() string { return strings.ToLower(rand.Text()) }

// service is a resource server with a person's token.
func service(t *testing.T) (journey, harness.ResourceServer, harness.Arrival) {
	t.Helper()
	audience := "https://api.example/" + word()
	j := begin(t, map[string]any{"audience": []string{audience}})
	server := j.system.NewResourceServer(t, tenant.Default, word(), audience)
	return j, server, j.through("audience", audience)
}

func TestIntrospectionTellsAResourceServer(t *testing.T) {
	t.Parallel()
	j, server, arrival := service(t)
	m := server.Introspect(t, arrival.Tokens.AccessToken)
	for name, want := range map[string]any{
		"active": true, "sub": arrival.IDToken.Subject, "client_id": j.app.ClientID, "token_type": "Bearer",
		"iss": j.system.Endpoints.URL, "tenant": "default", "scope": "openid offline_access profile email",
	} {
		if m[name] != want {
			t.Errorf("%s is %v, want %v", name, m[name], want)
		}
	}
	if again := server.Introspect(t, arrival.Tokens.AccessToken); again["exp"] != m["exp"] || again["iat"] == nil {
		t.Errorf("kept, it says %v", again)
	}
	for name, token := range map[string]string{
		"a refresh token": arrival.Tokens.RefreshToken, "an ID token": arrival.Tokens.Extra("id_token").(string),
		"a made-up one": "ory_at_made.up", "a long one": strings.Repeat("x", 10<<10),
	} {
		if m := server.Introspect(t, token); len(m) != 1 || m["active"] != false {
			t.Errorf("%s is %v", name, m)
		}
	}
	slug := "other-" + word()
	j.system.AddTenant(t, slug)
	if j.system.NewResourceServer(t, slug, word(), "https://api.example/x").Active(t, arrival.Tokens.AccessToken) {
		t.Error("another tenant's server is told of the person")
	}
}

func TestIntrospectionKnowsWhoAsks(t *testing.T) {
	t.Parallel()
	_, server, arrival := service(t)
	token := url.Values{"token": {arrival.Tokens.AccessToken}}
	wrong := server
	wrong.Secret = "wrong"
	nobody := server
	nobody.ID = "nobody-" + word()
	for name, c := range map[string]struct {
		asks   harness.ResourceServer
		form   url.Values
		status int
		code   string
	}{
		"wrong secret":  {wrong, token, 401, "invalid_client"},
		"unknown":       {nobody, token, 401, "invalid_client"},
		"malformed id":  {harness.ResourceServer{ID: "\x00", Secret: "x"}, token, 401, "invalid_client"},
		"no token":      {server, url.Values{}, 400, "invalid_request"},
		"two tokens":    {server, url.Values{"token": {"a", "b"}}, 400, "invalid_request"},
		"both ways":     {server, url.Values{"token": {"a"}, "client_secret": {server.Secret}}, 400, "invalid_request"},
		"in the form":   {server, url.Values{"token": {"a"}}, 200, ""},
		"unknown token": {server, url.Values{"token": {"a"}, "token_type_hint": {"anything"}}, 200, ""},
	} {
		c.asks = c.asks.At(server)
		answer := c.asks.Post(t, "/token/introspect", c.form)
		if answer.Status != c.status || answer.OAuthError() != c.code {
			t.Errorf("%s: %s, want %d %s", name, answer, c.status, c.code)
		}
		if c.status == 401 && answer.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: it does not say how to ask", name)
		}
	}
}

// verified reads a token as a service does that trusts the published keys.
func verified(t *testing.T, system *harness.System, raw, audience string) map[string]any {
	t.Helper()
	keys := oidc.NewRemoteKeySet(t.Context(), system.Endpoints.URL+"/.well-known/authway/jwks.json")
	token, err := oidc.NewVerifier(system.Endpoints.URL, keys, &oidc.Config{
		ClientID: audience, SupportedSigningAlgs: []string{oidc.ES256}, SkipExpiryCheck: audience == "",
	}).Verify(t.Context(), raw)
	if err != nil {
		t.Fatalf("the token does not verify: %v", err)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestSignedIntrospection(t *testing.T) {
	t.Parallel()
	j, server, arrival := service(t)
	answer := server.Post(t, "/token/introspect", url.Values{"token": {arrival.Tokens.AccessToken}},
		"Accept", "application/token-introspection+jwt")
	if answer.Status != 200 || answer.Header.Get("Content-Type") != "application/token-introspection+jwt" {
		t.Fatalf("%s %v", answer, answer.Header)
	}
	keys := oidc.NewRemoteKeySet(t.Context(), j.system.Endpoints.URL+"/.well-known/authway/jwks.json")
	token, err := oidc.NewVerifier(j.system.Endpoints.URL, keys, &oidc.Config{
		ClientID: server.ID, SupportedSigningAlgs: []string{oidc.ES256}, SkipExpiryCheck: true,
	}).Verify(t.Context(), string(answer.Body))
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	said, _ := claims["token_introspection"].(map[string]any)
	if said["active"] != true || said["sub"] != arrival.IDToken.Subject {
		t.Errorf("it says %v", said)
	}
	for _, name := range []string{"sub", "exp"} {
		if _, there := claims[name]; there {
			t.Errorf("its own %s makes it look like a token", name)
		}
	}
}

func TestWhatEndsATokenIsSeenByResourceServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		parameters []string
		end        func(*testing.T, resident, harness.Arrival)
	}{
		"revoked by the application": {nil, func(t *testing.T, r resident, a harness.Arrival) {
			r.revoke(t, a.Tokens.AccessToken)
		}},
		"its refresh token revoked": {nil, func(t *testing.T, r resident, a harness.Arrival) {
			r.revoke(t, a.Tokens.RefreshToken)
		}},
		"the application's access taken back": {nil, func(t *testing.T, r resident, _ harness.Arrival) {
			r.call(http.MethodDelete, "/apps/"+r.app.ClientID, nil).Into(t, 204, nil)
		}},
		"the sign-in ended": {[]string{"scope", "openid"}, func(t *testing.T, r resident, _ harness.Arrival) {
			r.call(http.MethodDelete, "/sessions/"+r.overview().Session.ID, nil).Into(t, 204, nil)
		}},
		"this was not me": {nil, func(t *testing.T, r resident, _ harness.Arrival) {
			r.call(http.MethodPost, "/history/not-me", map[string]string{"event": r.history()[0].ID}).Into(t, 200, nil)
		}},
		"the account leaves": {nil, func(t *testing.T, r resident, _ harness.Arrival) {
			r.call(http.MethodDelete, "", map[string]string{"email": r.email}).Into(t, 200, nil)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := atHome(t)
			server := r.system.NewResourceServer(t, tenant.Default, word(), "https://api.example/"+word())
			arrival := r.app.Arrive(t, r.allow(r.visitor.Open(r.app.Start(c.parameters...))))
			for range 2 {
				if !server.Active(t, arrival.Tokens.AccessToken) {
					t.Fatal("it is not active to begin with")
				}
			}
			c.end(t, r, arrival)
			server.AwaitInactive(t, arrival.Tokens.AccessToken)
		})
	}
}

// revoke is what an application does with a token it does not need any more (RFC 7009).
func (j journey) revoke(t *testing.T, token string) {
	t.Helper()
	response, err := http.PostForm(j.system.Endpoints.URL+"/oauth2/revoke", url.Values{"token": {token}, "client_id": {j.app.ClientID}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 {
		t.Fatalf("revoke: %d", response.StatusCode)
	}
}

func TestOfflineAccessOutlivesTheSignIn(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	server := r.system.NewResourceServer(t, tenant.Default, word(), "https://api.example/"+word())
	arrival := r.app.Arrive(t, r.allow(r.visitor.Open(r.app.Start())))
	r.call(http.MethodDelete, "/sessions/"+r.overview().Session.ID, nil).Into(t, 204, nil)
	refreshed := r.app.Refresh(t, arrival.Tokens)
	if !server.Active(t, refreshed.Tokens.AccessToken) {
		t.Error("a token that may be used offline has ended with the sign-in")
	}
}

const exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange"

func TestExchangeNarrows(t *testing.T) {
	t.Parallel()
	j, caller, arrival := service(t)
	callee := j.system.NewResourceServer(t, tenant.Default, word(), "https://api.example/"+word())
	ask := func(changes ...string) url.Values {
		form := url.Values{
			"grant_type": {exchangeGrant}, "subject_token": {arrival.Tokens.AccessToken}, "audience": {callee.Audience},
			"subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"}, "scope": {"email"},
		}
		for i := 0; i+1 < len(changes); i += 2 {
			form.Set(changes[i], changes[i+1])
		}
		return form
	}
	var got struct {
		AccessToken     string `json:"access_token"`
		IssuedTokenType string `json:"issued_token_type"`
		TokenType       string `json:"token_type"`
		ExpiresIn       int    `json:"expires_in"`
		Scope           string `json:"scope"`
	}
	caller.Post(t, "/token/exchange", ask()).Into(t, 200, &got)
	if got.TokenType != "Bearer" || got.Scope != "email" || got.ExpiresIn < 1 || got.ExpiresIn > 300 ||
		got.IssuedTokenType != "urn:ietf:params:oauth:token-type:access_token" {
		t.Errorf("the answer is %+v", got)
	}
	claims := verified(t, j.system, got.AccessToken, callee.Audience)
	act, _ := claims["act"].(map[string]any)
	if claims["sub"] != arrival.IDToken.Subject || claims["scope"] != "email" || claims["client_id"] != j.app.ClientID || act["sub"] != caller.ID {
		t.Errorf("the token says %v", claims)
	}
	caller.Post(t, "/token/exchange", ask("scope", "")).Into(t, 200, &got)
	if got.Scope != "profile email" {
		t.Errorf("without a wish the scope is %q", got.Scope)
	}
	if caller.Active(t, got.AccessToken) {
		t.Error("an exchanged token is introspected as one of Hydra's")
	}
	anybodys := j.app.Arrive(t, j.allow(j.visitor.Open(j.app.Start()))).Tokens.AccessToken
	slug := "other-" + word()
	j.system.AddTenant(t, slug)
	foreign := j.system.NewResourceServer(t, slug, word(), "https://api.example/"+word())
	for name, c := range map[string]struct {
		asks harness.ResourceServer
		form url.Values
		code string
	}{
		"more scope":          {caller, ask("scope", "email admin"), "invalid_scope"},
		"an unknown audience": {caller, ask("audience", "https://nobody.example"), "invalid_target"},
		"another tenant's":    {caller, ask("audience", foreign.Audience), "invalid_target"},
		"no audience":         {caller, ask("audience", ""), "invalid_target"},
		"a refresh token":     {caller, ask("subject_token", arrival.Tokens.RefreshToken), "invalid_grant"},
		"an exchanged one":    {caller, ask("subject_token", got.AccessToken), "invalid_grant"},
		"another type":        {caller, ask("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"), "invalid_request"},
		"another grant":       {caller, ask("grant_type", "client_credentials"), "unsupported_grant_type"},
		"an actor":            {caller, ask("actor_token", "x"), "invalid_request"},
		"a foreign server":    {foreign, ask(), "invalid_grant"},
		"another's token":     {callee, ask("audience", caller.Audience), "invalid_grant"},
		"anybody's token":     {caller, ask("subject_token", anybodys), "invalid_grant"},
	} {
		if answer := c.asks.Post(t, "/token/exchange", c.form); answer.OAuthError() != c.code || answer.Status < 400 || answer.Status > 401 {
			t.Errorf("%s: %s, want %s", name, answer, c.code)
		}
	}
}

func TestMachinesTokenIsItsTenants(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	slug := "machine-" + word()
	system.AddTenant(t, slug)
	audience := "https://api.example/" + word()
	own, foreign := system.NewResourceServer(t, slug, word(), audience), system.NewResourceServer(t, tenant.Default, word(), audience)
	var machine struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	system.HydraAdmin(t, http.MethodPost, "/admin/clients", map[string]any{
		"grant_types": []string{"client_credentials"}, "scope": "read", "audience": []string{audience},
		"metadata": map[string]any{"tenant": slug}, "token_endpoint_auth_method": "client_secret_post",
	}, &machine)
	response, err := http.PostForm(system.Endpoints.URL+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {machine.ID}, "client_secret": {machine.Secret},
		"scope": {"read"}, "audience": {audience},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil || got.AccessToken == "" {
		t.Fatalf("no token: %d, %v", response.StatusCode, err)
	}
	if m := own.Introspect(t, got.AccessToken); m["active"] != true || m["tenant"] != slug || m["sub"] != machine.ID {
		t.Errorf("its own tenant's server is told %v", m)
	}
	if foreign.Active(t, got.AccessToken) {
		t.Error("another tenant's server of that audience takes it")
	}
}
