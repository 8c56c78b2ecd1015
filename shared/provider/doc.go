// Package provider signs people in at other OpenID Connect providers: Google,
// a company's own, any that publishes its configuration (OpenID Connect
// Discovery 1.0).
//
// It is the relying party's half of the authorization code flow and nothing
// more. Begin makes an Attempt, which the caller keeps where only it can read
// it, and the address that the browser is sent to; Finish checks what came back
// against the attempt and says who the provider says it is. What that person
// may do is for the caller to decide.
//
// # What is checked
//
// PKCE with S256 (RFC 7636), the state, the nonce and the issuer in the answer
// (RFC 9207) tie the answer to the browser, the request and the provider; the
// ID token is checked as OpenID Connect Core 1.0 section 3.1.3.7 says, with an
// asymmetric signature in any case. That an attempt is used once, and in the
// browser that began it, is the caller's.
//
// # The network
//
// Nothing is asked before somebody uses a provider, and what failed is asked
// anew the next time: a provider that is down at our start, or for an hour, is
// none of our trouble. Every call is bounded in time and size, and follows no
// redirect: the addresses are the provider's own.
package provider
