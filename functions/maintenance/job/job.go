package job

import (
	"context"
	"time"
)

// Job is one thing that maintenance does.
type Job struct {
	// Name is what the event's extension job says.
	Name string
	// Deadline bounds one run. It is shorter than the revision's timeoutSeconds.
	Deadline time.Duration
	// Due reports whether there is anything to do. It changes nothing.
	Due func(ctx context.Context, now time.Time) (bool, error)
	// Now, unless nil, lets people run the job that is not due. It is an error when
	// what the job needs is not there, for which it is never due.
	Now func() error
	// Do does it and says in one line, without personal data, what was done.
	Do func(ctx context.Context) (summary string, err error)
}

// Outcome is what became of an event or a command.
type Outcome string

// Outcomes. All but Failed mean that the event has done its work.
const (
	Succeeded Outcome = "succeeded"
	Failed    Outcome = "failed"
	// NotDue: there was nothing to do.
	NotDue Outcome = "not_due"
	// Held: another process is at it, and will look again before it ends.
	Held Outcome = "held"
	// Duplicate: this very event has been answered before.
	Duplicate Outcome = "duplicate"
)

// Result is how it went.
type Result struct {
	Outcome Outcome
	Summary string
}
