// Package admin is the administration API: what an operator does, and what programs
// may do instead. The dashboard is static and has no rights of its own; everything
// it does, it does here, with the session of whoever looks at it.
//
// openapi.yaml is the contract. Each of its areas (tags) has a room with a server
// generated from it (api.gen.go), its rules of access beside its routes, and one
// file for each use case:
//
//	me            who asks
//	people        accounts, sessions, consents
//	intake        how accounts come in and go out: invitations, imports and exports
//	applications  OAuth 2.0 clients
//	tenants       tenants, how they look, what they demand, who administers them
//	system        keys, jobs, backups, the audit log, how the installation is doing
//
// access stands before all of them: no handler runs for a request that its document
// or its rule does not allow. What changes something is recorded in the transaction
// of the change (access.Record).
//
// It keeps nothing of its own and starts no work: what takes long is a job of
// maintenance, which it asks for in the database and knocks.
package admin
