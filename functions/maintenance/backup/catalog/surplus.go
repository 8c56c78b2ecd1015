package catalog

import (
	"maps"
	"slices"
	"time"
)

// How long backups are kept.
const (
	// Moments is for how long any moment can be restored.
	Moments = 7 * 24 * time.Hour
	// Backups is for how long base backups can be restored, each to its own moment.
	Backups = 30 * 24 * time.Hour
)

// strayAge is after what time nobody is still writing at something.
const strayAge = 48 * time.Hour

// Keep is for how long what is kept.
type Keep struct{ Moments, Backups time.Duration }

// Surplus are the names that may be removed, in the order in which they have to be:
// wherever that is broken off, every base backup that is listed and could be
// restored still can be, and so can every moment of the last k.Moments.
//
// Time is counted back from the last moment that can be restored, if that is before
// now: when no backups are made any more, none are removed.
func (c *Catalog) Surplus(now time.Time, k Keep) []string {
	all := c.Windows()
	if len(all) == 0 {
		return c.strayed(now)
	}
	end := now
	if last := latest(all); last.Before(end) {
		end = last
	}
	n := c.needs(all, end.Add(-k.Moments), end.Add(-k.Backups))
	names := c.describedBefore(n, end.Add(-k.Backups))
	names = append(names, c.bundlesBefore(n)...)
	names = append(names, c.strayed(now)...)
	if c.foreign {
		return names
	}
	return append(names, c.walBefore(n)...)
}

// need is what has to stay.
type need struct {
	// moments is the first moment of those that can all be restored.
	moments time.Time
	// backups are IDs, began is of the oldest of them.
	backups map[string]bool
	began   time.Time
	// wal says it of each of the catalog's segments.
	wal []bool
}

// needs finds what has to stay so that every moment from moments on can be restored
// along every timeline, and every base backup from backups on to its own moment.
func (c *Catalog) needs(all []Window, moments, backups time.Time) need {
	n := need{moments: moments, backups: map[string]bool{}, wal: make([]bool, len(c.wal))}
	own := map[string]Window{}
	for _, w := range all {
		own[w.Backup] = w
	}
	for _, b := range c.Backups {
		w, useful := own[b.ID]
		if useful && b.Consistent.Before(backups) || !useful && b.Consistent.Before(moments) {
			continue
		}
		n.backups[b.ID] = true
		if useful {
			c.mark(n, b, w, func(t trail) bool { return t.passes(b, b.Consistent) })
		}
	}
	for _, t := range c.timelines {
		c.needsAlong(n, c.windows(t))
	}
	for _, b := range c.Backups {
		if n.backups[b.ID] && (n.began.IsZero() || b.Began.Before(n.began)) {
			n.began = b.Began
		}
	}
	return n
}

// needsAlong marks the windows of one timeline. Of those that begin before the
// first moment the youngest does, unless an older one goes on for longer.
func (c *Catalog) needsAlong(n need, all []Window) {
	covered := n.moments.Add(-1)
	for _, w := range slices.Backward(all) {
		if !w.From.After(n.moments) {
			if !w.To.After(covered) {
				continue
			}
			covered = w.To
		}
		n.backups[w.Backup] = true
		b := c.Backups[slices.IndexFunc(c.Backups, func(b Backup) bool { return b.ID == w.Backup })]
		c.mark(n, b, w, func(trail) bool { return false })
	}
}

// mark marks the WAL of a window until enough says so.
func (c *Catalog) mark(n need, b Backup, w Window, enough func(trail) bool) {
	h, _ := c.line(b, w.Timeline)
	c.walk(b, h, func(p piece, t trail) bool {
		n.wal[p.object], n.wal[p.witness] = true, true
		return !enough(t)
	})
}

// describedBefore are the base backups that are not needed, and those that never
// counted and are as old: of each the description first, so that it is not taken
// for one when its files are gone.
func (c *Catalog) describedBefore(n need, backups time.Time) (names []string) {
	for _, id := range slices.Sorted(maps.Keys(c.folders)) {
		f := c.folders[id]
		if !f.described || f.counts && n.backups[id] || !f.counts && !f.began.Before(backups) {
			continue
		}
		names = append(names, Folder(id)+Description)
		for _, o := range f.files {
			if o.Key != Folder(id)+Description {
				names = append(names, o.Key)
			}
		}
	}
	return names
}

// bundlesBefore are those that were replaced before the oldest base backup began.
func (c *Catalog) bundlesBefore(n need) (names []string) {
	for i, b := range c.Bundles {
		if i+1 < len(c.Bundles) && !n.began.IsZero() && !c.Bundles[i+1].Taken.After(n.began) {
			names = append(names, b.Key())
		}
	}
	return names
}

// strayed are what nobody knows, and base backups that were never finished.
func (c *Catalog) strayed(now time.Time) (names []string) {
	old := now.Add(-strayAge)
	for _, id := range slices.Sorted(maps.Keys(c.folders)) {
		f := c.folders[id]
		if f.described || !f.began.Before(old) {
			continue
		}
		for _, o := range f.files {
			if o.Written.Before(old) {
				names = append(names, o.Key)
			}
		}
	}
	for _, o := range c.strays {
		if o.Written.Before(old) {
			names = append(names, o.Key)
		}
	}
	return names
}

// walBefore is WAL that is not needed and older than the first moment, and copies
// of a segment that a longer one replaces. Younger WAL that leads nowhere may be
// what a base backup needs that is not described yet.
func (c *Catalog) walBefore(n need) (names []string) {
	for i, s := range c.wal {
		if n.wal[i] {
			continue
		}
		longest := c.spans[slot{s.Timeline, s.Number}].end - 1
		replaced := i != longest && !c.wal[longest].Until.Before(s.Until)
		moment := s.Until
		if moment.IsZero() {
			moment = s.written
		}
		if replaced || moment.Before(n.moments) {
			names = append(names, s.Key())
		}
	}
	return names
}
