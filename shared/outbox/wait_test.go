package outbox

import (
	"testing"
	"time"
)

func TestWaitGrowsAndIsBounded(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{1: firstWait, 2: 2 * firstWait, 5: 16 * firstWait, 9: longestWait, MaxAttempts: longestWait, 1000: longestWait, 0: firstWait} {
		if least, most := Wait(attempt, 0), Wait(attempt, 1); least != want/2 || most != want {
			t.Errorf("attempt %d: from %s to %s, want up to %s", attempt, least, most, want)
		}
	}
	var all time.Duration
	for attempt := range MaxAttempts {
		all += Wait(attempt+1, 0)
	}
	if all < 2*time.Hour {
		t.Errorf("a row is given up after %s", all)
	}
}
