package clock_test

import (
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestTheSystemClockIsUTCAndNeverRunsBackwards(t *testing.T) {
	t.Parallel()
	c := clock.System()
	before := c.Now()
	after := c.Now()
	if before.Location() != time.UTC {
		t.Errorf("location is %v, want UTC", before.Location())
	}
	if after.Before(before) {
		t.Errorf("%v came after %v", after, before)
	}
}

func TestAFixedClockStandsUntilItIsMoved(t *testing.T) {
	t.Parallel()
	c := clock.NewFixed(noon)
	if got := c.Now(); !got.Equal(noon) {
		t.Errorf("stands at %v, want %v", got, noon)
	}
	if got, want := c.Advance(31*24*time.Hour), noon.AddDate(0, 0, 31); !got.Equal(want) || !c.Now().Equal(want) {
		t.Errorf("advanced to %v, want %v", got, want)
	}
	c.Set(noon)
	if got := c.Now(); !got.Equal(noon) {
		t.Errorf("set to %v, want %v", got, noon)
	}
	var zero clock.Fixed
	if !zero.Now().IsZero() {
		t.Error("the zero clock does not stand at the zero time")
	}
}

func TestAFixedClockCountsEveryConcurrentAdvance(t *testing.T) {
	t.Parallel()
	c := clock.NewFixed(noon)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			c.Advance(time.Second)
			c.Now()
		})
	}
	wg.Wait()
	if got, want := c.Now(), noon.Add(50*time.Second); !got.Equal(want) {
		t.Errorf("stands at %v, want %v", got, want)
	}
}
