// Package passkey is what a person signs in with instead of a password, or
// beside it: a key pair whose private half stays with an authenticator (Web
// Authentication, Level 3). It reads and writes the rows of kind passkey in the
// table that package credential keeps passwords in, and the column passkey of
// flows and sessions, and nobody else does. It is the one door to go-webauthn.
//
// # Ceremonies
//
// What was asked of an authenticator (the challenge above all) is sealed and
// kept in the sign-in or the session in which it was asked (Place), for five
// minutes. Finishing takes it away before it looks at the answer: an answer
// counts once, a wrong one costs the ceremony, and of two that were begun in one
// place the younger counts.
//
// # Where it counts
//
// A passkey is made for the host of the public address and signs only for its
// origin. All tenants share the host, so whose tenant a passkey is of is checked
// here. ErrTenant is no ErrUnknown: a browser that is told a passkey is unknown
// takes it away from its owner.
//
// # Being verified
//
// To sign in with nothing else, the authenticator has to have verified its owner
// (a fingerprint, a PIN): that makes it two factors. A key that has never
// verified anybody here does not become two factors by saying so: whoever finds
// a security key without a PIN can give it one. It is believed after it was said
// at the registration, or beside another factor (section 6.1, "uvInitialized").
// As a second factor a passkey counts either way.
//
// # Copies
//
// A key that cannot leave its device counts its signatures. A counter that does
// not grow says that there are two of it, and is refused (ErrCloned); the greater
// one goes on. Passkeys that a provider copies between devices have no common
// counter, and theirs is not looked at.
//
// # Losing it
//
// That is not this package's business: see package factor on recovery codes.
package passkey
