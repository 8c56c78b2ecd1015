// Package clean is the jobs that take away what is over: sessions and sign-ins
// past their time, mail that has been delivered, months of the audit log past
// their retention, accounts past their grace, and the rows that Hydra leaves
// behind.
//
// # Without being in the way
//
// Rows are removed in batches of Batch, each a transaction of its own that
// touches one table, found by an index. Between two of them the job rests for as
// long as the last one took, so that it never has more than half of a disk or of
// a core that sign-ins need as well. A run that is cut off, by its deadline or by
// a signal, has done what it has done; the next one goes on.
//
// Sessions, of which there are most, are removed from the oldest on without
// looking back: rows that have just been removed stay in an index until the next
// vacuum, and a batch that begins at the front passes all of them by. tests/load
// measures what people notice of a million.
//
// # Hydra's rows
//
// Hydra's own janitor knows fewer of them (it leaves codes, PKCE requests, logout
// requests, sessions and superseded consents) and selects through whole tables.
// hydra.go walks each table once by its primary key. It needs
// HYDRA_DATABASE_URL and does nothing without it.
package clean
