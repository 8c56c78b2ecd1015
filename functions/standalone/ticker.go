package standalone

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/journal"
)

// pingSources begins the source of events that a PingSource sends.
const pingSources = "/apis/v1/namespaces/local/pingsources/"

// ticker does what PingSources do in a cluster.
type ticker struct {
	end     context.CancelFunc
	running sync.WaitGroup
}

// first is looked at before all others: a fresh system has no key yet, and what signs
// would fail for want of one until its next time.
const first = "keys.rotate"

// startTicker posts the event of each job of the catalogue at once, because the last
// run may have left work behind, and then at its times.
func startTicker(sink *url.URL, c clock.Clock) *ticker {
	ctx, end := context.WithCancel(context.Background())
	t := &ticker{end: end}
	// A tick that fails is not made up for: the next one finds the work.
	post := func(job string) {
		_ = events.Post(ctx, sink, events.New(events.TypePing, pingSources+job, job), c.Now())
	}
	t.running.Go(func() {
		post(first)
		for _, entry := range journal.Catalogue {
			t.running.Go(func() {
				tick := time.NewTicker(entry.Every)
				defer tick.Stop()
				if entry.Name != first {
					post(entry.Name)
				}
				for {
					select {
					case <-ctx.Done():
						return
					case <-tick.C:
						post(entry.Name)
					}
				}
			})
		}
	})
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
