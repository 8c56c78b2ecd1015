package catalog

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// reality is what really happened in a world: a server that writes all the time,
// is promoted, restored and backed up, and loses WAL. It knows where everything is.
type reality struct {
	*world
	random *rand.Rand
	now    time.Time
	line   wal.History
	lines  map[wal.Timeline]wal.History
	// positions are where a timeline began, and when.
	begun map[wal.Timeline]mark
	// stored is up to where the current timeline is in the store, known up to when.
	stored wal.LSN
	known  time.Time
}

type mark struct {
	at   wal.LSN
	time time.Time
}

// perHour is what the server writes: a segment in two and a half hours.
const perHour = wal.LSN(mega) * 2 / 5

func newReality(seed uint64) *reality {
	r := &reality{
		world: newWorld(), random: rand.New(rand.NewPCG(seed, 1)), now: at(0), line: wal.History{Timeline: 1},
		begun: map[wal.Timeline]mark{1: {lsn(1, 0), at(0)}}, stored: lsn(1, 0),
	}
	r.lines = map[wal.Timeline]wal.History{1: r.line}
	return r
}

// position is where a line was at a moment. What was abandoned by a restore stands
// still until the restore.
func (r *reality) position(line wal.History, moment time.Time) wal.LSN {
	began := r.begun[line.Timeline]
	if moment.Before(began.time) {
		if n := len(line.Before); n > 0 {
			return min(r.position(r.lines[line.Before[n-1].From], moment), began.at)
		}
		return began.at
	}
	return began.at + wal.LSN(float64(perHour)*moment.Sub(began.time).Hours())
}

// drain stores what has been written.
func (r *reality) drain() {
	end := r.position(r.line, r.now)
	for n := mega.Number(r.stored); lsn(n, 0) < end; n++ {
		used, until := uint64(min(end-lsn(n, 0), wal.LSN(mega))), r.known
		if lsn(n, used) == end {
			until = r.now
		}
		o := r.wal(r.line.Timeline, n, used, until, r.now)
		for key, other := range r.objects {
			// Shorter copies are removed at once, as a rule.
			if p, err := wal.ParseKey(key); err == nil && p.Timeline == o.Timeline && p.Number == n && p.Used < used && r.random.IntN(3) > 0 {
				r.remove(other.Key)
			}
		}
	}
	r.stored, r.known = end, r.now
}

// full takes a base backup, which sometimes dies.
func (r *reality) full() {
	began := r.now
	start := r.position(r.line, began)
	b := described(began, r.line.Timeline, start, 0)
	for _, f := range b.Files {
		r.objects[b.Key(f.Name)] = store.Object{Key: b.Key(f.Name), Size: f.Size, Written: began}
	}
	r.now = began.Add(time.Duration(1+r.random.IntN(180)) * time.Minute)
	b.Stop, b.Consistent = r.position(r.line, r.now), r.now.Add(time.Minute)
	r.now = r.now.Add(2 * time.Minute)
	r.drain()
	b.Ended = r.now
	if r.random.IntN(12) > 0 {
		r.describe(b)
	}
}

// turn begins a timeline at a moment: the present one of a promotion, or one in the
// past of a restore.
func (r *reality) turn(moment time.Time) {
	next := wal.Timeline(len(r.lines) + 1)
	at := r.position(r.line, moment)
	var before []wal.Switch
	for _, s := range r.line.Before {
		if s.At < at {
			before = append(before, s)
		}
	}
	if from := r.line.At(at); len(before) == 0 || before[len(before)-1].From != from {
		before = append(before, wal.Switch{From: from, At: at})
	}
	r.line = wal.History{Timeline: next, Before: before}
	r.lines[next], r.begun[next] = r.line, mark{at, r.now}
	r.stored = mega.Start(at)
	if r.random.IntN(3) == 0 {
		// The slot was made later, and what came before it is not stored.
		r.now = r.now.Add(time.Duration(r.random.IntN(600)) * time.Minute)
		r.stored = r.position(r.line, r.now)
	}
	r.history(next, before...)
}

// live goes on for some hours.
func (r *reality) live() {
	r.now = r.now.Add(time.Duration(10+r.random.IntN(400)) * time.Minute)
	switch n := r.random.IntN(100); {
	case n < 60:
		r.drain()
	case n < 85:
		r.full()
	case n < 90:
		// The slot is lost.
		r.stored = mega.Start(r.position(r.line, r.now))
	case n < 93:
		r.drain()
		r.turn(r.now)
	case n < 95:
		r.turn(r.now.Add(-time.Duration(r.random.IntN(3000)) * time.Minute))
	case n < 98:
		all := r.keys(wal.Prefix)
		if len(all) > 0 {
			r.remove(all[r.random.IntN(len(all))])
		}
	}
}

func (w *world) keys(prefix string) (all []string) {
	for key := range w.objects {
		if len(key) > len(prefix) && key[:len(prefix)] == prefix {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return all
}

// holds checks a plan against what really happened: that its WAL is there, goes on
// without a break, is of the right line throughout, and passes the moment.
func (r *reality) holds(p Plan, moment time.Time) error {
	line := r.lines[p.Timeline]
	if !p.Backup.Consistent.Before(moment.Add(time.Nanosecond)) || r.lines[p.Timeline].At(p.Backup.Stop-1) != p.Backup.Timeline {
		return fmt.Errorf("the base backup %s is no beginning", p.Backup.ID)
	}
	next := mega.Start(p.Backup.Start)
	for _, o := range p.Segments {
		if _, ok := r.objects[o.Key()]; !ok || o.Start() != next {
			return fmt.Errorf("%s is not there or not the next", o.Key())
		}
		// A line is another one only where it was turned.
		marks := []wal.LSN{o.Start(), o.End() - 1}
		for _, s := range append(slices.Clone(line.Before), r.lines[o.Timeline].Before...) {
			if s.At > o.Start() && s.At < o.End() {
				marks = append(marks, s.At-1, s.At)
			}
		}
		for _, m := range marks {
			if r.lines[o.Timeline].At(m) != line.At(m) {
				return fmt.Errorf("%s is of another line at %s", o.FileName(), m)
			}
		}
		next = o.End()
		if !o.Whole() && o != p.Segments[len(p.Segments)-1] {
			return fmt.Errorf("%s is not whole", o.FileName())
		}
	}
	if want := max(r.position(line, moment), p.Backup.Stop); next < want {
		return fmt.Errorf("WAL goes to %s and not to %s", next, want)
	}
	return nil
}

// spans are the moments from a time on that can be restored along a timeline.
func (c *Catalog) moments(t wal.Timeline, from time.Time) []Window {
	var all []Window
	for _, w := range joined(c.windows(t)) {
		if w.From.Before(from) {
			w.From = from
		}
		if !w.To.Before(w.From) {
			all = append(all, w)
		}
	}
	return all
}

// lost compares what could be restored with what can be.
func lost(before, after *Catalog, from time.Time) error {
	for _, t := range append([]wal.Timeline{0}, before.timelines...) {
		now := after.moments(t, from)
		for _, w := range before.moments(t, from) {
			if !slices.ContainsFunc(now, func(n Window) bool { return !n.From.After(w.From) && !n.To.Before(w.To) }) {
				return fmt.Errorf("timeline %d: %s to %s is lost", t, w.From, w.To)
			}
		}
	}
	return nil
}

// useful are the base backups that can be restored to their own moment.
func useful(c *Catalog) map[string]bool {
	all := map[string]bool{}
	for _, w := range c.Windows() {
		all[w.Backup] = true
	}
	return all
}

// prune removes the surplus of a moment one by one, and looks after each removal,
// or after some.
func (r *reality) prune(t *testing.T, every int) error {
	before := r.read(t)
	names := before.Surplus(r.now, kept)
	could := useful(before)
	for i, name := range names {
		r.remove(name)
		if i%every != 0 && i != len(names)-1 {
			continue
		}
		after := r.read(t)
		if err := lost(before, after, r.now.Add(-Moments)); err != nil {
			return fmt.Errorf("after %d removals, %s the last: %w", i+1, name, err)
		}
		can := useful(after)
		for _, b := range before.Backups {
			listed := slices.ContainsFunc(after.Backups, func(a Backup) bool { return a.ID == b.ID })
			if could[b.ID] && !can[b.ID] && (listed || b.Consistent.After(r.now.Add(-Backups))) {
				return fmt.Errorf("after %d removals, %s the last: %s cannot be restored any more, listed: %v", i+1, name, b.ID, listed)
			}
		}
		if len(after.Damaged) > len(before.Damaged) {
			return fmt.Errorf("after %d removals, %s the last: %q", i+1, name, after.Damaged)
		}
	}
	return nil
}

// plans makes plans for moments of all kinds and checks them.
func (r *reality) plans(t *testing.T) error {
	c := r.read(t)
	var moments []time.Time
	for _, w := range c.Windows() {
		moments = append(moments, w.From, w.To, w.From.Add(-time.Second), w.To.Add(time.Second))
	}
	for range 40 {
		moments = append(moments, r.now.Add(-time.Duration(r.random.Int64N(int64(35*day)))))
	}
	for _, timeline := range append([]wal.Timeline{0}, c.timelines...) {
		for _, m := range moments {
			p, err := c.Plan(m, timeline)
			inside := slices.ContainsFunc(c.windows(timeline), func(w Window) bool { return w.holds(m) })
			if (err == nil) != inside {
				return fmt.Errorf("timeline %d, %s: inside %v, and %w", timeline, m, inside, err)
			}
			if err == nil {
				if err := r.holds(p, m); err != nil {
					return fmt.Errorf("timeline %d, %s: %w", timeline, m, err)
				}
			}
		}
	}
	return nil
}

// Whatever happens, and wherever a prune is killed: each moment of the last week
// that could be restored still can be, no base backup is listed that no longer can
// be, each of the last month still can be; and every plan does what it says.
func TestWhateverHappens(t *testing.T) {
	t.Parallel()
	pruned, planned := 0, 0
	for seed := range uint64(24) {
		r := newReality(seed)
		end := at(time.Duration(3+r.random.IntN(45)) * day)
		for r.now.Before(end) {
			r.live()
			if r.random.IntN(25) > 0 {
				continue
			}
			had := len(r.objects)
			if err := r.prune(t, 1+r.random.IntN(30)); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			pruned += had - len(r.objects)
		}
		if err := r.plans(t); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		planned += len(r.read(t).Windows())
	}
	if pruned < 1000 || planned < 100 {
		t.Errorf("too little happened: %d removals, %d windows", pruned, planned)
	}
}
