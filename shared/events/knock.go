package events

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/authway/authway/shared/clock"
)

// knockTimeout covers maintenance's start from zero and the work itself, which
// is answered at its end.
const knockTimeout = 30 * time.Second

// Source says that an event comes from one of our functions.
const Source = "/authway"

// Knocker tells maintenance that there is work. It is safe for concurrent use.
type Knocker struct {
	sink *url.URL

	mu   sync.Mutex
	jobs map[string]*knocking
}

// knocking is one knock under way.
type knocking struct {
	// again: somebody has knocked since it was sent, and its answer may not
	// speak of what they left.
	again bool
}

// NewKnocker makes a Knocker for sink, the address of maintenance's events or
// of a Broker. Without one it does nothing, and the timers have to do.
func NewKnocker(sink *url.URL) *Knocker {
	return &Knocker{sink: sink, jobs: map[string]*knocking{}}
}

// Knock asks for a job to look for work. It returns at once and reports
// nothing: what is lost is found at the job's next time. For each job one knock
// is under way, and at most one more follows it, however often it is called.
func (k *Knocker) Knock(job string) {
	if k == nil || k.sink == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if under := k.jobs[job]; under != nil {
		under.again = true
		return
	}
	k.jobs[job] = &knocking{}
	go k.send(job)
}

func (k *Knocker) send(job string) {
	for {
		// Not a request's context: the request that left the work ends before it is done.
		ctx, cancel := context.WithTimeout(context.Background(), knockTimeout)
		_ = Post(ctx, k.sink, New(TypeKnock, Source, job), clock.System().Now())
		cancel()
		if !k.goesOn(job) {
			return
		}
	}
}

func (k *Knocker) goesOn(job string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if under := k.jobs[job]; under.again {
		under.again = false
		return true
	}
	delete(k.jobs, job)
	return false
}
