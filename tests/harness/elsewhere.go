package harness

import (
	"testing"

	"github.com/authway/authway/functions/standalone"
	"github.com/authway/authway/shared/cache"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/postgres"
)

// Elsewhere is a system that somebody else runs at e, of which the test knows
// the public address, Hydra's admin address, the database's owner and Redis.
func Elsewhere(t testing.TB, e standalone.Endpoints) *System {
	t.Helper()
	db, err := postgres.Open(postgres.Config{URL: e.DatabaseURL})
	if err != nil {
		t.Fatalf("harness: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	copies, err := cache.Open(e.RedisURL, "")
	if err != nil {
		t.Fatalf("harness: %v", err)
	}
	t.Cleanup(func() { _ = copies.Close() })
	return &System{Endpoints: e, db: db, cache: copies, hasher: credential.NewHasher(0)}
}
