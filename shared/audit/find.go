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
)

// Found is an event that was written down.
type Found struct {
	Event
	ID uuid.UUID
	At time.Time
}

// Find returns the event of that time and id, or ErrUnknown.
func Find(ctx context.Context, db bun.IDB, at time.Time, id uuid.UUID) (Found, error) {
	var r row
	err := db.NewSelect().Model(&r).
		Column("id", "at", "tenant_id", "action", "outcome", "actor_kind", "actor_id", "subject_id", "client_id", "ip", "detail").
		Where("at = ? AND id = ?", at, id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Found{}, ErrUnknown
	}
	if err != nil {
		return Found{}, fmt.Errorf("audit: find: %w", err)
	}
	f := Found{ID: r.ID, At: r.At, Event: Event{
		Action: r.Action, Outcome: r.Outcome, ActorKind: r.ActorKind, ActorID: r.ActorID,
		SubjectID: r.SubjectID, ClientID: r.ClientID, IP: r.IP,
	}}
	if r.TenantID != nil {
		f.TenantID = *r.TenantID
	}
	if err := json.Unmarshal(r.Detail, &f.Detail); err != nil {
		return Found{}, fmt.Errorf("audit: find: the detail of %s: %w", r.ID, err)
	}
	return f, nil
}
