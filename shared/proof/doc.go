// Package proof is one-time proofs that a mail reached a person: a code to
// type, and a link to open, for one purpose in one sign-in.
//
// # Used once
//
// Code and link use up the same row, under its lock: of any number of tries at
// once one succeeds. A code that was used in a browser, or a link that was
// opened in any browser, leaves the row used; the browser that began the
// sign-in then goes on with it, once (Take).
//
// # Guessing
//
// A code has eight digits. It lives for a quarter of an hour and dies of five
// wrong tries, it is sent again after growing waits, and what is kept of it is
// an HMAC under a master key, so that a copy of the table gives none away.
//
// # Decoys
//
// Whether an address is known must not show in what the server does or says.
// Where there is nobody to prove anything, the caller issues a decoy: a row like
// any other, whose code and link nobody has, not even this package.
//
// What a proof is good for is the caller's to know: Data is opaque here.
package proof
