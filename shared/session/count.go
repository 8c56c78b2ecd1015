package session

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Living counts the sessions that have not ended, of a tenant or, with uuid.Nil, of
// all, up to limit and one more. One that nobody uses any more counts until it is over
// (Absolute) or is cleaned.
func Living(ctx context.Context, db bun.IDB, tenantID uuid.UUID, now time.Time, limit int64) (n int64, err error) {
	some := db.NewSelect().Table("sessions").ColumnExpr("1").Where("ended_at IS NULL").Where("expires_at > ?", now).Limit(limit + 1)
	if tenantID != uuid.Nil {
		some = some.Where("tenant_id = ?", tenantID)
	}
	if err := db.NewSelect().TableExpr("(?) AS found", some).ColumnExpr("count(*)").Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("session: living: %w", err)
	}
	return n, nil
}

// Count is how many sessions have not ended: exactly up to limit, and beyond it what
// PostgreSQL has counted when it last vacuumed or analyzed, so that it costs no more.
func Count(ctx context.Context, db bun.IDB, now time.Time, limit int64) (int64, error) {
	n, err := Living(ctx, db, uuid.Nil, now, limit)
	if err != nil || n <= limit {
		return n, err
	}
	var estimate float64
	if err := db.NewRaw("SELECT reltuples FROM pg_class WHERE oid = 'sessions_living_of_tenant'::regclass").Scan(ctx, &estimate); err != nil {
		return 0, fmt.Errorf("session: estimate: %w", err)
	}
	return max(n, int64(estimate)), nil
}
