package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/paging"
)

// Past is an event as the person may see it whom it was done to.
type Past struct {
	ID       uuid.UUID
	At       time.Time
	Action   string
	Outcome  string
	ClientID string
	IP       string
	Detail   map[string]string
}

type past struct {
	bun.BaseModel `bun:"table:account_history"`

	ID       uuid.UUID       `bun:"id"`
	At       time.Time       `bun:"at"`
	Action   string          `bun:"action"`
	Outcome  string          `bun:"outcome"`
	ClientID string          `bun:"client_id"`
	IP       string          `bun:"ip"`
	Detail   json.RawMessage `bun:"detail"`
}

// History returns up to limit of a person's events between since and before a
// cursor, the youngest first, and the cursor of those that follow. An empty
// cursor begins at the youngest, and means at the end that there are no more.
func History(ctx context.Context, db bun.IDB, tenantID, userID uuid.UUID, since time.Time, cursor string, limit int64) ([]Past, string, error) {
	query := db.NewSelect().Model((*past)(nil)).
		Column("id", "at", "action", "outcome", "client_id", "ip", "detail").
		Where("tenant_id = ? AND subject_id = ? AND at >= ?", tenantID, userID.String(), since).
		OrderExpr("at DESC, id DESC").Limit(limit + 1)
	if cursor != "" {
		at, id, err := paging.Read(cursor)
		if err != nil {
			return nil, "", err
		}
		query = query.Where("(at, id) < (?, ?)", at, id)
	}
	var rows []past
	if err := query.Scan(ctx, &rows); err != nil {
		return nil, "", fmt.Errorf("audit: history: %w", err)
	}
	next := ""
	if int64(len(rows)) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = last.At.UTC().Format(time.RFC3339Nano) + "_" + last.ID.String()
	}
	events := make([]Past, len(rows))
	for i, r := range rows {
		events[i] = Past{r.ID, r.At, r.Action, r.Outcome, r.ClientID, r.IP, nil}
		if err := json.Unmarshal(r.Detail, &events[i].Detail); err != nil {
			return nil, "", fmt.Errorf("audit: history: the detail of %s: %w", r.ID, err)
		}
	}
	return events, next, nil
}

// ErrUnknown says that there is no such event of the person's.
var ErrUnknown = errors.New("audit: unknown")

// When returns when the event of that id was done to the person, or ErrUnknown.
func When(ctx context.Context, db bun.IDB, tenantID, userID, event uuid.UUID) (time.Time, error) {
	var at time.Time
	err := db.NewSelect().Model((*past)(nil)).Column("at").
		Where("tenant_id = ? AND subject_id = ? AND id = ?", tenantID, userID.String(), event).Scan(ctx, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, ErrUnknown
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("audit: history: %w", err)
	}
	return at, nil
}
