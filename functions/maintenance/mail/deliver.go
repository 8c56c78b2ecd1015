package mail

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/tenant"
)

const (
	// batch is how many rows are claimed at a time: few, so that they are sent
	// well inside their claim.
	batch = 5
	// claimTime is when a row whose process was killed is taken up by another. It
	// covers a batch at a mail server that uses up every time limit.
	claimTime = 3 * time.Minute
	// budget is how long a run goes on taking rows.
	budget = 45 * time.Second
	// deadline covers the budget and the last batch.
	deadline = 4 * time.Minute
	// settling bounds the mark of a row, which is made even when the run's time is over.
	settling = 5 * time.Second
)

// Deliverer sends what the outbox holds.
type Deliverer struct {
	Outbox outbox.Store
	Sender Sender
	// Tenants say how a letter looks.
	Tenants tenant.Store
	Public  *url.URL
	Clock   clock.Clock
	// Chance gives numbers from 0 to 1: rows that failed together do not come
	// back together.
	Chance func() float64

	rows *prometheus.CounterVec
}

// outcomes of rows.
const (
	delivered = "delivered"
	putOff    = "put_off"
	givenUp   = "given_up"
)

// Register adds the deliverer's series to registry.
func (d *Deliverer) Register(registry prometheus.Registerer) {
	d.rows = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "authway_outbox_rows_total",
		Help: "Rows of the outbox that were tried, by what became of them.",
	}, []string{"outcome"})
	registry.MustRegister(d.rows)
}

// Job is the deliverer as a job.
func (d *Deliverer) Job() job.Job {
	return job.Job{
		Name: outbox.Job, Deadline: deadline,
		Due: func(ctx context.Context, _ time.Time) (bool, error) { return d.Outbox.Due(ctx) },
		Do:  d.do,
	}
}

// tally counts one run.
type tally map[string]int

func (t tally) String() string {
	return fmt.Sprintf("%d delivered, %d put off, %d given up", t[delivered], t[putOff], t[givenUp])
}

// do sends until nothing is due. A mail that could not be sent is no failure of
// the run: the row knows when it is its turn again, and an event that was
// refused for it would only come back too early.
func (d *Deliverer) do(ctx context.Context) (string, error) {
	counts := tally{}
	began := d.Clock.Now()
	for ctx.Err() == nil && d.Clock.Now().Sub(began) < budget {
		claimed, err := d.Outbox.Claim(ctx, batch, claimTime)
		if err != nil {
			return counts.String(), err
		}
		if len(claimed) == 0 {
			break
		}
		reachable, err := d.send(ctx, claimed, counts)
		if err != nil || !reachable {
			return counts.String(), err
		}
	}
	return counts.String(), nil
}

// send sends a batch over one connection, or over as many as the server wants.
func (d *Deliverer) send(ctx context.Context, claimed []outbox.Claimed, counts tally) (reachable bool, err error) {
	line := &line{sender: d.Sender}
	defer line.hangUp()
	reachable = true
	var failures []error
	for _, row := range claimed {
		if !reachable || ctx.Err() != nil || d.Clock.Now().Add(2*d.Sender.Server.timeout).After(row.Until) {
			failures = append(failures, d.settle(ctx, func(ctx context.Context) error { return d.Outbox.HandBack(ctx, row) }))
			continue
		}
		failure := d.one(ctx, line, row)
		if said, ok := errors.AsType[*SendError](failure); ok && said.Failure == Unreachable {
			reachable = false
		}
		failures = append(failures, d.mark(ctx, row, failure, counts))
	}
	return reachable, errors.Join(failures...)
}

func (d *Deliverer) one(ctx context.Context, line *line, row outbox.Claimed) error {
	if row.Unreadable != nil {
		return row.Unreadable
	}
	look, err := d.Tenants.Brand(ctx, row.TenantID)
	if err != nil {
		return err
	}
	letter, err := Compose(d.Public, look, row.Mail)
	if err != nil {
		return err
	}
	return line.send(ctx, letter, Letterhead{To: row.Mail.To, ID: row.ID.String(), Date: row.CreatedAt})
}

// mark writes down what became of a row.
func (d *Deliverer) mark(ctx context.Context, row outbox.Claimed, failure error, counts tally) error {
	outcome := d.judge(row, failure)
	counts[outcome]++
	if d.rows != nil {
		d.rows.WithLabelValues(outcome).Inc()
	}
	return d.settle(ctx, func(ctx context.Context) error {
		switch outcome {
		case delivered:
			return d.Outbox.Delivered(ctx, row)
		case putOff:
			return d.Outbox.PutOff(ctx, row, d.Clock.Now().Add(outbox.Wait(row.Attempt, d.Chance())), failure.Error())
		}
		return d.Outbox.GiveUp(ctx, row, failure.Error())
	})
}

func (d *Deliverer) judge(row outbox.Claimed, failure error) string {
	if failure == nil {
		return delivered
	}
	said, aboutSending := errors.AsType[*SendError](failure)
	switch {
	case errors.Is(failure, ErrTemplate), errors.Is(failure, ErrLink), aboutSending && said.Failure == Refused,
		row.Attempt >= outbox.MaxAttempts:
		return givenUp
	}
	// A row that no key opens waits as well: the key may be missing by mistake.
	return putOff
}

// settle outlives the run: what was sent must not be sent again because the
// run's time was over.
func (d *Deliverer) settle(ctx context.Context, mark func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settling)
	defer cancel()
	return mark(ctx)
}

// line is a connection that is made when it is needed and again after a failure.
type line struct {
	sender Sender
	open   *Connection
}

func (l *line) send(ctx context.Context, letter Letter, h Letterhead) error {
	if l.open == nil {
		opened, err := l.sender.Open(ctx)
		if err != nil {
			return err
		}
		l.open = opened
	}
	err := l.open.Send(letter, h)
	if err != nil {
		// Where the server stands after a failure is not worth guessing.
		l.hangUp()
	}
	return err
}

func (l *line) hangUp() {
	if l.open != nil {
		l.open.Close()
		l.open = nil
	}
}
