// Package recovery proves that what is backed up comes back: a whole Authway is
// copied while people sign in, its backups are cut off at every point, and what is
// restored is compared row by row, and signed in to.
//
// It is a package of its own because a backup is of the whole server, with the
// databases of every test on it.
//
// It also runs every block of knative/OPERATIONS.md: those for a machine as they are
// written, and those for a cluster against objects as the manifests make them, behind
// programs that refuse what kubectl would.
package recovery
