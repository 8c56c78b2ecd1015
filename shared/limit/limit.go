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

// Rate is how often: Burst times at once, then once for every Every.
type Rate struct {
	Every time.Duration
	Burst int
}

// Counter counts and remembers for all instances. Take counts one more under key and returns
// 0, or counts nothing and returns how long to wait for it.
type Counter interface {
	Take(ctx context.Context, key string, every time.Duration, burst int, now time.Time) (time.Duration, error)
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
	young, old map[string]time.Time
}

// New makes a Limiter on a shared counter.
func New(counter Counter, c clock.Clock) *Limiter {
	return &Limiter{counter: counter, clock: c, young: map[string]time.Time{}}
}

// Take counts one more try of what the words name ("password", tenant, account)
// and returns 0, or how long to wait before the next one is allowed.
func (l *Limiter) Take(ctx context.Context, rate Rate, words ...string) time.Duration {
	name, now := key(words), l.clock.Now()
	wait, err := l.counter.Take(ctx, name, rate.Every, rate.Burst, now)
	if err == nil {
		return wait
	}
	return l.alone(name, Rate{Every: rate.Every, Burst: max(1, rate.Burst/strictness)}, now)
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

func (l *Limiter) alone(name string, rate Rate, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	full, known := l.young[name]
	if !known {
		full = l.old[name]
	}
	next, wait := step(full, rate, now)
	if wait > 0 {
		return wait
	}
	if len(l.young) >= maxKeys/2 {
		l.young, l.old = map[string]time.Time{}, l.young
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
	if wait := next.Sub(now) - time.Duration(rate.Burst)*rate.Every; wait > 0 {
		return full, wait
	}
	return next, 0
}

func markKey(words []string) string { return "mark:" + key(words) }

func key(words []string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return "limit:" + base64.RawURLEncoding.EncodeToString(sum[:])
}
