// Package state shows what is true of the whole system as metrics: ages, what waits,
// what was done last. It is read from the database at each scrape, because what a
// function remembers goes with its pod. What happens in a request is counted where it
// happens, and what a pod knows of itself alone it shows itself; nothing is shown in
// both places.
//
// A scrape is one transaction that reads, of at most five seconds. When the database
// does not answer, one series says so (authway_state_up 0) and all others are missing:
// a number from before would be believed.
//
// All statements are the stores' (shared/journal, shared/outbox and so on) and read
// ranges of indexes. One of them grows with the people: living sessions are counted in
// an index, up to a million, which takes a quarter of a second of one core; beyond
// that PostgreSQL's own estimate is shown.
//
// Of jobs, key sets and parts the names are closed lists, and no tenant, account or
// address is in any series: the role authway_metrics sees none.
package state
