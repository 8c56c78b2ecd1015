// Package migrations owns the schema: the SQL files in sql/, the database
// roles and who may touch which table.
//
// It is linked by the migrate command, by standalone and by tests, never by a
// function: a function must start while a migration runs, and run against the
// schema one release older or younger than itself. Therefore a migration only
// adds (expand); what it replaces is dropped one release later (contract).
//
// # Roles
//
// Each function connects as a role of its own, authway_login and so on, which
// holds the grants that its use cases need and nothing else: token cannot read
// a password hash, consent cannot read a session's token. A migration that
// adds a table says in the same file who may do what with it. The roles cannot
// log in until SetPasswords has given them a password.
//
// Roles belong to the whole PostgreSQL server and not to one database, so
// rolling back leaves them in place: another database of the server may use
// them.
//
// # Locking
//
// Up and Down hold a PostgreSQL advisory lock on a connection of their own,
// which the server releases when a killed job's connection ends. bun's own
// lock is a row that a killed job leaves behind.
package migrations
