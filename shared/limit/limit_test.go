package limit_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/limit"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// down is a Redis that does not answer, and keeps what it was asked.
type down struct {
	mu   sync.Mutex
	keys []string
}

func (d *down) Take(_ context.Context, key string, _ limit.Rate, _ time.Time) (time.Duration, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys = append(d.keys, key)
	return 0, errors.New("down")
}

func (d *down) Delete(context.Context, ...string) error { return errors.New("down") }

func (d *down) Get(_ context.Context, key string) ([]byte, bool, error) {
	d.keys = append(d.keys, key)
	return nil, false, errors.New("down")
}

func (d *down) Set(_ context.Context, key string, _ []byte, _ time.Duration) error {
	d.keys = append(d.keys, key)
	return errors.New("down")
}

func TestAloneIsStricterAndRefills(t *testing.T) {
	t.Parallel()
	now := clock.NewFixed(noon)
	l := limit.New(&down{}, now)
	rate := limit.Rate{Every: time.Minute, Burst: 8}
	take := func() time.Duration { return l.Take(t.Context(), rate, "password", "ada") }
	for i := range 2 {
		if wait := take(); wait != 0 {
			t.Fatalf("try %d: wait %v", i+1, wait)
		}
	}
	if wait := take(); wait != time.Minute {
		t.Errorf("the third try of two: wait %v", wait)
	}
	if wait := l.Take(t.Context(), rate, "password", "grace"); wait != 0 {
		t.Errorf("somebody else has to wait %v", wait)
	}
	now.Advance(time.Minute)
	if wait := take(); wait != 0 {
		t.Errorf("after the wait: %v", wait)
	}
	if wait := take(); wait != time.Minute {
		t.Errorf("and at once again: %v", wait)
	}
	l.Forget(t.Context(), "password", "ada")
	if wait := take(); wait != 0 {
		t.Errorf("forgiven, but wait %v", wait)
	}
}

func TestAloneWhoGoesOnWaitsLonger(t *testing.T) {
	t.Parallel()
	now := clock.NewFixed(noon)
	l := limit.New(&down{}, now)
	var longest time.Duration
	taken := 0
	for now.Now().Sub(noon) < 24*time.Hour {
		if wait := l.Take(t.Context(), limit.Guesses, "password", "ada"); wait > 0 {
			longest = max(longest, wait)
			now.Advance(wait)
			continue
		}
		taken++
	}
	if longest != time.Hour || taken > 32 {
		t.Errorf("%d in a day, and the longest wait was %v", taken, longest)
	}
}

func TestManyAtOnceGetNoMoreThanTheBurst(t *testing.T) {
	t.Parallel()
	l := limit.New(&down{}, clock.NewFixed(noon))
	var wg sync.WaitGroup
	var mu sync.Mutex
	allowed := 0
	for range 50 {
		wg.Go(func() {
			if l.Take(t.Context(), limit.Rate{Every: time.Hour, Burst: 12}, "x") == 0 {
				mu.Lock()
				defer mu.Unlock()
				allowed++
			}
		})
	}
	wg.Wait()
	if allowed != 3 {
		t.Errorf("%d of 50 were allowed", allowed)
	}
}

func TestKeysTellNothing(t *testing.T) {
	t.Parallel()
	d := &down{}
	l := limit.New(d, clock.NewFixed(noon))
	l.Take(t.Context(), limit.Rate{Every: time.Second, Burst: 1}, "password", "ada@example.org")
	l.Take(t.Context(), limit.Rate{Every: time.Second, Burst: 1}, "passwordada@example.org")
	if strings.Contains(d.keys[0], "ada") || d.keys[0] == d.keys[1] {
		t.Errorf("keys are %q", d.keys)
	}
}

func TestWithoutRedisNothingIsMarked(t *testing.T) {
	t.Parallel()
	d := &down{}
	l := limit.New(d, clock.NewFixed(noon))
	l.Mark(t.Context(), time.Hour, "known", "ada@example.org")
	if l.Marked(t.Context(), "known", "ada@example.org") {
		t.Error("it is")
	}
	if strings.Contains(d.keys[0], "ada") || d.keys[0] != d.keys[1] {
		t.Errorf("keys are %q", d.keys)
	}
}

func TestFloodOfKeysIsBounded(t *testing.T) {
	t.Parallel()
	l := limit.New(&down{}, clock.NewFixed(noon))
	rate := limit.Rate{Every: time.Hour, Burst: 1}
	for i := range 50000 {
		l.Take(t.Context(), rate, strconv.Itoa(i))
	}
	if wait := l.Take(t.Context(), rate, "49999"); wait == 0 {
		t.Error("the youngest keys are forgotten")
	}
	if wait := l.Take(t.Context(), rate, "0"); wait != 0 {
		t.Error("nothing is ever forgotten")
	}
}
