// Package servers adds resource servers, gives them new secrets and takes them away,
// from a shell.
//
// A secret is written to the output once, alone on its line, and to no log; only its
// hash is kept. A new one does not end the one before it for a day, so that a server
// can be given it without an interruption.
package servers
