package cache

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
)

// raise raises each of KEYS and lets it live for ARGV[1] milliseconds.
var raise = redis.NewScript(`
for _, key in ipairs(KEYS) do
  redis.call('INCR', key)
  redis.call('PEXPIRE', key, ARGV[1])
end
return 0
`)

// Raise raises the numbers of keys. It is revoked.Numbers, and asks Redis even
// while it rests, for Delete's reason.
func (c *Cache) Raise(ctx context.Context, life time.Duration, keys ...string) error {
	return c.judge(raise.Run(ctx, c.client, named(keys), life.Milliseconds()).Err())
}

// begin returns the number of each of KEYS, and makes those that are not there out of
// ARGV[2], ARGV[3] and so on.
var begin = redis.NewScript(`
local numbers = {}
for i, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[i + 1], 'NX', 'PX', ARGV[1])
  numbers[i] = redis.call('GET', key)
end
return numbers
`)

// Begin returns the numbers of keys, in their order; one that is not there is made, at
// random, and lives for life.
func (c *Cache) Begin(ctx context.Context, life time.Duration, keys ...string) (numbers []string, err error) {
	args := []any{life.Milliseconds()}
	for range keys {
		// Far below where counting would end (2^63).
		args = append(args, rand.Int64N(1<<52))
	}
	err = c.ask(func() (err error) {
		numbers, err = begin.Run(ctx, c.client, named(keys), args...).StringSlice()
		return err
	})
	return numbers, err
}

// Numbers are those of keys, in their order; one that is not there is "".
func (c *Cache) Numbers(ctx context.Context, keys ...string) ([]string, error) {
	var values []any
	err := c.ask(func() (err error) {
		values, err = c.client.MGet(ctx, named(keys)...).Result()
		return err
	})
	if err != nil {
		return nil, err
	}
	numbers := make([]string, len(keys))
	for i, value := range values {
		numbers[i], _ = value.(string)
	}
	return numbers, nil
}

func named(keys []string) []string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = prefix + key
	}
	return names
}

// count adds ARGV[2], ARGV[3] and so on to the numbers of KEYS, and lets each live for
// ARGV[1] milliseconds.
var count = redis.NewScript(`
for i, key in ipairs(KEYS) do
  redis.call('INCRBY', key, ARGV[i + 1])
  redis.call('PEXPIRE', key, ARGV[1])
end
return 0
`)

// Count adds to the numbers of keys. It is meter.Counters.
func (c *Cache) Count(ctx context.Context, life time.Duration, by map[string]int64) error {
	keys, args := make([]string, 0, len(by)), []any{life.Milliseconds()}
	for key, n := range by {
		keys, args = append(keys, key), append(args, n)
	}
	return c.ask(func() error { return count.Run(ctx, c.client, named(keys), args...).Err() })
}
