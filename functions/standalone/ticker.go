package standalone

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/maintenance/breaches"
	"github.com/authway/authway/functions/maintenance/clean"
	"github.com/authway/authway/functions/maintenance/drill"
	"github.com/authway/authway/functions/maintenance/health"
	"github.com/authway/authway/functions/maintenance/keys"
	"github.com/authway/authway/functions/maintenance/publish"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/outbox"
)

// schedule is what PingSources are for in a cluster: which job is told to look,
// and how often.
var schedule = []struct {
	job   string
	every time.Duration
}{
	{outbox.Job, 10 * time.Second},
	{publish.Job, 10 * time.Second},
	// At the first start there is no list of breached passwords yet.
	{breaches.Job, time.Hour},
	{clean.SessionsJob, 10 * time.Minute},
	{clean.HydraJob, time.Hour},
	{clean.AccountsJob, time.Hour},
	{clean.AuditJob, time.Hour},
	{clean.VacuumJob, time.Hour},
	{health.Job, time.Minute},
	// At the first start there is no key to sign with yet.
	{keys.RotateJob, time.Hour},
	{keys.ReencryptJob, time.Hour},
	// At the first start there is no backup yet.
	{backup.FullJob, time.Hour},
	{backup.IncrementalJob, 5 * time.Minute},
	{backup.ConfigJob, time.Hour},
	{backup.PruneJob, time.Hour},
	{backup.VerifyJob, time.Hour},
	{drill.Job, time.Hour},
}

// pingSources begins the source of events that a PingSource sends.
const pingSources = "/apis/v1/namespaces/local/pingsources/"

// ticker posts the events of the schedule.
type ticker struct {
	end     context.CancelFunc
	running sync.WaitGroup
}

// startTicker posts each job's event at once, because the last run may have
// left work behind, and then at its times.
func startTicker(sink *url.URL, c clock.Clock) *ticker {
	ctx, end := context.WithCancel(context.Background())
	t := &ticker{end: end}
	for _, entry := range schedule {
		t.running.Go(func() {
			tick := time.NewTicker(entry.every)
			defer tick.Stop()
			for {
				// A tick that fails is not made up for: the next one finds the work.
				_ = events.Post(ctx, sink, events.New(events.TypePing, pingSources+entry.job, entry.job), c.Now())
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
	}
	return t
}

// stop ends the ticker. An event under way is cut off; its run goes on until
// maintenance stops.
func (t *ticker) stop() {
	if t == nil {
		return
	}
	t.end()
	t.running.Wait()
}
