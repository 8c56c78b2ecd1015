package grant

import (
	"maps"
	"slices"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/tenant"
)

// Claims are the values that go into the two kinds of token. The names are
// those of OpenID Connect Core 1.0, section 5.1, and two of our own: tenant
// (its slug) and roles.
type Claims struct {
	IDToken     map[string]any
	AccessToken map[string]any
}

// SessionClaim is the claim of an access token that names Authway's session which
// it came of. A token that may not be used offline ends with it.
const SessionClaim = "session"

// Names are all claims that ClaimsOf may give.
var Names = []string{"tenant", "roles", "email", "email_verified", "name", "updated_at", "locale"}

// ClaimsOf computes the claims of a person for the granted scopes.
func ClaimsOf(u account.User, t tenant.Tenant, scopes []string) Claims {
	always := map[string]any{"tenant": t.Slug, "roles": roles(u)}
	id := maps.Clone(always)
	if slices.Contains(scopes, oauth2.ScopeEmail) {
		id["email"] = u.Email
		id["email_verified"] = u.EmailVerifiedAt != nil
	}
	if slices.Contains(scopes, oauth2.ScopeProfile) {
		id["name"] = u.Name
		id["updated_at"] = u.UpdatedAt.Unix()
		if u.Locale != "" {
			id["locale"] = u.Locale
		}
	}
	return Claims{IDToken: id, AccessToken: always}
}

// roles is never null in a token: a reader that ranges over it must not have to
// ask first.
func roles(u account.User) []string {
	if u.Roles == nil {
		return []string{}
	}
	return u.Roles
}
