// Package invitation is one-time links that bring somebody in: to an account that an
// administrator has made (Invite), back into one whose password is lost (Recover), and
// to an installation that nobody administers yet (Setup).
//
// # Used once
//
// A link holds 256 random bits, of which the database keeps SHA-256. It is looked at
// as often as anybody likes, because scanners of mail open every link they find, and
// used up by one call of Use or SetUp, which is given the bits themselves: whoever can
// read the table and not the mail can use up nothing. Each account has one link of a
// kind: another one takes its place.
//
// # What it is bound to
//
// A link belongs to the address that it was sent to. When the account has another one
// by then, it is worth nothing: whoever reads the mail of the former is not the
// account's person any more.
//
// # The first administrator
//
// A set-up link has no account. Who opens it makes one, and the database itself makes
// that the owner of the installation (invitation_set_up), as long as there is no other
// owner who can sign in: the function that signs people in may make no administrator.
//
// Within its ring it imports shared/administrator, whose lock says who decides at this
// moment who administers.
package invitation
