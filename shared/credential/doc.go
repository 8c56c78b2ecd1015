// Package credential is what proves that somebody is an account's person: the
// password, its rules, its hash and where the hash is kept.
//
// Passwords are hashed with argon2id at 19 MiB, two passes, one lane (OWASP
// Password Storage Cheat Sheet), kept as a PHC string so that the cost can be
// raised later and old hashes go on verifying.
//
// A password that somebody else may know is revoked (Store.Revoke): it still
// verifies, so that its person can be told what happened, and opens nothing
// until another one is set.
//
// # Admission
//
// One hash takes about 25 ms of a core and 19 MiB. Under a flood of sign-ins a
// server that starts them all finishes none in time and runs out of memory, so
// a Hasher runs as many at once as there are cores, lets a short line wait, and
// turns the rest away at once with ErrBusy: those who are admitted are served
// in about the usual time.
package credential
