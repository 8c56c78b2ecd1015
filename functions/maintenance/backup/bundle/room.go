package bundle

import (
	"fmt"
	"io"
)

// Limit is the most that a bundle may hold. It is put together in memory, because
// its name has its hash.
const Limit = 64 << 20

var errLarge = fmt.Errorf("bundle: more than %d MiB: look for a large ConfigMap or Secret in the namespace", Limit>>20)

// room is what is left of a bundle's size.
type room struct{ left int64 }

func (r *room) take(n int64) error {
	if r.left -= n; r.left < 0 {
		return errLarge
	}
	return nil
}

// measured reads no more than there is room for.
type measured struct {
	r    io.Reader
	room room
}

func (m *measured) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if full := m.room.take(int64(n)); full != nil {
		return 0, full
	}
	return n, err
}
