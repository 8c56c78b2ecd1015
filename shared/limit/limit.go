package limit

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/authway/authway/shared/clock"
)

// Rate is how often: Burst times at once, then once for every Every. Then are slower
// bounds, each with a larger burst, that hold as well: whoever goes on waits longer.
type Rate struct {
	Every time.Duration
	Burst int
	Then  []Rate
}

// Bounds are the rate itself and those that hold with it.
func (r Rate) Bounds() []Rate { return append([]Rate{r}, r.Then...) }

// Guesses is how often a secret that a person has chosen may be tried until the right one
// takes the count back (Forget): ten times at once, then with a wait that grows from a
// minute over ten minutes to an hour. People who mistype hardly meet the second; a
// program has 54 tries on its first day and 24 on each that follows.
var Guesses = Rate{Every: time.Minute, Burst: 10, Then: []Rate{{Every: 10 * time.Minute, Burst: 20}, {Every: time.Hour, Burst: 30}}}

// Counter counts and remembers for all instances. Take counts one more under key in each
// of the rate's bounds and returns 0, or counts nothing and returns how long to wait.
type Counter interface {
	Take(ctx context.Context, key string, rate Rate, now time.Time) (time.Duration, error)
	Delete(ctx context.Context, keys ...string) error
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
	Set(ctx context.Context, key string, value []byte, life time.Duration) error
}

// strictness divides the burst when each instance counts alone.
const strictness = 4

// maxKeys bounds the memory of an instance that counts alone. Beyond it the
// older half is forgotten, which is the smaller evil: it forgives some, and
// takes a flood of different keys to bring about.
const maxKeys = 20000

// Limiter says yes or no. It is safe for concurrent use.
type Limiter struct {
	counter Counter
	clock   clock.Clock

	mu         sync.Mutex
	young, old map[string]buckets
}

// buckets are when each of a rate's buckets will be full again.
type buckets []time.Time

// New makes a Limiter on a shared counter.
func New(counter Counter, c clock.Clock) *Limiter {
	return &Limiter{counter: counter, clock: c, young: map[string]buckets{}}
}

// Take counts one more try of what the words name ("password", tenant, account)
// and returns 0, or how long to wait before the next one is allowed.
func (l *Limiter) Take(ctx context.Context, rate Rate, words ...string) time.Duration {
	name, now := key(words), l.clock.Now()
	wait, err := l.counter.Take(ctx, name, rate, now)
	if err == nil {
		return wait
	}
	return l.alone(name, rate.Bounds(), now)
}

// Forget forgives what has been counted: the right password was given.
func (l *Limiter) Forget(ctx context.Context, words ...string) {
	name := key(words)
	l.mu.Lock()
	delete(l.young, name)
	delete(l.old, name)
	l.mu.Unlock()
	_ = l.counter.Delete(ctx, name) // lost: the bucket refills by itself
}

// Mark remembers for a while what the words name. It may be forgotten earlier.
func (l *Limiter) Mark(ctx context.Context, life time.Duration, words ...string) {
	_ = l.counter.Set(ctx, markKey(words), []byte{1}, life) // lost: as if it had been forgotten
}

// Marked reports whether what the words name was marked and is remembered.
// Without Redis nothing is: a mark may make something easier or harder, but
// nothing may rest on it alone.
func (l *Limiter) Marked(ctx context.Context, words ...string) bool {
	_, found, err := l.counter.Get(ctx, markKey(words))
	return found && err == nil
}

func (l *Limiter) alone(name string, rates []Rate, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	full, known := l.young[name]
	if !known {
		full = l.old[name]
	}
	next, longest := make(buckets, len(rates)), time.Duration(0)
	for i, rate := range rates {
		before := now
		if i < len(full) {
			before = full[i]
		}
		var wait time.Duration
		next[i], wait = step(before, Rate{Every: rate.Every, Burst: max(1, rate.Burst/strictness)}, now)
		longest = max(longest, wait)
	}
	if longest > 0 {
		return longest
	}
	if len(l.young) >= maxKeys/2 {
		l.young, l.old = map[string]buckets{}, l.young
	}
	l.young[name] = next
	return 0
}

// step is the algorithm: full is when the bucket will be full again (the
// theoretical arrival time), and moves on by one Every for each try.
func step(full time.Time, rate Rate, now time.Time) (next time.Time, wait time.Duration) {
	if full.Before(now) {
		full = now
	}
	next = full.Add(rate.Every)
	return next, max(0, next.Sub(now)-time.Duration(rate.Burst)*rate.Every)
}

func markKey(words []string) string { return "mark:" + key(words) }

func key(words []string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return "limit:" + base64.RawURLEncoding.EncodeToString(sum[:])
}
