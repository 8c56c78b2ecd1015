package oauth2

import (
	"slices"
	"strings"
)

// Scopes of OpenID Connect Core 1.0, sections 5.4 and 11.
const (
	ScopeOpenID  = "openid"
	ScopeProfile = "profile"
	ScopeEmail   = "email"
)

// Error codes that reach an application through its redirect URI: RFC 6749
// section 4.1.2.1 and OpenID Connect Core 1.0 section 3.1.2.6.
const (
	ErrorAccessDenied  = "access_denied"
	ErrorLoginRequired = "login_required"
	// ErrorInteractionRequired says that the person is known, but has to do
	// something that prompt=none forbids to ask for.
	ErrorInteractionRequired = "interaction_required"
)

// Values of acr (OpenID Connect Core 1.0, section 2): how sure a sign-in is, by
// the number of factors shown, as in NIST SP 800-63B.
const (
	ACROne = "aal1"
	ACRTwo = "aal2"
)

// IsScope reports whether s is a scope-token (RFC 6749, section 3.3).
func IsScope(s string) bool {
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return s != ""
}

// Grantable returns the requested scopes that may be granted: those that the
// client is registered for, in the order of the request. The authorization
// server does not check what is granted against what was requested, so
// whoever answers it must.
func Grantable(requested []string, registered string) []string {
	allowed := strings.Fields(registered)
	var out []string
	for _, scope := range requested {
		if slices.Contains(allowed, scope) && !slices.Contains(out, scope) {
			out = append(out, scope)
		}
	}
	return out
}
