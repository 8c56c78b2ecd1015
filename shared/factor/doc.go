// Package factor is what a person proves themselves with beside the password:
// an authenticator app and recovery codes. It reads and writes rows of the
// table that package credential keeps passwords in, and none of each other's.
// Of passkeys, which package passkey keeps there, it knows whether there are any,
// and decides from when on they are asked for.
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
// The first factor of any kind brings them, and they are shown to whoever has
// shown a second factor until they are said to be kept.
//
// # Passkeys
//
// A passkey is a second factor, and whoever has only shown the password is asked
// for it (Asked). But people add one to sign in more easily, on one device, and
// then sit at another one with their password: so until the recovery codes are
// kept, which are the way in without that device, a password does what it did
// before the passkey was added. Once they have been (confirmed_at of the passkey
// says so), it is asked for whatever becomes of the codes. Where two factors are
// wanted, by the tenant or the application, it is asked for in any case; and no
// other factor can be enrolled around it.
//
// # Guessing
//
// Whoever has the password may guess at a code of six digits. After ten wrong
// codes in a row the factor rests for a minute, and twice as long after every
// further one, up to a day: about a thousand guesses in three years, each of
// which is right with a chance of 3 in a million. The kinds rest one by one, so
// that somebody who is locked out of one by another's guesses has the other.
package factor
