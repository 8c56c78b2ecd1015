// Package demo is a small application that people sign in to with Authway: the
// first page a newcomer sees, and a relying party to read before writing one.
//
// It does what a web application should. The authorization code flow with
// PKCE, state and nonce (OpenID Connect Core 3.1, RFC 7636); tokens stay on
// the server, and the browser holds a cookie that means nothing elsewhere; the
// ID token is verified with the provider's published keys; signing out ends the
// session at the provider too (OpenID Connect RP-Initiated Logout 1.0).
//
// It is an ordinary client: it knows the provider's address and its own
// client_id, and nothing else of Authway.
package demo
