package outbox

import "time"

// A row is tried for about six hours: longer than a mail server or a sink is
// usually away, and not so long that what it says has lost its sense.
const (
	// MaxAttempts is after how many attempts a row is dead.
	MaxAttempts = 14
	firstWait   = 15 * time.Second
	longestWait = time.Hour
)

// Wait is the time between an attempt and the next: twice as long each time, of
// which chance, from 0 to 1, decides the second half: rows that failed together
// do not come back together.
func Wait(attempt int, chance float64) time.Duration {
	wait := longestWait
	if doublings := attempt - 1; doublings < 10 {
		wait = min(firstWait<<max(doublings, 0), longestWait)
	}
	return wait/2 + time.Duration(float64(wait/2)*chance)
}
