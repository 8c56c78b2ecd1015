// Package backup keeps copies of everything that Authway cannot be made again
// from, outside the database server, and proves that they can be read.
//
// It is physical: base backups and WAL of the whole PostgreSQL cluster, so that
// Authway's and Hydra's databases come back at one and the same moment, any
// second of the last week. Everything travels over the replication protocol:
// nothing runs on the server, and no program of PostgreSQL is needed.
//
//	store     where objects are kept: a directory, S3, GCS or Azure, by URL
//	envelope  what they are wrapped in: zstd, then age for public keys
//	wal       LSNs, segments, timelines, and the names under which WAL is stored
//	catalog   what the store holds: backups, chains of WAL, gaps, windows
//	replica   the replication protocol
//	bundle    the configuration, which is not in the database
//
// The jobs are given public keys only, with which nobody can read what they have
// written; where the identity is kept is for knative/OPERATIONS.md to say.
// An object is never changed. What a name says (position, time, hash) is true of
// the object, so that a listing is the whole catalog. A base backup counts when
// its description is there, which is written last, after the WAL that it needs.
package backup
