// Package manifest reads PostgreSQL's list of what is in a base backup, and holds
// archives against it: every file, its length and its SHA-256.
//
// The list is checked by its own sum first. It takes some hundred bytes of memory
// for each file of the cluster; the archives are streamed. The package knows
// neither storage nor what an archive is unpacked into.
package manifest
