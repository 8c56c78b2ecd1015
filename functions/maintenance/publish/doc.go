// Package publish tells others what happened: the job events.publish sends
// domain events to K_SINK as CloudEvents 1.0, in the binary mode of the HTTP
// binding. README.md lists their types; schemas and examples lie beside it.
//
// # Where they come from
//
// What happened stands in the audit log, written in the transaction of the
// change. The job makes a row of the outbox of each event that is published
// (package outbox), and sends those. Nothing is added to what answers people, and
// a sink that is away holds up neither them nor the mail. The first run with a
// sink marks where the events begin; history is not sent. When the sink is taken
// away and named again, they go on where they stopped.
//
// # What is promised
//
// At least once, with the same source and id each time: receivers remove doubles
// by these two. In order for each subject, one after another; subjects do not
// wait for each other. An event that was refused for good, or that 14 attempts
// within about six hours could not bring to the sink, is dead: it stays in the
// outbox with its last error, and does not hold up its subject any longer.
//
// # What is said
//
// Ids, outcomes, client ids and methods. No address, no name, no IP address, no
// secret: whoever may know more asks for the account by its id. Of an audit
// event's detail, only what the catalogue names leaves.
package publish
