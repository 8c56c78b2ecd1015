// Package bundle copies what is not in the database: the settings with their
// secrets, Hydra's applications, the signing keys, and the objects of the namespace
// in Kubernetes. With a base backup and its WAL that is everything a new
// installation is made of.
//
//	bundle.go      what is copied, and of what
//	settings.go    the settings that a restore needs
//	kinds.go       the kinds of objects, which the Role of components/backup names too
//	cluster.go     reads them from the API server
//	tidy.go        takes from an object what belongs to one cluster only
//	envelope.go    a tar in one envelope, written and read back
//
// What is secret leaves this package inside of an envelope only, and is nowhere
// written to a disk before. What cannot be copied is either an error, or noted in
// index.json with the reason: a bundle never silently lacks a part.
package bundle
