// Package outbox holds what is to leave the system until it has left: mail, and
// events for whoever subscribes.
//
// Whoever changes something that people are to hear of adds a row in the same
// transaction (AddMail) and then knocks at maintenance, which delivers it. The
// knock may be lost: a timer looks as well. So no function that answers people
// holds an SMTP secret, and none waits for a mail server.
//
// # Events
//
// The audit log is written in the transaction of each change, so it is the list
// of what happened already, and nothing is added to what answers people: Collect
// makes a row of each event that is to leave, under the same id, and reads no
// more of the table audit_events than it has to. What is said of it is found
// there at delivery (package audit).
//
// # Delivery
//
// Claim takes a few rows for a while and counts the attempt before anything is
// sent. A process that dies gives its rows back when the claim runs out; one
// that was only slow finds that its attempt is no longer the current one and
// changes nothing. Between a receiver's "accepted" and the row's mark there is a
// moment that no protocol closes: a row may then be sent twice, under the same
// Message-ID or id. None is lost.
//
// Events of one subject leave in the order of their times, one after another: a
// younger one waits until the older is delivered or dead. A dead one is out of
// the way: it stays, for somebody to look, and those behind it go on. Two
// changes of one subject that commit in the other order than their times, within
// the moment in which Collect passes by, leave in that order.
package outbox
