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

// Rules are what an application wants to be told for a scope: scope by scope, the
// names of claims. A scope that has a rule gives those and no others; one that has
// none gives what OpenID Connect Core 1.0, section 5.4, has it give.
type Rules map[string][]string

// Default are the rules of an application that has none. Section 5.4 puts further
// claims under profile, which Authway does not know of a person.
var Default = Rules{
	oauth2.ScopeEmail:   {"email", "email_verified"},
	oauth2.ScopeProfile: {"name", "locale", "updated_at"},
}

// SessionClaim is the claim of an access token that names Authway's session which
// it came of. A token that may not be used offline ends with it.
const SessionClaim = "session"

// always are the claims of every token: what a resource server has to know before
// it lets anybody do anything.
var always = []string{"tenant", "roles"}

// catalogue is every claim that Authway can make, and how. A claim of the protocol
// (iss, sub, aud, exp, sid, …) is not among them, so that no rule can set one.
var catalogue = map[string]func(account.User, tenant.Tenant) any{
	"tenant":         func(_ account.User, t tenant.Tenant) any { return t.Slug },
	"roles":          func(u account.User, _ tenant.Tenant) any { return roles(u) },
	"email":          func(u account.User, _ tenant.Tenant) any { return u.Email },
	"email_verified": func(u account.User, _ tenant.Tenant) any { return u.EmailVerifiedAt != nil },
	"name":           func(u account.User, _ tenant.Tenant) any { return u.Name },
	"updated_at":     func(u account.User, _ tenant.Tenant) any { return u.UpdatedAt.Unix() },
	"locale":         func(u account.User, _ tenant.Tenant) any { return u.Locale },
}

// Names are all claims that ClaimsOf may give, in the order of the alphabet.
var Names = slices.Sorted(maps.Keys(catalogue))

// ClaimsOf computes the claims of a person for the granted scopes. What a rule names
// goes into both tokens; what a scope gives without a rule stays out of access
// tokens, which pass through more hands.
func ClaimsOf(u account.User, t tenant.Tenant, scopes []string, rules Rules) Claims {
	claims := Claims{IDToken: map[string]any{}, AccessToken: map[string]any{}}
	give := func(to map[string]any, names []string) {
		for _, name := range names {
			value, known := catalogue[name]
			if !known {
				continue
			}
			// An unknown language is left out (section 5.3.2): "" is no BCP 47 tag.
			if said := value(u, t); said != "" || name != "locale" {
				to[name] = said
			}
		}
	}
	give(claims.IDToken, always)
	give(claims.AccessToken, always)
	for _, scope := range scopes {
		names, ruled := rules[scope]
		if !ruled {
			names = Default[scope]
		} else {
			give(claims.AccessToken, names)
		}
		give(claims.IDToken, names)
	}
	return claims
}

// Unknown are the names in the rules that are no claim of Authway's, sorted. They
// are passed over.
func (r Rules) Unknown() []string {
	var all []string
	for _, names := range r {
		for _, name := range names {
			if _, known := catalogue[name]; !known {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// roles is never null in a token: a reader that ranges over it must not have to
// ask first.
func roles(u account.User) []string {
	if u.Roles == nil {
		return []string{}
	}
	return u.Roles
}
