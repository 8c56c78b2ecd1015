package token

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
)

func TestRecentAsksOnceInAMoment(t *testing.T) {
	t.Parallel()
	now := clock.NewFixed(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	r := recent[int]{clock: now}
	var asked atomic.Int32
	get := func(key string) (int, error) {
		return r.get(digest(key), func() (int, error) { return int(asked.Add(1)), nil })
	}
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if got, err := get("a"); err != nil || got != 1 {
				t.Errorf("%d, %v", got, err)
			}
		})
	}
	wait.Wait()
	if got, _ := get("b"); got != 2 {
		t.Errorf("another key is answered %d", got)
	}
	now.Advance(moment - time.Millisecond)
	if got, _ := get("a"); got != 1 {
		t.Errorf("within its moment it is asked anew: %d", got)
	}
	now.Advance(time.Millisecond)
	if got, _ := get("a"); got != 3 {
		t.Errorf("after its moment it is still believed: %d", got)
	}
}

func TestRecentKeepsNoFailure(t *testing.T) {
	t.Parallel()
	r := recent[int]{clock: clock.NewFixed(time.Unix(0, 0))}
	down := errors.New("down")
	if _, err := r.get(digest("a"), func() (int, error) { return 0, down }); !errors.Is(err, down) {
		t.Errorf("it says %v", err)
	}
	if got, err := r.get(digest("a"), func() (int, error) { return 7, nil }); err != nil || got != 7 {
		t.Errorf("%d, %v", got, err)
	}
}

func TestDigestKeepsPartsApart(t *testing.T) {
	t.Parallel()
	if digest("ab", "c") == digest("a", "bc") {
		t.Error("parts run into each other")
	}
}
