package cache

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/authway/authway/shared/clock"
)

const (
	prefix       = "authway:"
	dialTimeout  = 500 * time.Millisecond
	replyTimeout = 250 * time.Millisecond
	rest         = time.Second
	// One retry replaces a connection that a restart of Redis or an idle timeout on the way had closed.
	// More would only lengthen the wait for a server that is down.
	retries = 1
	// Pipelines are not used; their pool of large buffers is not wanted.
	noPipelines = -1
)

// ErrResting is returned without asking Redis, shortly after Redis did not answer.
var ErrResting = errors.New("redis did not answer a moment ago and is left alone")

// Cache is a connection pool to Redis.
type Cache struct {
	client *redis.Client
	clock  clock.Clock
	// Unix nanoseconds until which Redis is left alone.
	until atomic.Int64
}

// The driver reports every failed dial on standard error in a format of its own. Errors come back to the
// caller anyway.
var silence = sync.OnceFunc(logging.Disable)

// Open prepares a pool for the server at address (redis:// or, with TLS, rediss://). password, if not empty,
// replaces the one in the address. With a master_name in its query, the address is that of Sentinels, its
// password theirs, further ones in addr, and the pool is for the server that they name, whose password is
// password. It does not connect: a function has to answer its probes before Redis does.
func Open(address, password string) (*Cache, error) {
	return open(address, password, clock.System())
}

func open(address, password string, c clock.Clock) (*Cache, error) {
	silence()
	client, err := connect(address, password)
	if err != nil {
		// The driver's error is dropped: it quotes the address, password included.
		return nil, errors.New("REDIS_URL is not an address such as redis://localhost:6379/0")
	}
	return &Cache{client: client, clock: c}, nil
}

func connect(address, password string) (*redis.Client, error) {
	if u, err := url.Parse(address); err == nil && u.Query().Has("master_name") {
		return connectBySentinel(address, password)
	}
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, err
	}
	if password != "" {
		o.Password = password
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = dialTimeout, replyTimeout, replyTimeout, replyTimeout
	o.ContextTimeoutEnabled = true
	o.MaxRetries, o.DialerRetries = retries, retries
	// Each would add a round trip to a new connection.
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.PipelinePoolSize = noPipelines
	return redis.NewClient(o), nil
}

func connectBySentinel(address, password string) (*redis.Client, error) {
	o, err := redis.ParseFailoverURL(address)
	if err != nil {
		return nil, err
	}
	if password != "" {
		o.Password = password
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = dialTimeout, replyTimeout, replyTimeout, replyTimeout
	o.ContextTimeoutEnabled = true
	o.MaxRetries, o.DialerRetries = retries, retries
	o.DisableIdentity = true
	o.PipelinePoolSize = noPipelines
	return redis.NewFailoverClient(o), nil
}

// Get returns the value of key and whether there is one.
func (c *Cache) Get(ctx context.Context, key string) ([]byte, bool, error) {
	var value []byte
	err := c.ask(func() (err error) {
		value, err = c.client.Get(ctx, prefix+key).Bytes()
		return err
	})
	switch {
	case errors.Is(err, redis.Nil):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	return value, true, nil
}

// Set stores value under key for ttl, which has to be at least a millisecond.
func (c *Cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if ttl < time.Millisecond {
		return errors.New("cache: an entry has to expire after a millisecond or more")
	}
	return c.ask(func() error { return c.client.Set(ctx, prefix+key, value, ttl).Err() })
}

// Delete removes keys. That some are not there is no error. It asks Redis even while it rests: an entry that
// outlives what it stands for is the one way a cache can be wrong.
func (c *Cache) Delete(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = prefix + key
	}
	return c.judge(c.client.Del(ctx, names...).Err())
}

// Ping asks Redis even while it rests, since readiness wants to know whether it is back, and ends the rest
// when it is.
func (c *Cache) Ping(ctx context.Context) error {
	return c.judge(c.client.Ping(ctx).Err())
}

// Close closes the pool.
func (c *Cache) Close() error { return c.client.Close() }

func (c *Cache) ask(do func() error) error {
	if c.clock.Now().UnixNano() < c.until.Load() {
		return ErrResting
	}
	return c.judge(do())
}

func (c *Cache) judge(err error) error {
	var answered redis.Error
	switch {
	// An error that Redis itself sent, a miss among them, proves that it is there.
	case err == nil, errors.As(err, &answered):
		c.until.Store(0)
	// A caller that gave up says nothing about Redis.
	case errors.Is(err, context.Canceled):
	default:
		c.until.Store(c.clock.Now().Add(rest).UnixNano())
	}
	return err
}
