// Package standalone runs all of Authway in one process tree behind one port:
// `make run`, and what integration and browser tests run against.
//
// Nothing in it is a stand-in. The five functions are the ones that are
// deployed, each with its own settings and its own database role; the edge
// serves the table that nginx is generated from; PostgreSQL, Redis and Ory Hydra
// are real (package parts). What production takes from its platform is made
// here once and kept in the data folder: keys, passwords, databases, the first
// accounts, and an application to sign in to (package demo). The events that
// PingSources send in a cluster come from a timer (ticker.go), and what shows the
// state of the system runs beside them, for the port of metrics. What is here is
// backed up as well, beside itself (backups.go), and package drill restores backups,
// these or a cluster's, until somebody is signed in on them.
//
// # Order
//
// The parts start side by side and are waited for only where one needs another:
// Hydra needs its database and the functions' addresses, the functions need
// Hydra's. Stopping goes backwards, so that nothing loses what it is using.
//
// # Data folder
//
//	lock            held by the run that uses the folder
//	secrets.json    keys and passwords; without it the databases cannot be opened
//	endpoints.json  addresses and the demo accounts, for scripts, while running
//	children.json   processes, for the next run should this one be killed
//	hydra.json      the configuration Hydra was started with
//	maintenance.env what the maintenance program needs to work on it from a shell
//	backups/        copies, for trying out: a disk that is lost takes them along
//	postgres/       the cluster
//	logs/           a file for each part, and one for the functions
package standalone
