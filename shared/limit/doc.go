// Package limit bounds how often something may be tried: passwords for an
// account, sign-ins from an address, mails to a mailbox.
//
// It is the generic cell rate algorithm (GCRA; ITU-T I.371): a bucket that
// holds a burst and refills at a constant rate, kept as one number in Redis, so
// that all instances of a function count together. When Redis does not answer,
// each instance counts for itself and more strictly: a limit that fails open
// would be the first thing an attacker tries to make fail.
//
// Keys are hashed before they leave the process: they are made of addresses.
package limit
