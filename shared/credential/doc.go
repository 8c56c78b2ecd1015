// Package credential is what proves that somebody is an account's person: the
// password, its rules, its hash and where the hash is kept.
//
// Passwords are hashed with argon2id at 19 MiB, two passes, one lane (OWASP
// Password Storage Cheat Sheet), kept as a PHC string so that the cost can be
// raised later and old hashes go on verifying.
//
// Hashes of other systems verify too (imported.go), and are replaced at their
// person's first sign-in. Until then a wrong password takes about as long as for an
// account that does not exist: what a cheaper scheme is short of is added. For one
// that is dearer (bcrypt of cost 10 twice, of cost 12 eight times, PBKDF2-SHA256
// with 600,000 rounds three times) nothing can be taken away, and who is patient can
// tell by it that there is such an account. To hide that, everybody would have to
// wait so long.
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
