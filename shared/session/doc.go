// Package session is a person's sign-in at one browser: what the cookie stands
// for.
//
// A session is a row in PostgreSQL, found by the SHA-256 of a random token
// that only the browser has. Redis keeps a copy for a minute to save the
// database a read; when Redis does not answer, or its copy is gone, the row is
// read. Ending a session marks the row first and drops the copy after it, and a
// copy is trusted for no longer than CacheTTL, so that even a lost Redis
// command leaves an ended session alive for a minute at the most.
//
// A form that is sent twice begins one session (CreateOnce), or raises it once (StepUp):
// the token is a MAC of what was shown and where, of a secret of the browser's, and of
// the session with the token it had before, so that every answer brings the same one,
// none is kept, and none comes back.
//
// The id of a session (not its token) is what Ory Hydra is told as the
// identity provider's session id, so that a logout at Hydra ends it.
//
// Within its ring it knows package revoked, whose board is told of every session
// that ends.
package session
