package integration_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"golang.org/x/oauth2"

	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// accessClaims is what Hydra says an access token holds.
func accessClaims(t *testing.T, system *harness.System, tokens *oauth2.Token) map[string]any {
	t.Helper()
	response, err := http.PostForm(system.Endpoints.HydraAdminURL+"/admin/oauth2/introspect", url.Values{"token": {tokens.AccessToken}})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var said struct {
		Active bool           `json:"active"`
		Ext    map[string]any `json:"ext"`
	}
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil || !said.Active {
		t.Fatalf("the token is not active: %v", err)
	}
	return said.Ext
}

// holds fails the test unless claims hold what they should, and nothing that only
// another application is told.
func holds(t *testing.T, where string, claims, want map[string]any) {
	t.Helper()
	for _, name := range []string{"email", "email_verified", "name", "locale", "updated_at"} {
		if claims[name] != want[name] && !(name == "updated_at" && claims[name] != nil && want[name] == true) {
			t.Errorf("%s: %s is %v, want %v", where, name, claims[name], want[name])
		}
	}
	if claims["tenant"] != "default" || claims["roles"] == nil {
		t.Errorf("%s: without tenant or roles: %v", where, claims)
	}
}

func TestEachApplicationIsToldWhatItsMetadataNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		metadata   map[string]any
		id, access func(journey) map[string]any
	}{
		"the defaults": {nil,
			func(j journey) map[string]any {
				return map[string]any{"email": j.email, "email_verified": false, "name": "Ada Lovelace", "updated_at": true}
			},
			func(journey) map[string]any { return nil }},
		"rules": {map[string]any{"claims": map[string]any{
			"profile": []string{"name", "sub", "iss", "password"}, "email": []string{"email"}, "address": []string{"locale"},
		}},
			func(j journey) map[string]any { return map[string]any{"email": j.email, "name": "Ada Lovelace"} },
			func(j journey) map[string]any { return map[string]any{"email": j.email, "name": "Ada Lovelace"} }},
		"one that cannot be read": {map[string]any{"claims": "email"},
			func(journey) map[string]any { return nil }, func(journey) map[string]any { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := begin(t, map[string]any{"metadata": c.metadata})
			arrival := j.through()
			for _, when := range []string{"at the code", "at a refresh", "at the next refresh"} {
				holds(t, "the ID token "+when, arrival.Claims, c.id(j))
				holds(t, "userinfo "+when, j.app.UserInfo(t, arrival.Tokens), c.id(j))
				access := accessClaims(t, j.system, arrival.Tokens)
				holds(t, "the access token "+when, access, c.access(j))
				if arrival.Claims["sub"] != arrival.IDToken.Subject || arrival.Claims["iss"] != j.system.Endpoints.URL ||
					arrival.Claims["sid"] == nil || access["session"] == nil || access["sub"] != nil || access["password"] != nil {
					t.Errorf("%s: %v and %v", when, arrival.Claims, access)
				}
				arrival = j.app.Refresh(t, arrival.Tokens)
			}
		})
	}
}

func TestMetadataThatChangesCountsFromTheNextRefresh(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"metadata": map[string]any{"claims": map[string]any{"profile": []string{"name"}, "email": []string{}}}})
	server := j.system.NewResourceServer(t, tenant.Default, word(), "https://api.example/"+word())
	arrival := j.through()
	if m := server.Introspect(t, arrival.Tokens.AccessToken); m["name"] != "Ada Lovelace" || m["email"] != nil {
		t.Errorf("a resource server is told %v", m)
	}
	j.system.HydraAdmin(t, http.MethodPatch, "/admin/clients/"+j.app.ClientID, []map[string]any{{
		"op": "replace", "path": "/metadata", "value": map[string]any{"claims": map[string]any{"profile": []string{"email"}}},
	}}, nil)
	arrival = j.app.Refresh(t, arrival.Tokens)
	access := accessClaims(t, j.system, arrival.Tokens)
	if access["name"] != nil || access["email"] != j.email || arrival.Claims["name"] != nil || arrival.Claims["email"] != j.email {
		t.Errorf("after the change: %v and %v", arrival.Claims, access)
	}
}
