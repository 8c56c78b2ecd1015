package grant_test

import (
	"encoding/json"
	"reflect"
	"slices"
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
		claims := grant.ClaimsOf(u, home, c.scopes)
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

func TestNoRolesIsAnEmptyListAndNotNull(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(grant.ClaimsOf(account.User{}, tenant.Tenant{}, nil).AccessToken)
	if err != nil || string(text) != `{"roles":[],"tenant":""}` {
		t.Errorf("got %s, %v", text, err)
	}
}
