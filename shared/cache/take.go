package cache

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/authway/authway/shared/limit"
)

// take is one try against a rate's buckets, in one step on the server: two instances
// that ask at once must not both take the last place. KEYS[1] holds when each bucket
// will be full again, in microseconds; ARGV are now, and for each bucket the time for one
// refill and the burst. It returns how long to wait, or 0 after counting.
var take = redis.NewScript(`
local now, wait, last, held, kept = tonumber(ARGV[1]), 0, 0, {}, {}
for full in string.gmatch(redis.call('GET', KEYS[1]) or '', '%d+') do held[#held + 1] = tonumber(full) end
for i = 2, #ARGV, 2 do
  local every, burst = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local full = math.max(held[i / 2] or 0, now) + every
  wait = math.max(wait, full - now - burst * every)
  last = math.max(last, full)
  kept[i / 2] = string.format('%.0f', full)
end
if wait > 0 then return wait end
redis.call('SET', KEYS[1], table.concat(kept, ' '), 'PX', math.ceil((last - now) / 1000))
return 0
`)

// Take counts one more under key in each of the rate's bounds and returns 0; or counts
// nothing and returns how long to wait. It is limit.Counter.
func (c *Cache) Take(ctx context.Context, key string, rate limit.Rate, now time.Time) (time.Duration, error) {
	args := []any{now.UnixMicro()}
	for _, bound := range rate.Bounds() {
		args = append(args, bound.Every.Microseconds(), bound.Burst)
	}
	var wait int64
	err := c.ask(func() (err error) {
		wait, err = take.Run(ctx, c.client, []string{prefix + key}, args...).Int64()
		return err
	})
	return time.Duration(wait) * time.Microsecond, err
}
