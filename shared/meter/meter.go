// Package meter counts what happens, minute by minute, for whoever looks at the last
// hour. It never slows what it counts: numbers are gathered while others are on their
// way, and what cannot be told is forgotten. A minute of which something was forgotten
// has no number, which is not zero.
package meter

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/clock"
)

// Tokens are counted by the token hook.
const Tokens = "tokens"

const (
	// life is how long a minute's number is kept.
	life = 2 * time.Hour
	// patience bounds one telling.
	patience = time.Second
	// minutes of which something was forgotten, as many as are told of later.
	mostForgotten = 60
	names         = "meter:"
)

// Counters are numbers that all processes share.
type Counters interface {
	// Count adds to the numbers of keys, and lets each live for life.
	Count(ctx context.Context, life time.Duration, by map[string]int64) error
	// Numbers are those of keys, in their order; one that is not there is "".
	Numbers(ctx context.Context, keys ...string) ([]string, error)
}

// Meter counts one kind of thing. It is safe for concurrent use.
type Meter struct {
	// Name is what is counted.
	Name     string
	Counters Counters
	Clock    clock.Clock

	mu        sync.Mutex
	waiting   map[string]int64
	forgotten map[int64]bool
	telling   bool
}

// Add counts one of a tenant's.
func (m *Meter) Add(tenantID uuid.UUID) {
	minute := minuteOf(m.Clock.Now())
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting == nil {
		m.waiting, m.forgotten = map[string]int64{}, map[int64]bool{}
	}
	m.waiting[m.key(tenantID.String(), minute)]++
	m.waiting[m.key("all", minute)]++
	if !m.telling {
		m.telling = true
		go m.tell()
	}
}

func (m *Meter) tell() {
	for {
		by, minutes := m.take()
		if by == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err := m.Counters.Count(ctx, life, by)
		cancel()
		if err != nil {
			m.forget(minutes)
		}
	}
}

// take are the numbers to be told now, or nil when there are none. minutes are those
// that they are of.
func (m *Meter) take() (by map[string]int64, minutes map[int64]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waiting) == 0 {
		m.telling = false
		return nil, nil
	}
	by, minutes = m.waiting, m.forgotten
	for minute := range minutes {
		by[m.key("forgotten", minute)]++
	}
	minutes[minuteOf(m.Clock.Now())] = true
	m.waiting, m.forgotten = map[string]int64{}, map[int64]bool{}
	return by, minutes
}

func (m *Meter) forget(minutes map[int64]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for minute := range minutes {
		if len(m.forgotten) < mostForgotten {
			m.forgotten[minute] = true
		}
	}
}

// Last are the numbers of the last minutes, the one of now at the end: a tenant's, or
// with uuid.Nil those of all. nil is a number that is not known.
func (m *Meter) Last(ctx context.Context, tenantID uuid.UUID, now time.Time, minutes int) ([]*int64, error) {
	of := "all"
	if tenantID != uuid.Nil {
		of = tenantID.String()
	}
	first := minuteOf(now) - int64(minutes) + 1
	keys := make([]string, 0, 2*minutes)
	for _, what := range []string{of, "forgotten"} {
		for i := range minutes {
			keys = append(keys, m.key(what, first+int64(i)))
		}
	}
	numbers, err := m.Counters.Numbers(ctx, keys...)
	if err != nil {
		return nil, err
	}
	counts := make([]*int64, minutes)
	for i := range counts {
		if numbers[minutes+i] != "" {
			continue
		}
		// One that is not there has not been raised.
		n, _ := strconv.ParseInt(numbers[i], 10, 64)
		counts[i] = &n
	}
	return counts, nil
}

func (m *Meter) key(of string, minute int64) string {
	return names + m.Name + ":" + of + ":" + strconv.FormatInt(minute, 10)
}

func minuteOf(at time.Time) int64 { return at.Unix() / 60 }
