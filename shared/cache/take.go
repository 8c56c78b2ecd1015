package cache

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// take is one try against a bucket, in one step on the server: two instances
// that ask at once must not both take the last place. KEYS[1] holds when the
// bucket will be full again, in microseconds; ARGV are now, the time for one
// refill, and the burst. It returns how long to wait, or 0 after counting.
var take = redis.NewScript(`
local now, every, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
if full < now then full = now end
local nextFull = full + every
local wait = nextFull - now - burst * every
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', nextFull), 'PX', math.ceil((nextFull - now) / 1000))
return 0
`)

// Take counts one more under key in a bucket that holds burst and refills once
// for every every, and returns 0; or counts nothing and returns how long to
// wait. It is limit.Counter.
func (c *Cache) Take(ctx context.Context, key string, every time.Duration, burst int, now time.Time) (time.Duration, error) {
	var wait int64
	err := c.ask(func() (err error) {
		wait, err = take.Run(ctx, c.client, []string{prefix + key}, now.UnixMicro(), every.Microseconds(), burst).Int64()
		return err
	})
	return time.Duration(wait) * time.Microsecond, err
}
