// Package restore makes a PostgreSQL cluster again out of what package backup has
// stored: as it was at a moment, or as far as the store goes.
//
//	restore.go    the steps, and what they have come to
//	prepare.go    what is refused before anything is written
//	unpack.go     base backup and WAL become files, all of them checked
//	server.go     PostgreSQL replays the WAL, by itself and for nobody else
//	fetch.go      one file of WAL out of the store, also for PostgreSQL to ask for
//	command.go    maintenance restore and maintenance wal-fetch, report.go what they say
//
// All WAL that is needed lies beside the data before the server starts. So the
// secret keys, and what opens the store, stay in this process, which may be
// root's; the server needs nothing but its data.
//
// What is not whole does not start: pg_control comes last of all files, and until
// the WAL is replayed recovery.signal makes a server that is started by hand ask
// for a restore_command. How to recover is said on the server's command line: no
// file of the cluster remembers it. Everything of the cluster's configuration but
// what ALTER SYSTEM has set is left aside for the recovery: files, libraries and
// sizes of another machine would not let the server start here.
//
// It knows no job and no database of Authway's: it is for the day on which there
// are none.
package restore
