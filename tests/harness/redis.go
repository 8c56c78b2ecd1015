package harness

import (
	"context"
	"sync"
	"testing"

	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
)

var startRedis = sync.OnceValues(func() (*parts.Redis, error) {
	dir, err := folder("authway-redis-")
	if err != nil {
		return nil, err
	}
	data, err := supervise.Open(dir)
	if err != nil {
		return nil, err
	}
	AtEnd(func(context.Context) error { return data.Close() })
	running, err := parts.StartRedis(context.Background(), data, func(string, ...any) {})
	if err != nil {
		return nil, err
	}
	AtEnd(running.Stop)
	return running, nil
})

// Redis gives the address of a Redis server that the binary's tests share:
// their keys must not collide.
func Redis(t testing.TB) string {
	t.Helper()
	running, err := startRedis()
	if err != nil {
		t.Fatalf("harness: Redis: %v", err)
	}
	if running.Process == nil {
		t.Fatal("harness: there is no redis-server on this machine: make parts installs it")
	}
	return running.URL
}
