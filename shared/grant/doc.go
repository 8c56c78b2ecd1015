// Package grant is what an application receives once a person has agreed: the
// claims about the person that follow from the granted scopes.
//
// Consent puts them into a new grant, and the token hook computes them again at
// every refresh, so that a changed name or a lost role reaches the application
// without a new sign-in. Both must say the same, so they say it here.
//
// # What an application is told
//
// Every token says tenant and roles. Beyond that, a scope gives the ID token and
// userinfo what OpenID Connect Core 1.0, section 5.4, says it does, unless the
// application's metadata at Hydra has a rule for the scope:
//
//	"metadata": {"tenant": "acme", "claims": {"email": ["email"], "crm": ["name", "email", "locale"]}}
//
// A rule replaces what its scope gives otherwise, and holds for the access token
// too. It can name the claims of Names and no others: a name that is not among
// them, a claim of the protocol's or a slip of the pen, is passed over and warned
// of. A rule that cannot be read names nothing.
//
// Within its ring it knows package account, whose data the claims are, and
// package tenant, whose name is one of them.
package grant
