package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/paging"
)

var foundColumns = []string{
	"id", "at", "tenant_id", "action", "outcome", "actor_kind", "actor_id", "subject_id", "client_id", "ip", "detail",
}

// Person returns up to limit events in a tenant that were done to an account or by it,
// the youngest first, and the cursor of those that follow, "" at the end. It is for
// those who administer; people see History.
func Person(ctx context.Context, db bun.IDB, tenantID, userID uuid.UUID, cursor string, limit int) ([]Found, string, error) {
	part := func(where string) *bun.SelectQuery {
		return db.NewSelect().Model((*row)(nil)).Column(foundColumns...).Where(where, userID.String()).
			Where("tenant_id = ?", tenantID).OrderExpr("at DESC, id DESC").Limit(int64(limit + 1))
	}
	// Each is a range of an index of its own, and no event is in both.
	to, by := part("subject_id = ?"), part("actor_id = ? AND actor_id <> subject_id AND actor_id <> ''")
	if cursor != "" {
		at, id, err := paging.Read(cursor)
		if err != nil {
			return nil, "", err
		}
		to, by = to.Where("(at, id) < (?, ?)", at, id), by.Where("(at, id) < (?, ?)", at, id)
	}
	var rows []row
	if err := db.NewRaw("(?) UNION ALL (?) ORDER BY at DESC, id DESC LIMIT ?", to, by, limit+1).Scan(ctx, &rows); err != nil {
		return nil, "", fmt.Errorf("audit: person: %w", err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].At.UTC().Format(time.RFC3339Nano) + "_" + rows[limit-1].ID.String()
	}
	events := make([]Found, len(rows))
	for i, r := range rows {
		f, err := r.found()
		if err != nil {
			return nil, "", err
		}
		events[i] = f
	}
	return events, next, nil
}

// lately is how many of an account's youngest events are looked through for one.
const lately = 200

// Last returns when something was last done to an account, or nil: it looks at the
// youngest events alone.
func Last(ctx context.Context, db bun.IDB, tenantID, userID uuid.UUID, action string) (*time.Time, error) {
	youngest := db.NewSelect().Model((*row)(nil)).Column("at", "action", "tenant_id").
		Where("subject_id = ?", userID.String()).OrderExpr("at DESC").Limit(lately)
	var at *time.Time
	err := db.NewSelect().TableExpr("(?) AS youngest", youngest).ColumnExpr("max(at)").
		Where("action = ? AND tenant_id = ?", action, tenantID).Scan(ctx, &at)
	if err != nil {
		return nil, fmt.Errorf("audit: last: %w", err)
	}
	return at, nil
}

func (r row) found() (Found, error) {
	f := Found{ID: r.ID, At: r.At, Event: Event{
		Action: r.Action, Outcome: r.Outcome, ActorKind: r.ActorKind, ActorID: r.ActorID,
		SubjectID: r.SubjectID, ClientID: r.ClientID, IP: r.IP,
	}}
	if r.TenantID != nil {
		f.TenantID = *r.TenantID
	}
	if err := json.Unmarshal(r.Detail, &f.Detail); err != nil {
		return Found{}, fmt.Errorf("audit: the detail of %s: %w", r.ID, err)
	}
	return f, nil
}
