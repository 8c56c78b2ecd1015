// Package login is where people prove who they are: sign-in, registration and
// logout, as the login provider of Ory Hydra.
//
// # How a sign-in goes
//
// Hydra redirects the browser to /login with a login challenge. Whatever the
// browser then asks for, open.go's parts are put together in the same order:
//
//	visit.go     opens the challenge: which application, which tenant, which
//	             flow, who is signed in at this browser already
//	dispatch.go  decides the next step. A person who is known and need not prove
//	             it again goes on at once; everybody else sees a page
//	signin.go    the page and its form
//	password.go  whether a password is right, may be set, and may still be used
//	limits.go    how often is too often; locked.go tells the owner
//	prove.go     what else is asked before a session begins, and its beginning
//	factor.go    a second factor, and what of it a session lacks
//	passkey.go   a passkey, as the only thing shown or as a second factor
//	provider.go  another provider, and who it says it is; link.go makes that
//	             an account's, on what proof
//	enrol.go     a first second factor, and the recovery codes beside it
//	register.go  a new account in the middle of the flow
//	ask.go       a mail with a code and a link, or what looks like one
//	code.go      the page of the code
//	confirm.go   the page of the link, in whatever browser it is opened
//	verify.go    how a registration goes on once its mail was answered
//	recover.go   a new password for somebody who reads the account's mail
//	logout.go    the end, and Hydra's word that a session ended
//
// A step never sends the browser to another step's function: it returns to the
// dispatcher, and the dispatcher answers Hydra, which leads on to consent.
//
// # Other providers
//
// /login/provider/{id} leads to a provider and its callback back. The answer is
// found by its state, which leads to a flow of this browser and to what the flow
// waits for (sealed, used once); the same callback serves the account pages,
// whose state leads to the session. Whoever the provider says it is goes on
// through prove.go like everybody else, second factor included.
//
// What makes an identity somebody's: it is linked; or nobody has the address,
// and the provider has verified it, or our own mail has; or the account that has
// the verified address signs in by its own means in the same flow. A provider's
// word alone never opens an account that it did not make.
//
// # What it refuses to know
//
// It grants no scope and issues no token. It reads password hashes and no
// other function does.
package login
