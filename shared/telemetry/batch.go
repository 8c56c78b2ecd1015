package telemetry

import (
	"context"
	"sync"
	"time"
)

// Bounds of what is sent to a collector. What is beyond them is dropped: no request
// waits for one.
const (
	maxSpans  = 2048
	batch     = 256
	batchWait = time.Second
	sendWait  = 5 * time.Second
	lastWait  = 2 * time.Second
)

// batcher gathers spans and sends them, one batch after another. It begins with the
// first span, and not with the process.
type batcher struct {
	sender   *sender
	spans    chan *span
	begin    sync.Once
	end      sync.Once
	stopping chan struct{}
	stopped  chan struct{}
	// sending ends when there is no more time to send.
	sending context.Context
	give    context.CancelFunc
}

func newBatcher(s *sender) *batcher {
	b := &batcher{sender: s, spans: make(chan *span, maxSpans), stopping: make(chan struct{}), stopped: make(chan struct{})}
	b.sending, b.give = context.WithCancel(context.Background())
	return b
}

// add keeps a span to be sent, if there is room.
func (b *batcher) add(s *span) {
	b.begin.Do(func() { go b.run() })
	select {
	case b.spans <- s:
	default:
	}
}

// stop sends what there is, until ctx ends or lastWait is over. What is lost then is
// lost.
func (b *batcher) stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastWait)
	defer cancel()
	// Where nothing has begun there is nothing to end.
	b.begin.Do(func() { close(b.stopped) })
	b.end.Do(func() { close(b.stopping) })
	select {
	case <-b.stopped:
	case <-ctx.Done():
	}
	b.give()
}

func (b *batcher) run() {
	defer close(b.stopped)
	defer b.sender.client.CloseIdleConnections()
	tick := time.NewTicker(batchWait)
	defer tick.Stop()
	var waiting []*span
	send := func() {
		if len(waiting) > 0 {
			b.sender.send(b.sending, waiting)
			waiting = nil
		}
	}
	for {
		select {
		case s := <-b.spans:
			if waiting = append(waiting, s); len(waiting) == batch {
				send()
			}
		case <-tick.C:
			send()
		case <-b.stopping:
			// Nobody else takes any out.
			for len(b.spans) > 0 && b.sending.Err() == nil {
				if waiting = append(waiting, <-b.spans); len(waiting) == batch {
					send()
				}
			}
			send()
			return
		}
	}
}
