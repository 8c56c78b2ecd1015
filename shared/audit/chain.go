package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Chain is the seals of the log.
type Chain struct {
	DB bun.IDB
	// Keep is how long events are kept.
	Keep time.Duration
	// Tell is told each event before its seal is made, in the order of the seal. Who is
	// killed in between tells it again: nothing is sealed that was not told.
	Tell func(context.Context, Line) error
}

// Made is what Seal has done.
type Made struct {
	Seals, Rows, Late int64
	// Head is the last seal, of number 0 when there is none.
	Head Seal
	// Elsewhere says that another process makes seals at the same time.
	Elsewhere bool
}

const rowColumns = entryColumns + ", row_hash"

// behind are events behind a place up to a moment, and straggling those before a place
// that no seal has: both are put together and counted, which is as much work as there are
// rows, however few are wanted. A join would be planned as if the first were found at once,
// and there is none.
const (
	behind = `SELECT ` + rowColumns + ` FROM audit_events WHERE at >= ? AND (at, id) > (?, ?) AND at <= ?
		ORDER BY at, id LIMIT ?`
	straggling = `WITH free AS MATERIALIZED (
			SELECT id, min(at) AS at FROM (
				SELECT id, at FROM audit_events WHERE at >= ? AND at <= ? AND (at, id) <= (?, ?)
				UNION ALL SELECT unnest(events), NULL::timestamptz FROM audit_seals WHERE to_at >= ?) AS either
			GROUP BY id HAVING count(at) = count(*) ORDER BY 2, 1 LIMIT ?)
		SELECT ` + rowColumns + ` FROM free JOIN audit_events AS e USING (at, id) WHERE e.at >= ? AND e.at <= ? ORDER BY at, id`
	extend = `WITH put AS (INSERT INTO audit_seals (` + sealColumns + `) VALUES (?) ON CONFLICT DO NOTHING RETURNING seq)
		SELECT (SELECT count(*) FROM put) AS put, rest.* FROM (VALUES (1)) AS one (n) LEFT JOIN (` + behind + `) AS rest ON true
		ORDER BY rest.at, rest.id`
)

// Head is the last seal, of number 0 when there is none.
func (c Chain) Head(ctx context.Context) (Seal, error) { return c.seal(ctx, "true") }

// At is the seal of a number, or one of number 0.
func (c Chain) At(ctx context.Context, seq int64) (Seal, error) { return c.seal(ctx, "seq = ?", seq) }

// seal is the last one of which a condition holds.
func (c Chain) seal(ctx context.Context, where string, args ...any) (Seal, error) {
	var all []Seal
	err := c.DB.NewSelect().Model(&all).ColumnExpr(sealColumns).Where(where, args...).OrderExpr("seq DESC").Limit(1).Scan(ctx)
	if err != nil {
		return Seal{}, fmt.Errorf("audit: seals: %w", err)
	}
	if len(all) == 0 {
		return Seal{}, nil
	}
	return all[0], nil
}

// Due reports whether there is something to seal, or with sign to sign; with stored,
// what was signed has to be in the storage.
func (c Chain) Due(ctx context.Context, now time.Time, sign, stored bool) (bool, error) {
	head, err := c.Head(ctx)
	if err != nil {
		return false, err
	}
	rows, err := c.behind(ctx, head, now.Add(-Late), 1)
	if err != nil || len(rows) > 0 {
		return err == nil, err
	}
	rows, err = c.stragglers(ctx, head, 1)
	if err != nil || len(rows) > 0 {
		return err == nil, err
	}
	if !sign || head.Seq == 0 {
		return false, nil
	}
	signed, err := c.Signed(ctx, stored)
	return err == nil && signed < head.Seq, err
}

func (c Chain) behind(ctx context.Context, head Seal, settled time.Time, limit int) ([]row, error) {
	var rows []row
	err := c.DB.NewRaw(behind, head.UntilAt, head.UntilAt, head.UntilID, settled, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("audit: what is not sealed: %w", err)
	}
	return rows, nil
}

func (c Chain) stragglers(ctx context.Context, head Seal, limit int) ([]row, error) {
	if head.Seq == 0 {
		return nil, nil
	}
	from := head.SealedAt.Add(-Straggling)
	var rows []row
	err := c.DB.NewRaw(straggling, from, head.UntilAt, head.UntilAt, head.UntilID, from, limit, from, head.UntilAt).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("audit: what came late: %w", err)
	}
	return rows, nil
}

// extend makes a seal and returns what is behind it. taken is false when another
// process has made one of that number.
func (c Chain) extend(ctx context.Context, s Seal, settled time.Time) (taken bool, rest []row, err error) {
	var rows []struct {
		row
		Put int64 `bun:"put"`
	}
	values := bun.List([]any{
		s.Seq, s.Late, s.FromAt, s.ToAt, s.UntilAt, s.UntilID, s.Rows, s.Total, s.Events, s.RowsHash, s.KeptFrom, s.Previous, s.Hash, s.SealedAt,
	})
	err = c.DB.NewRaw(extend, values, s.UntilAt, s.UntilAt, s.UntilID, settled, Batch).Scan(ctx, &rows)
	if err != nil {
		return false, nil, fmt.Errorf("audit: seal %d: %w", s.Seq, err)
	}
	for _, r := range rows {
		if r.ID != uuid.Nil {
			rest = append(rest, r.row)
		}
	}
	return len(rows) > 0 && rows[0].Put == 1, rest, nil
}

// Seal makes seals, most of them at the most, of what has settled: an event may become
// visible up to Late after its time. First it looks for what has come later than that.
// Any number of processes may do it: a seal of a number is made once, and who comes
// second stops.
func (c Chain) Seal(ctx context.Context, now time.Time, most int64) (m Made, err error) {
	if m.Head, err = c.Head(ctx); err != nil {
		return m, err
	}
	settled := now.Add(-Late)
	rows, err := c.stragglers(ctx, m.Head, Batch)
	late := len(rows) > 0
	if err == nil && !late {
		rows, err = c.behind(ctx, m.Head, settled, Batch)
	}
	for err == nil && len(rows) > 0 && m.Seals < most {
		if rows, err = c.one(ctx, &m, rows, late, now, settled); err != nil || m.Elsewhere {
			return m, err
		}
		if !late {
			continue
		}
		// There may be more that came late than one seal has, or of other months.
		var more []row
		if more, err = c.stragglers(ctx, m.Head, Batch); len(more) > 0 {
			rows = more
			continue
		}
		late = false
	}
	return m, err
}

// one tells of rows, makes their seal and returns what is behind it.
func (c Chain) one(ctx context.Context, m *Made, rows []row, late bool, now, settled time.Time) ([]row, error) {
	rows = ofOneMonth(rows)
	s := m.Head.next(rows, late, now, c.Keep)
	for _, r := range rows {
		if err := c.Tell(ctx, r.line(s)); err != nil {
			return nil, fmt.Errorf("audit: tell of %s: %w", r.ID, err)
		}
	}
	taken, rest, err := c.extend(ctx, s, settled)
	if err != nil {
		return nil, err
	}
	if !taken {
		m.Elsewhere = true
		return nil, nil
	}
	m.Head = s
	m.Seals++
	m.Rows += s.Rows
	if late {
		m.Late += s.Rows
	}
	return rest, nil
}

// Signed is the number of the last seal that was signed, or 0; with stored, of those
// whose signature is in the storage.
func (c Chain) Signed(ctx context.Context, stored bool) (seq int64, err error) {
	q := c.DB.NewSelect().TableExpr("audit_heads").ColumnExpr("coalesce(max(seq), 0)")
	if stored {
		q = q.Where("stored")
	}
	if err = q.Scan(ctx, &seq); err != nil {
		return 0, fmt.Errorf("audit: heads: %w", err)
	}
	return seq, nil
}

// NoteSigned writes down that a seal was signed.
func (c Chain) NoteSigned(ctx context.Context, seq int64, stored bool, now time.Time) error {
	_, err := c.DB.NewRaw("INSERT INTO audit_heads (seq, signed_at, stored) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", seq, now, stored).Exec(ctx)
	if err != nil {
		return fmt.Errorf("audit: heads: %w", err)
	}
	return nil
}
