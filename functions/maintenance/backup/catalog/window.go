package catalog

import (
	"cmp"
	"slices"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// Window is the times to which a base backup can be restored.
type Window struct {
	From, To time.Time
	// Backup is the ID.
	Backup   string
	Timeline wal.Timeline
	// Gap is PostgreSQL's name of the segment that is missing at its end, if there is
	// WAL after it. It is empty where older moments were given up on purpose.
	Gap string
}

func (w Window) holds(t time.Time) bool { return !t.Before(w.From) && !t.After(w.To) }

// Windows are the times that can be restored, by their beginnings. Each base backup
// that can be used has one, along the latest timeline that it leads to.
func (c *Catalog) Windows() []Window { return c.windows(0) }

// windows are those along t; 0 is for each base backup the latest.
func (c *Catalog) windows(t wal.Timeline) []Window {
	var all []Window
	for _, b := range c.Backups {
		if w, ok := c.window(b, t); ok {
			all = append(all, w)
		}
	}
	slices.SortStableFunc(all, func(a, b Window) int { return a.From.Compare(b.From) })
	given := latest(all).Add(-Moments)
	for i, w := range all {
		if next := after(all, w); w.Gap != "" && !next.IsZero() && !next.After(given) {
			all[i].Gap = ""
		}
	}
	return all
}

func (c *Catalog) window(b Backup, t wal.Timeline) (Window, bool) {
	for _, along := range c.timelines {
		if t != 0 && t != along || t == 0 && !c.own[along] {
			continue
		}
		h, ok := c.line(b, along)
		if !ok {
			continue
		}
		reached := c.walk(b, h, nil)
		if reached.end < b.Stop {
			continue
		}
		w := Window{From: b.Consistent, To: b.Consistent, Backup: b.ID, Timeline: along}
		if reached.reach.After(w.To) {
			w.To = reached.reach
		}
		if c.later(h, reached.next) {
			w.Gap = c.missing(h, reached)
		}
		return w, true
	}
	return Window{}, false
}

// latest is the last moment of all.
func latest(all []Window) (t time.Time) {
	for _, w := range all {
		if w.To.After(t) {
			t = w.To
		}
	}
	return t
}

// after is the first moment after w that can be restored without leaving for an
// older timeline, or the zero time.
func after(all []Window, w Window) (t time.Time) {
	for _, o := range all {
		if o.Timeline >= w.Timeline && o.From.After(w.To) && (t.IsZero() || o.From.Before(t)) {
			t = o.From
		}
	}
	return t
}

// Gap is missing WAL that costs moments, or a whole base backup.
type Gap struct {
	// Missing is PostgreSQL's name of the first file that is not there, or not whole.
	Missing string
	// What lies between After and Before cannot be restored. Before is the zero time
	// when there is nothing after it.
	After, Before time.Time
	// Backup is the ID of a base backup that is of no use for it, or empty.
	Backup string
}

// Gaps are the holes in WAL that cost moments of the last week, and those that make
// a base backup useless. Older moments are given up by and by (Surplus).
func (c *Catalog) Gaps() []Gap {
	var gaps []Gap
	all := c.Windows()
	for _, w := range all {
		other := slices.ContainsFunc(all, func(o Window) bool { return o.holds(w.To) && o.To.After(w.To) })
		same := slices.ContainsFunc(gaps, func(g Gap) bool { return g.Missing == w.Gap })
		if w.Gap != "" && !other && !same {
			gaps = append(gaps, Gap{Missing: w.Gap, After: w.To, Before: after(all, w)})
		}
	}
	for _, b := range c.Backups {
		if !slices.ContainsFunc(all, func(w Window) bool { return w.Backup == b.ID }) {
			gaps = append(gaps, c.useless(b, all))
		}
	}
	slices.SortStableFunc(gaps, func(a, b Gap) int { return a.After.Compare(b.After) })
	return gaps
}

// useless is the hole in a base backup's own WAL.
func (c *Catalog) useless(b Backup, all []Window) Gap {
	g := Gap{Backup: b.ID, Missing: wal.History{Timeline: b.Timeline}.FileName()}
	if h, ok := c.line(b, b.Timeline); ok {
		g.Missing = c.missing(h, c.walk(b, h, nil))
	}
	for _, w := range all {
		if w.To.Before(b.Consistent) && w.To.After(g.After) {
			g.After = w.To
		}
		if w.From.After(b.Consistent) && (g.Before.IsZero() || w.From.Before(g.Before)) {
			g.Before = w.From
		}
	}
	return g
}

// Plan is a way to a moment.
type Plan struct {
	Backup Backup
	// Timeline is the one to follow (recovery_target_timeline).
	Timeline wal.Timeline
	// Segments are the WAL that is read, in order: from where the base backup starts
	// to where the moment is known to be passed.
	Segments []wal.Object
	// Histories are of Timeline and of those it came from.
	Histories []wal.History
	// Reach is the last moment that can be restored in this way.
	Reach time.Time
}

// Plan finds the shortest way to a moment along a timeline: the youngest base
// backup before it. The zero time is as far as it goes; timeline 0 is the latest
// that leads there, so that what was abandoned by a restore is left alone where
// there is a choice. The error is ErrEmpty, a *GapError or an *OutsideError.
func (c *Catalog) Plan(target time.Time, timeline wal.Timeline) (Plan, error) {
	if len(c.Backups) == 0 {
		return Plan{}, ErrEmpty
	}
	all := c.windows(timeline)
	var fit []Window
	for _, w := range all {
		if target.IsZero() || w.holds(target) {
			fit = append(fit, w)
		}
	}
	if len(fit) == 0 {
		return Plan{}, c.unreachable(all, target)
	}
	w := slices.MaxFunc(fit, func(a, b Window) int {
		further := 0
		if target.IsZero() {
			further = a.To.Compare(b.To)
		}
		return cmp.Or(cmp.Compare(a.Timeline, b.Timeline), further, a.From.Compare(b.From))
	})
	b := c.Backups[slices.IndexFunc(c.Backups, func(b Backup) bool { return b.ID == w.Backup })]
	return c.plan(b, w, target), nil
}

func (c *Catalog) plan(b Backup, w Window, target time.Time) Plan {
	h, _ := c.line(b, w.Timeline)
	p := Plan{Backup: b, Timeline: w.Timeline, Reach: w.To}
	c.walk(b, h, func(at piece, t trail) bool {
		p.Segments = append(p.Segments, c.wal[at.object].Object)
		return target.IsZero() || !t.passes(b, target)
	})
	for _, t := range append(timelines(h), h.Timeline) {
		if known, ok := c.histories[t]; ok {
			p.Histories = append(p.Histories, known)
		}
	}
	return p
}

// passes reports whether recovery of b to a moment ends on the trail.
func (t trail) passes(b Backup, moment time.Time) bool {
	return t.end >= b.Stop && !t.reach.Before(moment)
}
