// Package architecture holds the structure of Authway to its word: who may import whom, what a binary may
// link, what a file may be called and how long it may be. It reads the sources and go list; nothing is built.
//
// The rules are data, in table_test.go, each with the reason that is printed when it is broken: a rule whose
// reason no longer holds should be changed there and not worked around. fixture_test.go breaks every rule
// once, so that a rule that can no longer fail is noticed.
//
// The folder dependencies holds what every binary links, one file each, so that a new dependency is seen in
// a review as a line and not in production as a slower cold start. After a change that is meant:
//
//	go test ./tests/architecture -update
package architecture
