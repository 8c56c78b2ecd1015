package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Backlog is what has not left.
type Backlog struct {
	// Waiting and Dead are counted up to the limit.
	Waiting, Dead int64
	// MailDue is since when the oldest mail is due, or nil.
	MailDue *time.Time
}

// Look counts what has not left, up to limit and one more of each.
func Look(ctx context.Context, db bun.IDB, limit int64) (b Backlog, err error) {
	const waiting = "delivered_at IS NULL AND dead_at IS NULL"
	count := func(where string) (n int64, err error) {
		some := db.NewSelect().Table("outbox").ColumnExpr("1").Where(where).Limit(limit + 1)
		err = db.NewSelect().TableExpr("(?) AS found", some).ColumnExpr("count(*)").Scan(ctx, &n)
		return n, err
	}
	if b.Waiting, err = count(waiting); err == nil {
		b.Dead, err = count("dead_at IS NOT NULL")
	}
	if err == nil {
		var due time.Time
		err = db.NewSelect().Table("outbox").Column("due_at").Where(waiting).Where("kind = ?", kindMail).OrderExpr("due_at").Limit(1).Scan(ctx, &due)
		if err == nil {
			b.MailDue = &due
		}
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
	}
	if err != nil {
		return Backlog{}, fmt.Errorf("outbox: look: %w", err)
	}
	return b, nil
}
