// Package selfservice is what people do with their own account: the JSON behind
// the account pages.
//
// # Who asks
//
// The session cookie says who it is, as it does for the sign-in; no token ever
// reaches the browser. What matters (the address, the password, second factors,
// the end of the account, a copy of everything) is answered only to somebody who
// has proved who they are within the last minutes (recent): a browser that was
// left open shows what there is and gives nothing away.
//
// # How one gets in
//
// The account pages are a first-party application of Ory Hydra like any other
// (enter.go): a sign-in that begins there goes through the same steps, asks for
// the same factors, and is the same session. The authorization code that comes
// back is not redeemed, because the session is all that is needed. The
// registration at Hydra is looked after on the way.
//
// # The last way in
//
// Passwords, passkeys and linked providers are ways to sign in. The last of them
// cannot be taken away; it is counted under a lock on the account (ways.go), so
// that two removals at once do not take two.
//
// The applications that a person has let in are consent's to show.
package selfservice
