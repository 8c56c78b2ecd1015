// Package keyring keeps the keys that Authway signs tokens with.
//
// # The life of a key
//
//	published  in the JWKS, for verifiers to learn it; signs nothing
//	active     signs, for a Period
//	retiring   signs nothing, verifies what it has signed; its private part is destroyed
//	gone       out of the JWKS; its row stays, so that it never comes back
//
// There is one active key and always one published after it. A key is published
// the moment the one before it becomes active, so that in an emergency the next
// one has long been known to everybody.
//
// Every wait is a sum of the longest that anybody may lag behind: see PublishWait
// and RetireWait. [Store.Turn] looks at the rows and the clock and does what is
// due; it knows no events, so that a tick may be lost, late or doubled, and two
// may turn at once.
//
// # Signing and verifying
//
// A [Ring] is one process's copy of the living keys. Reading it takes no lock; it
// is refreshed behind the reader, and at once when somebody names a key that is
// not in it. It works on for StaleAfter while PostgreSQL is away.
//
// # Secrets
//
// Private parts are sealed in PostgreSQL (package seal), and there is no way to
// print one. Verifying needs none: what retires loses it.
//
// The keys belong to the issuer, which is one for all tenants. Within its ring
// the package knows audit, where each step of a key's life is written down.
package keyring
