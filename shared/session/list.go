package session

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/paging"
)

// Filter says which living sessions of a tenant are listed. What is zero is not asked.
type Filter struct {
	TenantID, UserID uuid.UUID
	IP               string
}

// List returns up to limit living sessions of a tenant, the last used first, and the
// cursor of those that follow, "" at the end. One that is used meanwhile moves to the
// front and may be missed.
//
// It reads two ranges of an index, of those that are remembered and of the others,
// which end after different times without use.
func (st Store) List(ctx context.Context, f Filter, cursor string, limit int) (found []Session, next string, err error) {
	now := st.Clock.Now()
	before, last := now.Add(Absolute), uuid.Max
	if cursor != "" {
		if before, last, err = paging.Read(cursor); err != nil {
			return nil, "", err
		}
	}
	kind := func(remembered bool, idle time.Duration) *bun.SelectQuery {
		q := st.DB.NewSelect().Model((*Session)(nil)).Column(columns...).
			Where("tenant_id = ? AND remembered = ? AND ended_at IS NULL", f.TenantID, remembered).
			Where("last_seen_at > ? AND expires_at > ?", now.Add(-idle), now).
			Where("(last_seen_at, id) < (?, ?)", before, last).
			OrderExpr("last_seen_at DESC, id DESC").Limit(int64(limit + 1))
		if f.UserID != uuid.Nil {
			q = q.Where("user_id = ?", f.UserID)
		}
		if f.IP != "" {
			q = q.Where("ip = ?", f.IP)
		}
		return q
	}
	err = st.DB.NewRaw("(?) UNION ALL (?) ORDER BY last_seen_at DESC, id DESC LIMIT ?",
		kind(true, IdleRemembered), kind(false, Idle), limit+1).Scan(ctx, &found)
	if err != nil {
		return nil, "", fmt.Errorf("session: list: %w", err)
	}
	if len(found) > limit {
		found = found[:limit]
		next = found[limit-1].LastSeenAt.UTC().Format(time.RFC3339Nano) + "_" + found[limit-1].ID.String()
	}
	return found, next, nil
}

// Find returns a session of the tenant, living or over, or ErrNone.
func (st Store) Find(ctx context.Context, tenantID, id uuid.UUID) (Session, error) {
	var s Session
	err := st.DB.NewSelect().Model(&s).Column(columns...).Where("id = ? AND tenant_id = ?", id, tenantID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, ErrNone
	}
	if err != nil {
		return Session{}, fmt.Errorf("session: find: %w", err)
	}
	return s, nil
}
