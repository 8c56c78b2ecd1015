package outbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// Kinds of row.
const (
	kindMail  = "mail"
	kindEvent = "event"
)

// Overlap is how far back Collect looks again behind where it has been. An audit
// event has the time of its writer's clock and is seen when its transaction
// commits: both together lie far inside this.
const Overlap = 10 * time.Minute

// Kind is one kind of audit event that leaves as an event.
type Kind struct{ Action, Outcome string }

// fresh is the audit events of some kinds that have no row yet. The first ? is
// where to begin.
const fresh = `SELECT a.id, a.at, a.tenant_id, coalesce(nullif(a.subject_id, ''), nullif(a.client_id, ''), a.detail->>'kid', a.id::text) AS subject
	FROM audit_events a
	WHERE a.at > ? AND (a.action, a.outcome) IN (?) AND NOT EXISTS (SELECT FROM outbox o WHERE o.id = a.id)`

// cursor is how far the audit log has been read.
type cursor struct {
	bun.BaseModel `bun:"table:event_cursor"`

	BegunAt   time.Time `bun:"begun_at"`
	ReadUntil time.Time `bun:"read_until"`
}

// from is where to look from. What had happened when it was begun is history.
func (c cursor) from() time.Time {
	if again := c.ReadUntil.Add(-Overlap); again.After(c.BegunAt) {
		return again
	}
	return c.BegunAt
}

// cursor reads the cursor; began is false when there is none.
func (s Store) cursor(ctx context.Context) (c cursor, began bool, err error) {
	var all []cursor
	if err := s.DB.NewSelect().Model(&all).Column("begun_at", "read_until").Scan(ctx); err != nil {
		return cursor{}, false, fmt.Errorf("outbox: cursor: %w", err)
	}
	if len(all) == 0 {
		return cursor{}, false, nil
	}
	return all[0], true, nil
}

// EventsDue reports whether Collect would find an event of the kinds, or
// ClaimEvents a row.
func (s Store) EventsDue(ctx context.Context, kinds []Kind) (bool, error) {
	c, began, err := s.cursor(ctx)
	if err != nil || !began {
		return err == nil, err
	}
	now := s.Clock.Now()
	var due bool
	err = s.DB.NewRaw("SELECT EXISTS (SELECT FROM outbox WHERE "+free+") OR EXISTS ("+fresh+")",
		kindEvent, now, now, c.from(), pairs(kinds)).Scan(ctx, &due)
	if err != nil {
		return false, fmt.Errorf("outbox: events due: %w", err)
	}
	return due, nil
}

// Collect makes rows of up to limit audit events of the kinds that have none, the
// oldest first, and returns how many it found: less than limit means all. The
// first call ever finds nothing and marks where they begin.
//
// The row's id is the audit event's, so that any number of processes may do it
// at any time: the cursor only bounds what is looked at.
func (s Store) Collect(ctx context.Context, kinds []Kind, limit int64) (int64, error) {
	now := s.Clock.Now()
	c, began, err := s.cursor(ctx)
	if err != nil {
		return 0, err
	}
	if !began {
		_, err := s.DB.NewRaw("INSERT INTO event_cursor (begun_at, read_until) VALUES (?, ?) ON CONFLICT DO NOTHING", now, now).Exec(ctx)
		if err != nil {
			return 0, fmt.Errorf("outbox: begin: %w", err)
		}
		return 0, nil
	}
	var found struct {
		Rows int64      `bun:"rows"`
		Last *time.Time `bun:"last"`
	}
	// A tenant that is gone has no row to refer to.
	err = s.DB.NewRaw(`WITH found AS (`+fresh+` ORDER BY a.at, a.id LIMIT ?),
		put AS (INSERT INTO outbox (id, tenant_id, kind, subject, payload, created_at, due_at)
			SELECT f.id, t.id, ?, f.subject, '', f.at, ?::timestamptz FROM found f LEFT JOIN tenants t ON t.id = f.tenant_id
			ON CONFLICT (id) DO NOTHING)
		SELECT count(*) AS rows, max(at) AS last FROM found`, c.from(), pairs(kinds), limit, kindEvent, now).Scan(ctx, &found)
	if err != nil {
		return 0, fmt.Errorf("outbox: collect: %w", err)
	}
	// Some clock may be ahead of ours, and what others write meanwhile is not behind
	// it.
	until := now
	if found.Rows == limit && found.Last.Before(now) {
		until = *found.Last
	}
	_, err = s.DB.NewRaw("UPDATE event_cursor SET read_until = greatest(read_until, ?)", until).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("outbox: collect: %w", err)
	}
	return found.Rows, nil
}

// ClaimEvents takes up to limit events that are due, the oldest first, for a
// while. Of each subject it takes one at a time: the oldest that is neither
// delivered nor dead.
func (s Store) ClaimEvents(ctx context.Context, limit int64, while time.Duration) ([]Claimed, error) {
	now := s.Clock.Now()
	return s.claim(ctx, s.DB.NewSelect().Model((*row)(nil)).Column("id").Where(free, kindEvent, now, now).
		Where(`NOT EXISTS (SELECT FROM outbox AS older WHERE older.kind = ? AND older.delivered_at IS NULL AND older.dead_at IS NULL
			AND older.subject = "row".subject AND (older.created_at, older.id) < ("row".created_at, "row".id))`, kindEvent).
		OrderExpr("created_at, id").Limit(limit).For("UPDATE SKIP LOCKED"), now.Add(while))
}

// pairs writes the kinds as a list of rows.
func pairs(kinds []Kind) schema.QueryAppender {
	args := make([]any, 0, 2*len(kinds))
	for _, k := range kinds {
		args = append(args, k.Action, k.Outcome)
	}
	return bun.SafeQuery(strings.TrimSuffix(strings.Repeat("(?, ?), ", len(kinds)), ", "), args...)
}
