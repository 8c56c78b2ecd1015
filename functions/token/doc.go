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
package token
