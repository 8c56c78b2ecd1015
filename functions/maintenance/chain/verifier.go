package chain

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/tokens"
)

// VerifyJob holds the audit log against its seals.
const VerifyJob = "audit.verify"

const (
	verifyDeadline = 9 * time.Minute
	// verifyEvery is a day, less what an event may be early or late.
	verifyEvery = 20 * time.Hour
	// newest is how many signatures the job looks into: those of a week.
	newest = 2000
)

// Verifier holds the log against its seals and signatures once a day.
type Verifier struct {
	Chain  audit.Chain
	Notary *tokens.Notary
	Store  *store.Store
	Clock  clock.Clock
	Log    *slog.Logger
	// Since is the last time that the job succeeded, or the zero time.
	Since func(ctx context.Context) (time.Time, error)
}

// Job is audit.verify.
func (v Verifier) Job() job.Job {
	return job.Job{Name: VerifyJob, Deadline: verifyDeadline, Due: v.due, Do: v.do}
}

func (v Verifier) due(ctx context.Context, now time.Time) (bool, error) {
	last, err := v.Since(ctx)
	return err == nil && now.Sub(last) > verifyEvery, err
}

func (v Verifier) do(ctx context.Context) (string, error) {
	r, err := check(ctx, v.Chain, Heads{Store: v.Store, Prefix: Prefix, Notary: v.Notary, Newest: newest}, audit.Given{
		Now: v.Clock.Now(), Progress: func(done, total int64) { job.Progress(ctx, done, total) },
	})
	if err != nil {
		return "", err
	}
	for _, f := range r.Findings {
		v.Log.ErrorContext(ctx, "audit verify", "finding", f.What, "said", f.String())
	}
	job.Progress(ctx, 1, 1)
	return r.String(), r.Err()
}

var errUnsigned = errors.New("seals were signed, and the signatures cannot be looked at: AUDIT_SEAL_KEY (or a public key) or the storage is missing")

// check goes by the heads, if they can be verified.
func check(ctx context.Context, c audit.Chain, h Heads, g audit.Given) (*audit.Report, error) {
	if h.Store == nil || h.Notary == nil {
		// Where there were signatures once, to be without them is what somebody would want who
		// has changed the log.
		if signed, err := c.Signed(ctx, true); err != nil || signed > 0 {
			return nil, errors.Join(err, errUnsigned)
		}
		return c.Check(ctx, g)
	}
	all, err := h.All(ctx)
	if err != nil {
		return nil, err
	}
	g.Heads, g.Sign = all, true
	return c.Check(ctx, g)
}
