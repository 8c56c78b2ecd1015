// Package load holds benchmarks of the whole system. Each measures two things in
// turns, in one run on one machine, and reports their ratio: absolute figures of a
// shared machine say nothing.
//
//	go test ./tests/load -run '^$' -bench . -benchtime 1x
package load
