package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/paging"
)

// Changed is a row that is not what was written.
type Changed struct {
	ID uuid.UUID
	At time.Time
}

// Verified is what Verify has found.
type Verified struct {
	// Rows were looked at.
	Rows int64
	// Changed are those whose columns no longer fit their hash.
	Changed []Changed
	// Next is the cursor of what follows, or "" at the end.
	Next string
}

// Verify holds up to limit rows from from to to (not included) against their hashes,
// the oldest first, behind a cursor if there is one. It does not see a row that was
// removed, or written anew with its hash: that is what seals are for (Chain.Check).
func Verify(ctx context.Context, db bun.IDB, from, to time.Time, cursor string, limit int64) (Verified, error) {
	q := db.NewSelect().Model((*row)(nil)).ModelTableExpr("audit_events").ColumnExpr(entryColumns+", row_hash").
		Where("at >= ? AND at < ?", from, to)
	if cursor != "" {
		at, id, err := paging.Read(cursor)
		if err != nil {
			return Verified{}, err
		}
		q = q.Where("at >= ?", at).Where("(at, id) > (?, ?)", at, id)
	}
	rows, err := q.OrderExpr("at, id").Limit(limit + 1).Rows(ctx)
	if err != nil {
		return Verified{}, fmt.Errorf("audit: read: %w", err)
	}
	defer rows.Close()
	var v Verified
	var last row
	for rows.Next() {
		if v.Rows == limit {
			v.Next = paging.Cursor(last.At, last.ID)
			break
		}
		var r row
		if err := r.scan(rows); err != nil {
			return Verified{}, err
		}
		v.Rows++
		if last = r; string(r.hash()) != string(r.RowHash) {
			v.Changed = append(v.Changed, Changed{r.ID, r.At.UTC()})
		}
	}
	return v, rows.Err()
}
