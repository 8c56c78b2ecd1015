// Package client is the applications that sign people in or act by themselves, as
// their registration at Hydra says and as Authway words it: what an operator may
// write into one ([Check]), and what Authway keeps beside it.
//
// # What may be registered
//
// [Check] is the only implementation of the rules. The dashboard asks it as somebody
// types, registration asks it before Hydra, and what a file declares passes it as
// well. A finding that an application had before counts as a warning: whoever mends
// its name need not first mend what somebody else once wrote.
//
// # Secrets
//
// Hydra (v2.3.0) knows one secret of each client. [Secrets] lets the one before it
// live on for a while: of secrets that Authway has made it keeps a hash, and while
// two are good, the new one, sealed, which package token puts in the place of the
// former one. It never knows a secret that somebody else has made, so that the first
// change of such a one cannot overlap.
//
// Within its ring it knows package grant, whose claims an application is told, and
// package tenant, of which each has an application of its own for the account.
package client
