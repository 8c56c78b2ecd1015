// Package account is the person: who they are, in which tenant, and whether
// they may sign in. What proves that somebody is that person is in package
// credential.
//
// An e-mail address names an account within its tenant. Two spellings of one
// address (case, Unicode form) are the same account; the spelling that was
// typed is kept for showing and for mail.
package account
