package meter

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/clock"
)

// table is Counters that can be away.
type table struct {
	mu      sync.Mutex
	numbers map[string]int64
	away    bool
	told    chan struct{}
}

func (c *table) Count(_ context.Context, _ time.Duration, by map[string]int64) error {
	c.mu.Lock()
	defer func() { c.mu.Unlock(); c.told <- struct{}{} }()
	if c.away {
		return errors.New("away")
	}
	for key, n := range by {
		c.numbers[key] += n
	}
	return nil
}

func (c *table) Numbers(_ context.Context, keys ...string) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]string, len(keys))
	for i, key := range keys {
		if n, ok := c.numbers[key]; ok {
			all[i] = strconv.FormatInt(n, 10)
		}
	}
	return all, nil
}

func (c *table) set(away bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away = away
}

func TestMinutesAreCountedAndForgottenOnesSaySo(t *testing.T) {
	t.Parallel()
	at := clock.NewFixed(time.Date(2026, 5, 1, 12, 0, 30, 0, time.UTC))
	numbers := &table{numbers: map[string]int64{}, told: make(chan struct{}, 10)}
	m := &Meter{Name: "tokens", Counters: numbers, Clock: at}
	one, other := uuid.New(), uuid.New()
	add := func(of uuid.UUID) { m.Add(of); <-numbers.told }
	add(one)
	add(other)
	at.Advance(time.Minute)
	numbers.set(true)
	add(one)
	at.Advance(time.Minute)
	numbers.set(false)
	add(one)
	at.Advance(time.Minute)
	for of, want := range map[uuid.UUID]string{uuid.Nil: "2 ? 1 0", one: "1 ? 1 0", other: "1 ? 0 0"} {
		counts, err := m.Last(t.Context(), of, at.Now(), 4)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, n := range counts {
			if n == nil {
				got += "? "
			} else {
				got += strconv.FormatInt(*n, 10) + " "
			}
		}
		if got != want+" " {
			t.Errorf("%s: %s, want %s", of, got, want)
		}
	}
}
