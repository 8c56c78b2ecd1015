package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Kinds are the kinds of row, in words that others may repeat.
var Kinds = []string{kindMail, kindEvent}

// Queue is what waits of one kind.
type Queue struct {
	Kind string
	// Waiting and Dead are counted up to the limit.
	Waiting, Dead int64
	// Due is since when the oldest row is due, or zero: what is put off until later is
	// not.
	Due time.Time
}

// Queues are those of all kinds, with up to limit rows of each counted. They are counted
// in their order, so that it is done in an index and not in the whole table.
func Queues(ctx context.Context, db bun.IDB, now time.Time, limit int64) ([]Queue, error) {
	queues := make([]Queue, len(Kinds))
	for i, kind := range Kinds {
		var row struct {
			Waiting int64      `bun:"waiting"`
			Dead    int64      `bun:"dead"`
			Due     *time.Time `bun:"due"`
		}
		err := db.NewRaw("SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE kind = ?0 AND "+waiting+" ORDER BY due_at LIMIT ?1) AS found) AS waiting, "+
			"(SELECT count(*) FROM (SELECT 1 FROM outbox WHERE kind = ?0 AND dead_at IS NOT NULL ORDER BY dead_at LIMIT ?1) AS found) AS dead, "+
			"(SELECT due_at FROM outbox WHERE kind = ?0 AND "+waiting+" AND due_at <= ?2 ORDER BY due_at LIMIT 1) AS due", kind, limit, now).Scan(ctx, &row)
		if err != nil {
			return nil, fmt.Errorf("outbox: queue of %s: %w", kind, err)
		}
		queues[i] = Queue{Kind: kind, Waiting: row.Waiting, Dead: row.Dead}
		if row.Due != nil {
			queues[i].Due = *row.Due
		}
	}
	return queues, nil
}
