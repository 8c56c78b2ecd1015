// Package outbox holds what is to leave the system until it has left: so far
// mail.
//
// Whoever changes something that people are to hear of adds a row in the same
// transaction (AddMail) and then knocks at maintenance, which delivers it. The
// knock may be lost: a timer looks as well. So no function that answers people
// holds an SMTP secret, and none waits for a mail server.
//
// # Delivery
//
// Claim takes a few rows for a while and counts the attempt before anything is
// sent. A process that dies gives its rows back when the claim runs out; one
// that was only slow finds that its attempt is no longer the current one and
// changes nothing. Between a mail server's "accepted" and the row's mark there
// is a moment that no protocol closes: a row may then be sent twice, under the
// same Message-ID. None is lost.
package outbox
