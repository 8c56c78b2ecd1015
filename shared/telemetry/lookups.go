package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Lookups count what a cache was asked for, and whether it had it.
type Lookups struct{ hit, miss, failed prometheus.Counter }

// Lookups are those of a cache, by what is kept in it.
func (m *Metrics) Lookups(cache string) Lookups {
	m.lookupsOnce.Do(func() {
		m.lookups = prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authway_cache_requests_total",
			Help: "What caches were asked for: hit, miss, or error when they could not be asked.",
		}, []string{"cache", "result"})
		m.Own.MustRegister(m.lookups)
	})
	return Lookups{m.lookups.WithLabelValues(cache, "hit"), m.lookups.WithLabelValues(cache, "miss"), m.lookups.WithLabelValues(cache, "error")}
}

// Count counts one.
func (l Lookups) Count(found bool, err error) {
	switch {
	case l.hit == nil:
		// Nobody counts.
	case err != nil:
		l.failed.Inc()
	case found:
		l.hit.Inc()
	default:
		l.miss.Inc()
	}
}

// Cache is where copies are kept.
type Cache interface {
	Get(ctx context.Context, key string) ([]byte, bool, error)
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
	Delete(ctx context.Context, keys ...string) error
}

type counted struct {
	Cache
	lookups Lookups
}

// Counted is c, and what it is asked for is counted.
func (m *Metrics) Counted(cache string, c Cache) Cache { return counted{c, m.Lookups(cache)} }

// Get asks the cache.
func (c counted) Get(ctx context.Context, key string) ([]byte, bool, error) {
	value, found, err := c.Cache.Get(ctx, key)
	c.lookups.Count(found, err)
	return value, found, err
}
