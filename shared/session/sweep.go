package session

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Sweep removes the sessions that are over, batch by batch. It goes on where the
// last batch ended: what has just been removed stands in the indexes until the
// next vacuum, and to pass by all of that once more for every batch takes longer
// than the batch.
type Sweep struct {
	db    *bun.DB
	steps []*step
}

// step is one reason to be over, found by its own index: a condition with OR would
// read the whole table.
type step struct {
	column       string
	from, before time.Time
}

// Sweep begins with the oldest of those that have expired, and of those that ended
// before ended: they are kept for a while so that what refers to them is
// understood.
func (st Store) Sweep(ended time.Time) *Sweep {
	return &Sweep{db: st.DB, steps: []*step{
		{column: "expires_at", before: st.Clock.Now()}, {column: "ended_at", before: ended},
	}}
}

// Next removes up to limit sessions and returns how many; less means that there
// are no more.
func (s *Sweep) Next(ctx context.Context, limit int64) (total int64, err error) {
	for len(s.steps) > 0 && total < limit {
		n, err := s.steps[0].next(ctx, s.db, limit-total)
		if err != nil {
			return total, err
		}
		if total += n; total < limit {
			s.steps = s.steps[1:]
		}
	}
	return total, nil
}

func (p *step) next(ctx context.Context, db *bun.DB, limit int64) (int64, error) {
	var gone struct {
		Rows int64      `bun:"rows"`
		Last *time.Time `bun:"last"`
	}
	// Sessions of the very moment that the last batch ended at are among those of the
	// next.
	err := db.NewRaw(`WITH old AS (SELECT id, ?0 AS at FROM sessions WHERE ?0 >= ?1 AND ?0 < ?2 ORDER BY ?0 LIMIT ?3),
		gone AS (DELETE FROM sessions s USING old WHERE s.id = old.id)
		SELECT count(*) AS rows, max(at) AS last FROM old`, bun.Ident(p.column), p.from, p.before, limit).Scan(ctx, &gone)
	if err != nil {
		return 0, fmt.Errorf("session: sweep: %w", err)
	}
	if gone.Last != nil {
		p.from = *gone.Last
	}
	return gone.Rows, nil
}
