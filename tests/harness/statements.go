package harness

import (
	"encoding/binary"
	"io"
	"strings"
	"sync"
	"testing"
)

// Tap is a wire to PostgreSQL that counts the statements a client executes, as
// an observer of answer times would.
type Tap struct {
	*Wire
	mu    sync.Mutex
	count int
}

// NewTap makes a tap to target (host:port).
func NewTap(t testing.TB, target string) *Tap {
	t.Helper()
	tap := &Tap{}
	tap.Wire = newWire(t, target, func(said io.Reader) io.Reader {
		return io.TeeReader(said, &conversation{tap: tap, awaits: 4})
	})
	return tap
}

// Count returns how many statements were executed since the last call.
func (t *Tap) Count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.count
	t.count = 0
	return n
}

// conversation reads what a client says over one connection: PostgreSQL's
// frontend protocol 3.0, without TLS.
type conversation struct {
	tap     *Tap
	started bool
	// pending is the beginning of a message, and awaits how much of it is needed
	// before something is known.
	pending []byte
	awaits  int
}

const (
	requestTLS = 80877103
	requestGSS = 80877104
)

func (c *conversation) Write(said []byte) (int, error) {
	c.pending = append(c.pending, said...)
	for len(c.pending) >= c.awaits {
		head := 0
		if c.started {
			head = 1
		}
		if len(c.pending) < head+4 {
			c.awaits = head + 4
			continue
		}
		whole := head + int(binary.BigEndian.Uint32(c.pending[head:]))
		if len(c.pending) < whole {
			c.awaits = whole
			continue
		}
		c.message(c.pending[:whole])
		c.pending = append([]byte(nil), c.pending[whole:]...)
		c.awaits = 5
	}
	return len(said), nil
}

func (c *conversation) message(m []byte) {
	if !c.started {
		code := binary.BigEndian.Uint32(m[4:])
		c.started = code != requestTLS && code != requestGSS
		return
	}
	// Execute, or a simple query that is no sign of life of the pool.
	if m[0] == 'E' || m[0] == 'Q' && !strings.HasPrefix(string(m[5:]), "--") {
		c.tap.mu.Lock()
		defer c.tap.mu.Unlock()
		c.tap.count++
	}
}
