// Package postgres opens the database: the one door to pgx and to bun's
// dialect.
//
// Opening does not connect. A pool connects on its first statement, so that a
// function that wakes from zero answers before PostgreSQL does.
//
// The package knows no table. The stores live beside the rules they serve, in
// the domain packages, and take a bun.IDB: a *bun.DB, or the transaction that
// InTx gives.
package postgres
