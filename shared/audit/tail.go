package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/paging"
)

const (
	// Late is how long after its time an event may become visible: it is written at a
	// moment of its transaction and seen at the end of it, and no request that writes
	// one may take longer.
	Late = time.Minute
	// window is how many events of that time are looked at. Where more happen, what
	// comes late by less is missed.
	window = 10_000
	// batch is how many are read at once.
	batch = 200
	// remembered is how many of them a position names. A reader that comes back sees
	// others of the last minute again.
	remembered = 300
	// mark is how much of an id tells it from the others of a minute: its random end.
	mark = 6
)

// Tail follows what is written. Each event is given once, whenever its transaction
// commits: Next reads the last minute each time and leaves out what it has given.
type Tail struct {
	filter Filter
	// newest is the greatest time that was given, or when the tail began.
	newest time.Time
	// floor is from when on it looks where there is too much to look at.
	floor time.Time
	given map[string]time.Time
}

// NewTail begins with what has happened in the last minute before now, or behind a
// Position, unless that is "". paging.ErrCursor says that it is none.
func NewTail(f Filter, now time.Time, position string) (*Tail, error) {
	f.From, f.To = time.Time{}, time.Time{}
	t := &Tail{filter: f, newest: now, given: map[string]time.Time{}}
	if position == "" {
		return t, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(position)
	if err != nil || len(raw) < 8 || (len(raw)-8)%mark != 0 || len(raw) > 8+remembered*mark {
		return nil, paging.ErrCursor
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(raw))).UTC()
	if at.After(now.Add(Late)) || at.Before(now.Add(-31*24*time.Hour)) {
		return nil, paging.ErrCursor
	}
	t.newest = at
	for each := range slices.Chunk(raw[8:], mark) {
		t.given[string(each)] = at
	}
	return t, nil
}

// Position is where the tail is: what goes on from it gives what this one has not
// given.
func (t *Tail) Position() string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(t.newest.UnixMicro()))
	marks := slices.SortedFunc(maps.Keys(t.given), func(a, b string) int {
		if order := t.given[b].Compare(t.given[a]); order != 0 {
			return order
		}
		return bytes.Compare([]byte(a), []byte(b))
	})
	for _, m := range marks[:min(len(marks), remembered)] {
		raw = append(raw, m...)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Next are events that it has not given yet, up to a bound: if there are more, it has
// to be asked again at once.
func (t *Tail) Next(ctx context.Context, db bun.IDB, now time.Time) (fresh []Entry, more bool, err error) {
	near, err := t.near(ctx, db)
	if err != nil {
		return nil, false, err
	}
	unseen, more := t.unseen(near)
	if len(unseen) == 0 {
		if len(near) == window {
			t.floor, more = near[len(near)-1].At, true
		}
		t.pass(now)
		return nil, more, nil
	}
	ids := make([]uuid.UUID, len(unseen))
	for i, r := range unseen {
		ids[i] = r.ID
	}
	var rows []row
	err = t.filter.all(db, entryColumns).Where("at BETWEEN ? AND ?", unseen[0].At, unseen[len(unseen)-1].At).
		Where("id IN (?)", bun.List(ids)).OrderExpr("at, id").Scan(ctx, &rows)
	if err != nil {
		return nil, false, fmt.Errorf("audit: tail: %w", err)
	}
	if fresh, err = entries(rows); err != nil {
		return nil, false, err
	}
	for _, e := range fresh {
		t.given[markOf(e.ID)] = e.At
	}
	// What is left for the next time is no older.
	t.pass(unseen[len(unseen)-1].At)
	if !more {
		t.pass(now)
	}
	return fresh, more, nil
}

// near are the ids and times of what is looked at, the oldest first.
func (t *Tail) near(ctx context.Context, db bun.IDB) ([]row, error) {
	from := t.newest.Add(-Late)
	if t.floor.After(from) {
		from = t.floor
	}
	var rows []row
	if err := t.filter.all(db, "id, at").Where("at >= ?", from).Where(moment+" >= "+asTime, from).OrderExpr("at, id").Limit(window).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("audit: tail: %w", err)
	}
	return rows, nil
}

func (t *Tail) unseen(near []row) (unseen []row, more bool) {
	for _, r := range near {
		if _, seen := t.given[markOf(r.ID)]; seen {
			continue
		}
		if len(unseen) == batch {
			return unseen, true
		}
		unseen = append(unseen, r)
	}
	return unseen, false
}

// pass says that nothing from before a moment is waited for, but for what is late.
func (t *Tail) pass(at time.Time) {
	if at.After(t.newest) {
		t.newest = at
	}
	old := t.newest.Add(-Late)
	maps.DeleteFunc(t.given, func(_ string, at time.Time) bool { return at.Before(old) })
}

func markOf(id uuid.UUID) string { return string(id[len(id)-mark:]) }
