// Package grant is what an application receives once a person has agreed: the
// claims about the person that follow from the granted scopes.
//
// Consent puts them into a new grant, and the token hook computes them again at
// every refresh, so that a changed name or a lost role reaches the application
// without a new sign-in. Both must say the same, so they say it here.
//
// Within its ring it knows package account, whose data the claims are, and
// package tenant, whose name is one of them.
package grant
