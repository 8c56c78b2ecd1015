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
//	prove.go     what else is asked before a session begins, and its beginning
//	factor.go    a second factor, and what of it a session lacks
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
// # What it refuses to know
//
// It grants no scope and issues no token. It reads password hashes and no
// other function does.
package login
