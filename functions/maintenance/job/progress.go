package job

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/problem"
)

// writeEvery is the least time between two records of a run's progress: what
// reports a thousand times a second is not to write that often.
const writeEvery = 2 * time.Second

// progressTime bounds one of them. It is written while the job waits.
const progressTime = time.Second

type progressKey struct{}

// Progress says that done of total parts of the work are done, in whatever parts
// the job counts. It may be called as often as one likes, and by several at
// once. Outside of a run it does nothing.
func Progress(ctx context.Context, done, total int64) {
	if p, ok := ctx.Value(progressKey{}).(*progress); ok && total > 0 {
		p.report(ctx, float64(min(max(done, 0), total))/float64(total))
	}
}

// progress is how far a run is.
type progress struct {
	runner *Runner
	job    string
	run    uuid.UUID

	mu sync.Mutex
	// share is of the work; written says that it has been recorded, at the time at.
	share   float64
	written bool
	at      time.Time
}

func (r *Runner) progress(ctx context.Context, job string, run uuid.UUID) (context.Context, *progress) {
	p := &progress{runner: r, job: job, run: run, written: true, at: r.Clock.Now()}
	return context.WithValue(ctx, progressKey{}, p), p
}

func (p *progress) report(ctx context.Context, share float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.share, p.written = share, false
	if p.runner.Watch != nil {
		p.runner.Watch(p.job, share)
	}
	if now := p.runner.Clock.Now(); now.Sub(p.at) >= writeEvery {
		p.at = now
		p.write(ctx)
	}
}

// close records what was last reported.
func (p *progress) close(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.written {
		p.write(ctx)
	}
}

// write records the share. A run does not fail because nobody can see how far it is.
func (p *progress) write(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, progressTime)
	defer cancel()
	if err := p.runner.Runs.Progress(bounded, p.run, p.share); err != nil {
		p.runner.Log.WarnContext(ctx, "job progress", "job", p.job, "error", problem.Redact(err.Error()))
		return
	}
	p.written = true
}
