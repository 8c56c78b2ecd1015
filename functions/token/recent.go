package token

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/authway/authway/shared/clock"
)

// moment is how long one process believes what it has just been told. A verdict
// rests on a meaning, so that two of them are the longest: a revocation is seen by
// everybody within a second.
const moment = 450 * time.Millisecond

// recent remembers answers for a moment. Reading takes no lock. All of it is
// forgotten at once when its moment is over, so that it needs no cleaning and
// holds no more than what a process can find out in that time.
type recent[T any] struct {
	clock clock.Clock
	page  atomic.Pointer[page]
}

// page is one moment. Who comes after it does not join those who ask in it.
type page struct {
	until   time.Time
	answers sync.Map
	flights singleflight.Group
}

// digest names a secret without holding it.
func digest(parts ...string) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// get returns the answer for key, from ask when nobody has asked in this moment. Of
// those who ask at once, one does it for all.
func (r *recent[T]) get(key [sha256.Size]byte, ask func() (T, error)) (T, error) {
	now := r.clock.Now()
	current := r.page.Load()
	if current == nil || !now.Before(current.until) {
		fresh := &page{until: now.Add(moment)}
		if !r.page.CompareAndSwap(current, fresh) {
			fresh = r.page.Load()
		}
		current = fresh
	}
	if found, ok := current.answers.Load(key); ok {
		return found.(T), nil
	}
	found, err, _ := current.flights.Do(string(key[:]), func() (any, error) {
		answer, err := ask()
		if err == nil {
			current.answers.Store(key, answer)
		}
		return answer, err
	})
	if err != nil {
		var none T
		return none, err
	}
	return found.(T), nil
}
