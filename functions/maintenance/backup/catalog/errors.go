package catalog

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrEmpty: there is no base backup.
var ErrEmpty = errors.New("catalog: there is no base backup in the store: maintenance run backup.full takes one")

// OutsideError: a moment is before or after all that can be restored, or between
// what is kept of older times.
type OutsideError struct {
	Windows []Window
	// Target is the moment, or the zero time when any would have done.
	Target time.Time
}

// mostNamed bounds an error's length.
const mostNamed = 10

func (e *OutsideError) Error() string {
	if len(e.Windows) == 0 {
		return "catalog: no base backup can be restored on that timeline: maintenance backup verify says what is missing"
	}
	var said []string
	for _, w := range joined(e.Windows) {
		if len(said) == mostNamed {
			said = append(said, "more")
			break
		}
		said = append(said, written(w.From)+" to "+written(w.To))
	}
	return fmt.Sprintf("catalog: %s cannot be restored; what can be is %s", written(e.Target), strings.Join(said, ", "))
}

// joined makes one of windows that overlap.
func joined(all []Window) []Window {
	var whole []Window
	for _, w := range all {
		if n := len(whole); n > 0 && !w.From.After(whole[n-1].To) {
			if w.To.After(whole[n-1].To) {
				whole[n-1].To = w.To
			}
			continue
		}
		whole = append(whole, w)
	}
	return whole
}

func written(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// GapError: a moment lies where WAL is missing.
type GapError struct {
	// Missing is PostgreSQL's name of the first segment that is not there.
	Missing string
	// After and Before are the moments around the hole that can be restored. Before is
	// the zero time when there is none.
	After, Before time.Time
}

func (e *GapError) Error() string {
	said := fmt.Sprintf("catalog: WAL is missing from %s on: restore to %s or before", e.Missing, written(e.After))
	if e.Before.IsZero() {
		return said
	}
	return said + ", or to " + written(e.Before) + " or after"
}

// unreachable says why there is no way to target.
func (c *Catalog) unreachable(all []Window, target time.Time) error {
	var end Window
	for _, w := range all {
		if w.To.Before(target) && !w.To.Before(end.To) {
			end = w
		}
	}
	g := &GapError{Missing: end.Gap, After: end.To}
	for _, w := range all {
		if w.From.After(target) && (g.Before.IsZero() || w.From.Before(g.Before)) {
			g.Before = w.From
		}
	}
	if end.Gap == "" || g.Before.IsZero() && target.After(c.stored()) {
		return &OutsideError{Windows: all, Target: target}
	}
	return g
}

// stored is the last moment of which there is WAL, of use or not.
func (c *Catalog) stored() (t time.Time) {
	for _, s := range c.wal {
		if s.Until.After(t) {
			t = s.Until
		}
	}
	return t
}
