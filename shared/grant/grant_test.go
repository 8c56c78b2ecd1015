package grant_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/grant"
	"github.com/authway/authway/shared/tenant"
)

func TestClaimsFollowTheGrantedScopes(t *testing.T) {
	t.Parallel()
	verified := time.Unix(1, 0)
	u := account.User{Email: "ada@example.org", EmailVerifiedAt: &verified, Name: "Ada", Locale: "ko", Roles: []string{"editor"}, UpdatedAt: time.Unix(7, 0)}
	home := tenant.Tenant{Slug: "acme"}
	always := map[string]any{"tenant": "acme", "roles": []string{"editor"}}
	cases := map[string]struct {
		scopes []string
		more   map[string]any
	}{
		"none":    {nil, nil},
		"openid":  {[]string{"openid", "offline_access"}, nil},
		"email":   {[]string{"openid", "email"}, map[string]any{"email": "ada@example.org", "email_verified": true}},
		"profile": {[]string{"openid", "profile"}, map[string]any{"name": "Ada", "locale": "ko", "updated_at": int64(7)}},
	}
	for name, c := range cases {
		claims := grant.ClaimsOf(u, home, c.scopes, nil)
		if !reflect.DeepEqual(claims.AccessToken, always) {
			t.Errorf("%s: the access token says %v", name, claims.AccessToken)
		}
		want := map[string]any{}
		for _, set := range []map[string]any{always, c.more} {
			for claim, value := range set {
				want[claim] = value
			}
		}
		for claim := range claims.IDToken {
			if !slices.Contains(grant.Names, claim) {
				t.Errorf("%s: %s is not among the names", name, claim)
			}
		}
		if !reflect.DeepEqual(claims.IDToken, want) {
			t.Errorf("%s: the ID token says %v, want %v", name, claims.IDToken, want)
		}
	}
}

func TestRulesReplaceWhatAScopeGives(t *testing.T) {
	t.Parallel()
	verified := time.Unix(1, 0)
	u := account.User{Email: "ada@example.org", EmailVerifiedAt: &verified, Name: "Ada", UpdatedAt: time.Unix(7, 0)}
	always := map[string]any{"tenant": "acme", "roles": []string{}}
	with := func(more map[string]any) map[string]any {
		all := maps.Clone(always)
		maps.Copy(all, more)
		return all
	}
	email := map[string]any{"email": "ada@example.org", "email_verified": true}
	for name, c := range map[string]struct {
		rules      grant.Rules
		scopes     []string
		id, access map[string]any
	}{
		"a scope of their own": {grant.Rules{"crm": {"email", "name"}}, []string{"crm"},
			map[string]any{"email": "ada@example.org", "name": "Ada"}, map[string]any{"email": "ada@example.org", "name": "Ada"}},
		"one that was not granted":  {grant.Rules{"crm": {"email"}}, []string{"openid"}, nil, nil},
		"less than the default":     {grant.Rules{"email": {"email"}}, []string{"email"}, map[string]any{"email": "ada@example.org"}, map[string]any{"email": "ada@example.org"}},
		"nothing":                   {grant.Rules{"email": {}}, []string{"email"}, nil, nil},
		"beside a default":          {grant.Rules{"crm": {"name"}}, []string{"crm", "email"}, map[string]any{"email": "ada@example.org", "email_verified": true, "name": "Ada"}, map[string]any{"name": "Ada"}},
		"two that agree":            {grant.Rules{"a": {"email"}, "b": {"email", "email_verified"}}, []string{"a", "b"}, email, email},
		"an unknown language":       {grant.Rules{"a": {"locale"}}, []string{"a"}, nil, nil},
		"the protocol's own claims": {grant.Rules{"a": {"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "sid", "acr", "amr", "azp", "nonce", "auth_time", "session", "scope", "client_id"}}, []string{"a"}, nil, nil},
		"what nobody knows":         {grant.Rules{"a": {"password", "", "?", "Email", "email "}}, []string{"a"}, nil, nil},
	} {
		claims := grant.ClaimsOf(u, tenant.Tenant{Slug: "acme"}, c.scopes, c.rules)
		if !reflect.DeepEqual(claims.IDToken, with(c.id)) || !reflect.DeepEqual(claims.AccessToken, with(c.access)) {
			t.Errorf("%s: %+v", name, claims)
		}
	}
}

func TestMistakesInRulesAreToldOnce(t *testing.T) {
	t.Parallel()
	rules := grant.Rules{"a": {"email", "sub", "mail"}, "b": {"mail"}}
	if got := rules.Unknown(); !slices.Equal(got, []string{"mail", "sub"}) {
		t.Errorf("unknown are %v", got)
	}
	var log bytes.Buffer
	w := grant.Warner{Log: slog.New(slog.NewTextHandler(&log, nil))}
	for range 3 {
		w.Check(t.Context(), "one", rules)
		w.Check(t.Context(), "two", grant.Rules{"a": {"email"}})
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 || strings.Contains(log.String(), "two") {
		t.Errorf("the log says %s", log.String())
	}
}

func TestNoRolesIsAnEmptyListAndNotNull(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(grant.ClaimsOf(account.User{}, tenant.Tenant{}, nil, nil).AccessToken)
	if err != nil || string(text) != `{"roles":[],"tenant":""}` {
		t.Errorf("got %s, %v", text, err)
	}
}
