package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Details of sign-ins that are counted.
const (
	// DetailTook is how many milliseconds the answer to a sign-in took.
	DetailTook = "ms"
	// DetailReason is why one failed.
	DetailReason = "reason"
)

// SignIns are sign-ins of one minute that ended alike.
type SignIns struct {
	Minute  time.Time `bun:"minute"`
	Outcome string    `bun:"outcome"`
	// Reason is empty for those that succeeded.
	Reason string `bun:"reason"`
	// Took is the whole part of ten times the natural logarithm of the milliseconds that
	// their answers took, or -1 where that was not noted. Two neighbours are ten percent
	// apart.
	Took  int   `bun:"took"`
	Count int64 `bun:"count"`
}

// SignInsSince counts the sign-ins from a moment on, of a tenant or, with uuid.Nil,
// of all.
func SignInsSince(ctx context.Context, db bun.IDB, tenantID uuid.UUID, since time.Time) (all []SignIns, err error) {
	q := db.NewSelect().Model((*row)(nil)).ModelTableExpr("audit_events").
		ColumnExpr("date_trunc('minute', at, 'UTC') AS minute, outcome").
		ColumnExpr("CASE outcome WHEN 'failure' THEN coalesce(detail ->> ?, '') ELSE '' END AS reason", DetailReason).
		ColumnExpr("CASE WHEN detail ->> ? ~ '^[0-9]{1,7}$' THEN floor(10 * ln(greatest((detail ->> ?)::numeric, 1)))::int ELSE -1 END AS took", DetailTook, DetailTook).
		ColumnExpr("count(*) AS count").
		Where("action IN (?, ?)", ActionSignedIn, ActionSignInFailed).Where("at >= ?", since).Where(moment+" >= "+asTime, since).
		GroupExpr("1, 2, 3, 4")
	if tenantID != uuid.Nil {
		q = q.Where("tenant_id = ?", tenantID)
	}
	if err := q.Scan(ctx, &all); err != nil {
		return nil, fmt.Errorf("audit: sign-ins: %w", err)
	}
	return all, nil
}
