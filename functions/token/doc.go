// Package token answers Ory Hydra's token hooks: every time Hydra is about to
// issue tokens it asks here whose they are and what they may say.
//
// A person who has been disabled or deleted gets no token any more, from that
// moment on and whatever grant is tried. The claims are those of package grant,
// computed anew at every refresh.
//
// # Two hooks
//
// At a refresh Hydra calls /hooks/refresh first and /hooks/token after it; at
// every other grant only /hooks/token. At the authorization code the answer is
// merged over what consent granted, and the granted scopes are not in the
// request. At a refresh the answer replaces everything, even the session id
// (sid) without which an ID token is no logout hint, so all of it is copied back
// and the claims of the granted scopes are put over it.
//
// Hydra signs nothing: the hooks are refused without the key that Hydra shows,
// and the edge never routes them.
//
// # Those who are shown a token
//
//	verify.go      a gateway asks who comes, and gets a token for the service behind
//	gateways.go    how nginx, Traefik and Envoy ask that
//	introspect.go  a resource server asks what a token means
//	exchange.go    and has a narrower one made of it, for another service
//	revoke.go      an application ends a token
//	endpoint.go    an application asks for tokens, which is passed on to Hydra
//	overlap.go     where a former secret becomes the one that Hydra knows
//	meaning.go     what a token means: Hydra's word, the account, the session
//	recent.go      and what of it is believed for a moment
//
// What a token means ends with the token, with what it was granted by, with its
// person and with the sign-in that it came of, unless it may be used offline.
// Package revoked tells; nothing outlives an end by more than a second.
//
// The token of verify never reaches a browser: the edge does not route it, and
// the gateway takes it off.
package token
