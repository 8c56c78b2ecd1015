// Package factor is what a person proves themselves with beside the password:
// an authenticator app and recovery codes. It reads and writes rows of the
// table that package credential keeps passwords in, and none of each other's.
//
// # Authenticator apps
//
// Codes are those of RFC 6238 with the parameters that every app knows: six
// digits, 30 seconds, SHA-1. The key is sealed for its account, so that a row
// copied to another account does not open. A key counts only after a code made
// with it was shown (Confirm), and can be confirmed only in the sign-in in which
// it was begun: somebody else who knows the password could otherwise have seen
// the key first.
//
// A code is taken for its own time step and the two around it, and once: the
// step of the last code is kept and must grow (RFC 6238, section 5.2).
//
// # Recovery codes
//
// Ten codes of 80 random bits, each good once. Only their SHA-256 is needed to
// check them; a sealed copy is kept until the person has said that the codes are
// kept, so that reloading the page that shows them shows the same ones.
//
// # Guessing
//
// Whoever has the password may guess at a code of six digits. After ten wrong
// codes in a row the factor rests for a minute, and twice as long after every
// further one, up to a day: about a thousand guesses in three years, each of
// which is right with a chance of 3 in a million. The kinds rest one by one, so
// that somebody who is locked out of one by another's guesses has the other.
package factor
