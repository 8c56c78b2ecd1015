// Package intake keeps files of accounts that are taken in: how far each has been
// read, what became of its lines, and who reads it at this moment. What a line means
// is the business of the function that reads it.
//
// # Going on
//
// What was done with some lines, and how far the file is done by that, are committed
// in one transaction (Advance). So a process that ends in the middle, or a connection
// that breaks, loses nothing and repeats nothing: whoever comes next goes on at
// Position. That it is the same file is told by a running SHA-256 of all bytes before
// it (Reading), whose state is kept in the row.
//
// # One at a time
//
// Who reads holds the import for a while and says so with each Advance. Two at once:
// the second is refused (ErrHeld), until the first has said nothing for longer than
// Hold. What the first would commit after that is refused (ErrLost).
package intake
