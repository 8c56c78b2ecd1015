package client

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Lock waits until nobody else changes the client, and keeps others waiting until the
// transaction ends. Hydra has no such thing: it takes whatever registration comes
// last.
func Lock(ctx context.Context, tx bun.IDB, id string) error {
	if _, err := tx.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended('client:' || ?, 0))", id).Exec(ctx); err != nil {
		return fmt.Errorf("client: lock: %w", err)
	}
	return nil
}
