package integration_test

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/shared/config"
)

// deliveries are the ways in which a job's events may come. Whichever it is, the
// work is done once.
var deliveries = map[string]func(b *bench){
	// The first event never arrives.
	"lost": func(b *bench) {
		b.post(b.instance(), b.event(), 0)
	},
	"doubled": func(b *bench) {
		sink, e := b.instance(), b.event()
		b.post(sink, e, 0)
		b.post(sink, e, 0)
	},
	"doubled under another id": func(b *bench) {
		sink := b.instance()
		b.post(sink, b.event(), 0)
		b.post(sink, b.event(), 0)
	},
	"reordered": func(b *bench) {
		sink := b.instance()
		older, younger := b.event(), b.event()
		b.post(sink, younger, 0)
		b.post(sink, older, time.Hour)
	},
	"to two at once": func(b *bench) {
		same := b.event()
		var posting sync.WaitGroup
		for range 2 {
			sink := b.instance()
			posting.Go(func() { b.post(sink, same, 0) })
			for range 3 {
				posting.Go(func() { b.post(sink, b.event(), 0) })
			}
		}
		posting.Wait()
	},
	"killed": func(b *bench) {
		h := b.duty.hold(b)
		b.startAndKill(h)
		if b.runs("finished_at IS NULL") == "0" {
			b.t.Error("no run has begun")
		}
		if b.done() {
			b.t.Error("it was killed after the work")
		}
		sink := b.instance()
		// The lease of the killed process still counts.
		b.post(sink, b.event(), 0)
		h.release()
		b.takeOver()
		b.post(sink, b.event(), 0)
	},
}

func TestEveryJobDoesItsWorkOnce(t *testing.T) {
	t.Parallel()
	for _, name := range jobNames(t) {
		d, ok := duties[name]
		if !ok {
			t.Errorf("%s has no entry in duties", name)
			continue
		}
		for how, deliver := range deliveries {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, name, d)
				deliver(b)
				b.once("after it")
				b.post(b.instance(), b.event(), 0)
				b.once("after another event")
			})
		}
	}
	for name := range duties {
		if !slices.Contains(jobNames(t), name) {
			t.Errorf("there is no job %s", name)
		}
	}
}

// jobNames are the jobs that the program has.
func jobNames(t *testing.T) (names []string) {
	t.Helper()
	var out, complaints bytes.Buffer
	if code := maintenance.Run(t.Context(), []string{"list"}, config.Map(nil), &out, &complaints); code != 0 {
		t.Fatal(complaints.String())
	}
	for line := range strings.Lines(out.String()) {
		names = append(names, strings.Fields(line)[0])
	}
	return names
}
