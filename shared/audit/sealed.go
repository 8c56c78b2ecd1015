package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Sealed is how far the log is sealed.
type Sealed struct {
	// Until is the moment up to which it is; zero when there is no seal.
	Until time.Time
	// Oldest is when the oldest event happened that no seal covers; zero when all are
	// covered.
	Oldest time.Time
}

// LookAtSeals reads it: the last seal, and the first event behind it.
func LookAtSeals(ctx context.Context, db bun.IDB) (s Sealed, err error) {
	var id uuid.UUID
	err = db.NewRaw("SELECT until_at, until_id FROM audit_seals ORDER BY seq DESC LIMIT 1").Scan(ctx, &s.Until, &id)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if err == nil {
		err = db.NewRaw("SELECT at FROM audit_events WHERE (at, id) > (?, ?) ORDER BY at, id LIMIT 1", s.Until, id).Scan(ctx, &s.Oldest)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Sealed{}, fmt.Errorf("audit: look at seals: %w", err)
	}
	return s, nil
}
