// Package drill takes the evidence of restores that are done for practice.
//
// A drill runs elsewhere, with a PostgreSQL of its own, and with what one has after
// a disaster: the store and an identity. It leaves its evidence in the store,
// signed with the signing key that it has restored. Here it is read: that it
// verifies with the keys of the living system shows that it was the same system
// that came back. What was found stands in the database for administrators, and in
// the metrics for alerts.
package drill
