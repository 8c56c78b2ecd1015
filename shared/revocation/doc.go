// Package revocation ends everything of a person, of an application, of one of a
// person's sessions, or of what a person has granted an application: each in one
// call, and nowhere else.
//
//	             Authway's   Hydra's     consents  access and refresh  the board
//	             sessions    sign-ins              tokens
//	Account      all         all         all       all                 subject, sessions
//	Session      one         its one     of the applications it let in  session, grants
//	Grant        -           -           one       of that             grant
//	Client       -           -           stay      all                 client
//
// When a call returns without an error, Hydra knows none of the access tokens any
// more, and Authway's answers say so within a second. A call can be repeated: what
// has ended is no error.
//
// # What Hydra cannot do
//
// It has no way to end the tokens of one session. They end with the consent of the
// person for the application, so that the person's other browsers lose theirs at
// that application too. They are still signed in, and get others there.
//
// It drops an application's access tokens and not its refresh tokens. Those are
// refused by the token hook when they are used (revoked.Clients): what was granted
// up to the revocation, and within the few seconds after it by which clocks may
// differ, is not renewed. Consents stay: the people have not changed their minds.
//
// # What is under way
//
// A code that was not redeemed yet is worth nothing once its session has ended: the
// token hook refuses it. For an account Hydra is asked to end everything before the
// sessions end, so that little has happened if it does not answer, and once more
// after them, for what was granted in between.
//
// A hook that was answered just before an application is revoked, and whose tokens
// Hydra writes only after it was asked to drop them all, leaves an access token that
// lives out its life. Its refresh token is refused, and to revoke the application
// once more ends it at once.
package revocation
