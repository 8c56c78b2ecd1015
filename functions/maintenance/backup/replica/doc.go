// Package replica speaks PostgreSQL's replication protocol (PostgreSQL 55.4): it
// copies a running cluster and its WAL, and needs nothing on the server but a role
// with REPLICATION and a line for it in pg_hba.conf.
//
// Of WAL nothing is acknowledged that has not been stored as a whole segment: the
// server keeps what a slot has not been told to forget. It knows neither storage
// nor encryption.
package replica
