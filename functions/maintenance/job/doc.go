// Package job is the frame that every job of maintenance runs in.
//
// An event means "look now" and nothing else: whether there is anything to do
// is found in the database (Due), so that an event may be lost, late or
// doubled. The frame holds a lease around the work, records each run, counts
// it, and bounds it. What a job does must still be safe to do twice: a lease is
// lost by a process that stands still. What takes long says how far it is
// (Progress), so that people see it in the record of the run and on a terminal.
package job
