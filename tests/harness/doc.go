// Package harness starts real parts for tests and takes them away again.
//
// A test binary calls Main from its TestMain. What a test asks for is started
// once for the binary, on a random port, and stopped at its end: a PostgreSQL
// server whose migrated template database is cloned for each test that wants
// one of its own, a Redis server, and the whole of Authway as `make run` starts
// it.
//
// A part that cannot be had fails the test that asked for it, with what to do.
package harness
