// Package oauth2 holds the words of OAuth 2.0 (RFC 6749) and OpenID Connect
// Core 1.0 that more than one package says: scopes, error codes, and what an
// authorization request asks of the sign-in. It speaks to nobody; Ory Hydra is
// the authorization server.
package oauth2
