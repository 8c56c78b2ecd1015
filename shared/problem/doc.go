// Package problem is the one way an error reaches a caller. An Error has two faces: a stable code and a
// public sentence that anyone may read, and a private cause that only the log may. They never mix: the
// public face is written by hand beside the code, never built from the cause, so a driver's message with
// an address or a row in it has no way out.
//
// Handlers return errors; Writer alone renders them, for one of three audiences: people (Page), scripts
// (JSON, RFC 9457) and OAuth clients (OAuth, RFC 6749 section 5.2).
//
// Domain packages know no HTTP and define their own errors; a function maps them to an Error in one place
// beside its routes. Whatever nobody mapped becomes Internal, with the request's reference to find the
// cause by.
//
// Ring 0: it imports nothing of ours.
package problem
