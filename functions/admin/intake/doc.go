// Package intake is how accounts come in and go out: invitations, links for another
// password, and files of accounts.
//
// # Invitations
//
// An invitation makes its account at once, so that it is found, blocked and deleted
// like any other; nobody can sign in to it before its link was used. The function that
// signs people in takes the links (package invitation says how).
//
// # Imports
//
// The body of an upload is read record by record (package lines) and done in batches,
// each in one transaction with how far the file is done by that (shared/intake). No
// password is hashed: hashes are taken as other systems made them, and replaced when
// their people sign in.
//
// A dry run does all of that and writes no account, so that it finds what the run would.
//
// # The record
//
// An import is recorded when it begins and when it is over, with the counts, and for
// each batch with the ids of the accounts that were made or changed: an event for each
// account would be most of what a year of the audit log holds.
package intake
