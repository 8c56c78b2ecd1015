// Package events carries CloudEvents between functions. Sending is here and
// needs nothing but net/http: in the binary mode of the HTTP binding an event
// is six headers, and the functions that answer people send without paying for
// the SDK at every cold start. Receiving is in the package received, which is
// the one door to the SDK.
//
// An Event between functions never says what to do, only where to look: its
// extension job names a job of maintenance, and that job finds out in the
// database what is due. So it may be lost, late or doubled without harm.
//
// A Fact is for others: it says what happened, and is sent until it was accepted
// (functions/maintenance/publish).
package events
