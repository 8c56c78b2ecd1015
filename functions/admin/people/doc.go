// Package people is what administrators do with the accounts of a tenant: find and edit
// them, keep their people out, end what they are signed in to, and delete them.
//
// # Whom an operator may touch
//
// An account that administers something is worth what it administers. Whoever may change
// its address recovers it by mail, and whoever may keep its person out decides who
// administers. So all of that (guard) asks of the caller, for each thing that the account
// administers, to own it, or to have a greater role for it. Nobody does any of it to
// themselves: a session that was left open must not be enough to give its account away,
// and their own account's pages ask for more.
//
// # What ends
//
// What is ended is ended by package revocation. Hydra is asked first there; if it does not
// answer, nothing has been changed, and if it does not answer at the end, everything has
// (revocation.ErrUnfinished): the same call once more ends what is left.
package people
