// Package maintenance does what has to be done when nobody is waiting: it
// receives cron-driven CloudEvents and knocks of other functions, and runs the
// job that an event names.
//
// # How an event goes
//
//	events.go   reads the event, finds the job and answers: 204 when there is
//	            nothing left to do for this event, 400 for what will never work,
//	            503 for "try again". A dead letter is kept and answered 204
//	refuse.go   what is refused: it runs nothing, and the audit log says so
//	job/        the frame: is it due, is nobody else at it, do it, record it, and
//	            tell how far it is
//	jobs.go     the jobs
//	mail/       the job outbox.deliver: writes mails and sends them
//	publish/    the job events.publish: tells others what happened
//	breaches/   the job breached.refresh: keeps the list of breached passwords young
//	keys/       the jobs keys.rotate and secrets.reencrypt: what signs, and what seals
//	chain/      the jobs audit.seal and audit.verify: what shows that the audit log was changed
//	state/      not a job: what is true of the system, as metrics, in a process of its own
//	command.go  the same jobs from a shell: maintenance run outbox.deliver
//
// A bare PingSource tries once more only what was answered 404, 413, 425, 429,
// 502, 503 or 504, and a Trigger takes an answer with a body for a failure: so
// the three answers above are all there are, and the first has no body. A fourth,
// 401, is for senders who do not show who they are where that is asked for
// (EVENTS_AUDIENCE, shared/events/sender).
//
// # What it refuses to know
//
// It is reachable inside the cluster only; the edge does not route to it. An
// event carries no instructions: whoever can post one can make a job look
// earlier, and nothing else. It has to be a PingSource's or a function's all the
// same: what comes from elsewhere is a mistake or an attempt, and is recorded.
package maintenance
