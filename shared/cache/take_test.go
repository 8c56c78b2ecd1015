package cache

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/shared/limit"
)

func TestTake(t *testing.T) {
	t.Parallel()
	server, c, _ := start(t)
	now, rate := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), limit.Rate{Every: time.Minute, Burst: 3}
	for i, want := range []time.Duration{0, 0, 0, time.Minute, time.Minute} {
		wait, err := c.Take(t.Context(), "k", rate, now)
		if err != nil || wait != want {
			t.Errorf("try %d: wait %v, want %v, %v", i+1, wait, want, err)
		}
	}
	if wait, err := c.Take(t.Context(), "k", rate, now.Add(59*time.Second)); err != nil || wait != time.Second {
		t.Errorf("a second too early: %v, %v", wait, err)
	}
	if wait, err := c.Take(t.Context(), "k", rate, now.Add(time.Minute)); err != nil || wait != 0 {
		t.Errorf("after the wait: %v, %v", wait, err)
	}
	if ttl := server.TTL(prefix + "k"); ttl <= 0 || ttl > 3*time.Minute {
		t.Errorf("the bucket is kept for %v", ttl)
	}
}

func TestEveryBoundOfARateHolds(t *testing.T) {
	t.Parallel()
	server, c, _ := start(t)
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	rate := limit.Rate{Every: time.Second, Burst: 2, Then: []limit.Rate{{Every: time.Hour, Burst: 3}}}
	for i, step := range []struct{ pass, wait time.Duration }{
		{0, 0}, {0, 0}, {0, time.Second},
		// What was refused has not been counted by the other bound either.
		{time.Second, 0}, {time.Minute, time.Hour - 61*time.Second}, {time.Hour - 61*time.Second, 0}, {time.Second, time.Hour - time.Second},
	} {
		now = now.Add(step.pass)
		server.FastForward(step.pass)
		if wait, err := c.Take(t.Context(), "k", rate, now); err != nil || wait != step.wait {
			t.Errorf("try %d: wait %v, want %v, %v", i+1, wait, step.wait, err)
		}
	}
	if ttl := server.TTL(prefix + "k"); ttl <= 2*time.Hour || ttl > 3*time.Hour {
		t.Errorf("the buckets are kept for %v", ttl)
	}
}

// An earlier version knew one bound of a rate, and wrote a single number.
func TestSingleNumberIsTheFirstBoundsBucket(t *testing.T) {
	t.Parallel()
	server, c, _ := start(t)
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	// Both tries of the first bound have just been made.
	if err := server.Set(prefix+"k", strconv.FormatInt(now.Add(2*time.Second).UnixMicro(), 10)); err != nil {
		t.Fatal(err)
	}
	rate := limit.Rate{Every: time.Second, Burst: 2, Then: []limit.Rate{{Every: time.Hour, Burst: 3}, {Every: 24 * time.Hour, Burst: 4}}}
	for i, step := range []struct{ pass, wait time.Duration }{
		{0, time.Second}, {time.Second, 0}, {time.Second, 0}, {time.Second, 0},
		{time.Second, time.Hour - 3*time.Second}, {time.Hour - 3*time.Second, 0},
		{time.Hour, 22 * time.Hour},
	} {
		now = now.Add(step.pass)
		if wait, err := c.Take(t.Context(), "k", rate, now); err != nil || wait != step.wait {
			t.Errorf("try %d: wait %v, want %v, %v", i+1, wait, step.wait, err)
		}
	}
}

func TestTakeAtOnceByMany(t *testing.T) {
	t.Parallel()
	_, c, _ := start(t)
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			wait, err := c.Take(t.Context(), "k", limit.Rate{Every: time.Hour, Burst: 5}, now)
			if err != nil {
				t.Errorf("take: %v", err)
			}
			if wait == 0 && err == nil {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 5 {
		t.Errorf("%d of 50 were allowed", allowed.Load())
	}
}
