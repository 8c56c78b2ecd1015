// Package supervise owns a data folder and the processes that work in it.
//
// A [Folder] belongs to one run at a time: it is locked with flock(2), which the
// kernel gives up when its holder dies in whatever way, so a lock can never be
// stale. Every child is written down with the identity the kernel gave it. A
// run that finds the notes of a killed one ends exactly those processes, and
// never one that merely inherited a process id.
//
// Children sit in process groups of their own: Ctrl-C in a terminal reaches
// only the parent, which then stops them in the order it wants. On Linux they
// also die with their parent; elsewhere the notes do that at the next start.
//
// The package knows nothing of PostgreSQL, Redis or Hydra.
package supervise
