package catalog

import (
	"cmp"
	"slices"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// line is the history along which timeline t is reached from b, if it can be:
// timelines that were left before b was whole lead elsewhere. PostgreSQL follows
// none without its history.
func (c *Catalog) line(b Backup, t wal.Timeline) (wal.History, bool) {
	h, ok := c.histories[t]
	if t == b.Timeline {
		h.Timeline = t
		return h, ok || t == 1
	}
	for _, s := range h.Before {
		if s.From == b.Timeline {
			return h, b.Stop <= s.At
		}
	}
	return h, false
}

// trail is how far WAL goes from a base backup's start along a history.
type trail struct {
	end   wal.LSN
	reach time.Time
	// next is the segment that it ends before, or in the middle of.
	next uint64
}

// walk follows the WAL that b starts with along h, and shows each piece and how far
// it leads, until that says to stop.
func (c *Catalog) walk(b Backup, h wal.History, each func(piece, trail) bool) trail {
	t := trail{next: c.size.Number(b.Start)}
	for {
		p, ok := c.piece(h, t.next)
		if !ok {
			return t
		}
		o := c.wal[p.object]
		t.end = o.End()
		if p.until.After(t.reach) {
			t.reach = p.until
		}
		if o.Whole() {
			t.next++
		}
		if each != nil && !each(p, t) || !o.Whole() {
			return t
		}
	}
}

// piece is the object that is read for a segment. Until is the latest of those that
// are a beginning of it, and witness the object that says so.
type piece struct {
	object, witness int
	until           time.Time
}

// piece chooses as PostgreSQL does: the latest timeline that begins in the segment,
// whose file repeats what was before. If it is not there, an older one's serves as
// far as it was not left. What lies beyond belongs to an abandoned branch.
func (c *Catalog) piece(h wal.History, number uint64) (piece, bool) {
	start := wal.LSN(number * uint64(c.size))
	end := start + wal.LSN(c.size)
	if p, ok := c.pick(h.At(end-1), number, end); ok {
		return p, true
	}
	for _, s := range slices.Backward(h.Before) {
		if s.At <= start {
			break
		}
		if s.At >= end {
			continue
		}
		if p, ok := c.pick(s.From, number, s.At); ok {
			return p, true
		}
	}
	return piece{}, false
}

// pick takes the longest object of a slot that does not go beyond limit.
func (c *Catalog) pick(t wal.Timeline, number uint64, limit wal.LSN) (p piece, ok bool) {
	at := c.spans[slot{t, number}]
	for i := at.first; i < at.end && c.wal[i].End() <= limit; i++ {
		if !ok || !c.wal[i].Until.Before(p.until) {
			p.witness, p.until = i, c.wal[i].Until
		}
		p.object, ok = i, true
	}
	return p, ok
}

// missing is the name of the file with which t would go on.
func (c *Catalog) missing(h wal.History, t trail) string {
	return c.size.FileName(h.At(wal.LSN((t.next+1)*uint64(c.size))-1), t.next)
}

// later reports whether there is WAL after a segment along h.
func (c *Catalog) later(h wal.History, number uint64) bool {
	for _, t := range append([]wal.Timeline{h.Timeline}, timelines(h)...) {
		i, _ := slices.BinarySearchFunc(c.wal, slot{t, number + 1}, func(s segment, want slot) int {
			return cmp.Or(cmp.Compare(s.Timeline, want.timeline), cmp.Compare(s.Number, want.number))
		})
		if i < len(c.wal) && c.wal[i].Timeline == t && h.At(c.wal[i].Start()+wal.LSN(c.size)-1) == t {
			return true
		}
	}
	return false
}

// timelines are those that h came from.
func timelines(h wal.History) []wal.Timeline {
	from := make([]wal.Timeline, len(h.Before))
	for i, s := range h.Before {
		from[i] = s.From
	}
	return from
}
