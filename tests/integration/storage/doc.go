// Package storage tests what PostgreSQL decides: the stores under concurrency,
// the roles' reach, and the migrations up and down.
package storage
