// Package system is the part of the administration API that is about how the
// installation is doing: the audit log, the keys that sign, what maintenance does,
// backups, and the last hour at a glance.
//
// It does none of maintenance's work. What is to be done is written down as a request
// of a job (package journal), in the transaction of its record, and maintenance is
// knocked at; a knock that is lost costs time and nothing else.
//
// Two operations of each kind go on for as long as somebody listens, as server-sent
// events (live.go). They end before the server's own time is up and when it stops, and
// there are never more of them than listeners; whoever reads too slowly is cut off.
// The gate asks who it is at the beginning of each: what is taken from somebody is gone
// within a minute.
package system
