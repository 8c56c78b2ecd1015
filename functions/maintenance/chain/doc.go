// Package chain has the jobs audit.seal and audit.verify, and the command `maintenance
// audit`: the audit log's chain of seals (shared/audit), its signatures outside of the
// database, and its copy in the log of the process.
//
// # What is signed
//
// Each run of audit.seal signs where the chain ends, as a compact JWS (RFC 7515) with the
// first Ed25519 key of AUDIT_SEAL_KEY, writes it as a log line and puts it into the storage
// of BACKUP_URL, as audit/ and the seal's number. A name is never written twice: what lies
// there already is evidence. Who can write to the database has neither the key nor the
// storage, and so can change nothing from before the last signature unseen; who has all
// three can. Storage that keeps what was written (object lock) and logs that leave the
// cluster are for that case.
//
// # What is told
//
// audit.seal writes each event as a log line before its seal is made. A crash in between
// tells some of them again, and loses none. These lines have what the database has,
// addresses of people's machines among it: the store of logs has to be guarded and emptied
// as the audit log is.
//
// # After a restore
//
// A database that was restored to an earlier time ends before signatures that are in the
// storage. That is a finding, and right: events are lost. Once it is understood, the
// signatures of seals that are no longer there are moved elsewhere, out of audit/, and
// kept as evidence; the chain goes on.
package chain
