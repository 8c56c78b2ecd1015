package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Rolled is what Roll has done.
type Rolled struct {
	// Made and Dropped count partitions of a month, Moved rows that had fallen into
	// the last resort.
	Made    int   `bun:"made"`
	Moved   int64 `bun:"moved"`
	Dropped int   `bun:"dropped"`
}

// Roll sees to it that there is a partition for each month of the year ahead, and
// drops the months that ended before keepFrom: everything in them is older.
func Roll(ctx context.Context, db bun.IDB, keepFrom time.Time) (Rolled, error) {
	var r Rolled
	err := db.NewRaw("SELECT made, moved, dropped FROM audit_roll(?::date)", keepFrom.UTC().Format(time.DateOnly)).
		Scan(ctx, &r.Made, &r.Moved, &r.Dropped)
	if err != nil {
		return Rolled{}, fmt.Errorf("audit: roll: %w", err)
	}
	return r, nil
}
