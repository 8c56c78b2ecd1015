package catalog

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

const half = uint64(mega) / 2

// names are PostgreSQL's of a plan's segments.
func names(p Plan) (all []string) {
	for _, o := range p.Segments {
		all = append(all, o.FileName())
	}
	return all
}

func TestAPlanIsTheYoungestBackupAndTheWALAfterIt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	w.whole(1, 2, 30, at(0))
	second := w.base(at(24*time.Hour), 1, lsn(25, 40), lsn(26, 0))
	w.wal(1, 31, half, at(30*time.Hour), at(30*time.Hour))
	c := w.read(t)
	if got := c.Windows(); len(got) != 2 || got[0].From != at(time.Minute) || got[0].To != at(30*time.Hour) || got[1].From != second.Consistent || got[1].Gap != "" {
		t.Fatalf("got %v", got)
	}
	p, err := c.Plan(at(26*time.Hour), 0)
	if err != nil || p.Backup.ID != second.ID || p.Timeline != 1 || p.Reach != at(30*time.Hour) {
		t.Fatalf("got %v, %v", p, err)
	}
	if want := []string{"000000010000000000000019", "00000001000000000000001A", "00000001000000000000001B"}; !slices.Equal(names(p), want) {
		t.Errorf("got %v", names(p))
	}
	if p, err := c.Plan(time.Time{}, 0); err != nil || p.Segments[len(p.Segments)-1].Used != half {
		t.Errorf("as far as it goes: got %v, %v", p, err)
	}
	for _, moment := range []time.Time{at(0), at(30*time.Hour + time.Millisecond)} {
		_, err := c.Plan(moment, 0)
		var outside *OutsideError
		if !errors.As(err, &outside) || len(outside.Windows) != 2 || !strings.Contains(err.Error(), "2026-11-01T02:01:00Z to 2026-11-02T08:00:00Z") {
			t.Errorf("%s: got %v", moment, err)
		}
	}
	if gaps := c.Gaps(); len(gaps) > 0 {
		t.Errorf("got %v", gaps)
	}
}

func TestWithoutABackupThereIsNoPlan(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.whole(1, 2, 4, at(0))
	if _, err := w.read(t).Plan(time.Time{}, 0); !errors.Is(err, ErrEmpty) {
		t.Errorf("got %v", err)
	}
	w.base(at(0), 1, lsn(5, 40), lsn(5, 400))
	_, err := w.read(t).Plan(time.Time{}, 0)
	var outside *OutsideError
	if !errors.As(err, &outside) || !strings.Contains(err.Error(), "no base backup can be restored") {
		t.Errorf("no WAL for the only one: got %v", err)
	}
}

// The server was promoted in the middle of segment 5: the new timeline's first
// segment repeats the beginning of the old one's.
func TestAPromotionIsFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	w.whole(1, 2, 4, at(0))
	w.wal(1, 5, half, at(4*time.Hour), at(4*time.Hour))
	w.history(2, wal.Switch{From: 1, At: lsn(5, half)})
	// The history alone changes nothing.
	if got := w.read(t).Windows(); len(got) != 1 || got[0].Timeline != 1 || got[0].To != at(4*time.Hour) {
		t.Fatalf("got %v", got)
	}
	w.whole(2, 5, 6, at(4*time.Hour))
	c := w.read(t)
	p, err := c.Plan(time.Time{}, 0)
	want := []string{"000000010000000000000002", "000000010000000000000003", "000000010000000000000004", "000000020000000000000005", "000000020000000000000006"}
	if err != nil || p.Timeline != 2 || !slices.Equal(names(p), want) || p.Reach != at(6*time.Hour) {
		t.Errorf("got %v, %v", p, err)
	}
	if len(p.Histories) != 1 || p.Histories[0].Timeline != 2 || len(p.Histories[0].Text) == 0 {
		t.Errorf("got %v", p.Histories)
	}
	// On request the old one, as far as it went.
	if p, err := c.Plan(time.Time{}, 1); err != nil || p.Timeline != 1 || p.Reach != at(4*time.Hour) {
		t.Errorf("got %v, %v", p, err)
	}
	// The old timeline's piece serves until the new one's segment is there.
	for _, o := range c.Segments() {
		if o.Timeline == 2 && o.Number == 5 {
			w.remove(o.Key())
		}
	}
	got := w.read(t).Windows()
	if len(got) != 1 || got[0].Timeline != 2 || got[0].To != at(4*time.Hour) || got[0].Gap != "000000020000000000000005" {
		t.Errorf("got %v", got)
	}
}

// After a restore to a moment in segment 5 the old timeline's later WAL is a branch
// that nobody wants, unless asked for.
func TestAnAbandonedBranchIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	first := w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	w.whole(1, 2, 9, at(0))
	abandoned := w.base(at(6*time.Hour), 1, lsn(8, 40), lsn(8, 400))
	w.history(2, wal.Switch{From: 1, At: lsn(5, half)})
	w.whole(2, 5, 7, at(10*time.Hour))
	c := w.read(t)
	p, err := c.Plan(at(12*time.Hour), 0)
	if err != nil || p.Timeline != 2 || p.Backup.ID != first.ID || p.Segments[3].Timeline != 2 || len(p.Segments) != 5 {
		t.Errorf("got %v, %v", p, err)
	}
	// A moment that both have is the new one's, although a younger backup is on the old.
	if p, err := c.Plan(at(7*time.Hour), 0); err != nil || p.Timeline != 2 || p.Backup.ID != first.ID {
		t.Errorf("got %v, %v", p, err)
	}
	if p, err := c.Plan(at(7*time.Hour), 1); err != nil || p.Timeline != 1 || p.Backup.ID != abandoned.ID {
		t.Errorf("got %v, %v", p, err)
	}
	var outside *OutsideError
	if _, err := c.Plan(at(12*time.Hour), 1); !errors.As(err, &outside) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Plan(at(12*time.Hour), 3); !errors.As(err, &outside) {
		t.Errorf("a timeline that is not there: got %v", err)
	}
}

// Of the old timeline's segment only a beginning belongs to the new timeline: it
// serves as far as it was not left.
func TestWhatLiesBeyondTheSwitchDoesNotServe(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	w.whole(1, 2, 5, at(0))
	w.history(2, wal.Switch{From: 1, At: lsn(5, half)})
	w.whole(2, 6, 7, at(10*time.Hour))
	if got := w.read(t).Windows(); len(got) != 1 || got[0].To != at(3*time.Hour) || got[0].Gap != "000000020000000000000005" {
		t.Errorf("got %v", got)
	}
	w.wal(1, 5, half-1, at(3*time.Hour+30*time.Minute), at(4*time.Hour))
	if got := w.read(t).Windows(); len(got) != 1 || got[0].To != at(3*time.Hour+30*time.Minute) {
		t.Errorf("got %v", got)
	}
}

// A timeline is not followed from a base backup that was not whole when it began.
func TestABackupAcrossASwitchStaysOnItsTimeline(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.base(at(0), 1, lsn(5, 40), lsn(5, half+8))
	w.whole(1, 5, 6, at(0))
	w.history(2, wal.Switch{From: 1, At: lsn(5, half)})
	w.whole(2, 5, 9, at(2*time.Hour))
	if got := w.read(t).Windows(); len(got) != 1 || got[0].Timeline != 1 || got[0].To != at(2*time.Hour) {
		t.Errorf("got %v", got)
	}
}

func TestALostSlotIsAGap(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	w.whole(1, 2, 4, at(0))
	second := w.base(at(10*time.Hour), 1, lsn(9, 40), lsn(9, 400))
	w.whole(1, 9, 11, at(10*time.Hour))
	c := w.read(t)
	got := c.Windows()
	if len(got) != 2 || got[0].To != at(3*time.Hour) || got[0].Gap != "000000010000000000000005" || got[1].Gap != "" {
		t.Fatalf("got %v", got)
	}
	if want := (Gap{Missing: "000000010000000000000005", After: at(3 * time.Hour), Before: second.Consistent}); !slices.Equal(c.Gaps(), []Gap{want}) {
		t.Errorf("got %v", c.Gaps())
	}
	for moment, inside := range map[time.Time]bool{
		at(3*time.Hour + time.Millisecond): true, second.Consistent.Add(-time.Millisecond): true,
		at(0): false, at(20 * time.Hour): false,
	} {
		_, err := c.Plan(moment, 0)
		var gap *GapError
		var outside *OutsideError
		if errors.As(err, &gap) != inside || errors.As(err, &outside) == inside {
			t.Errorf("%s: got %v", moment, err)
		}
		if inside && (gap.Missing != "000000010000000000000005" || gap.After != at(3*time.Hour) || gap.Before != second.Consistent ||
			!strings.Contains(err.Error(), "2026-11-01T05:00:00Z") || !strings.Contains(err.Error(), "2026-11-01T12:01:00Z")) {
			t.Errorf("got %v", err)
		}
	}
	for _, moment := range []time.Time{at(3 * time.Hour), second.Consistent} {
		if _, err := c.Plan(moment, 0); err != nil {
			t.Errorf("%s: got %v", moment, err)
		}
	}
}

// The hole goes on to now: there is WAL after it, and no base backup.
func TestAGapWithoutABackupAfterIt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	w.whole(1, 2, 4, at(0))
	w.whole(1, 6, 8, at(4*time.Hour))
	c := w.read(t)
	var gap *GapError
	if _, err := c.Plan(at(6*time.Hour), 0); !errors.As(err, &gap) || !gap.Before.IsZero() {
		t.Errorf("got %v", err)
	}
	var outside *OutsideError
	if _, err := c.Plan(at(60*time.Hour), 0); !errors.As(err, &outside) {
		t.Errorf("got %v", err)
	}
	if p, err := c.Plan(time.Time{}, 0); err != nil || p.Reach != at(3*time.Hour) {
		t.Errorf("got %v, %v", p, err)
	}
}

// A hole in a base backup's own WAL makes it useless: it has no window.
func TestAHoleBetweenStartAndStop(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	w.whole(1, 2, 4, at(0))
	useless := w.base(at(5*time.Hour), 1, lsn(6, 40), lsn(7, 400))
	w.wal(1, 6, uint64(mega), at(6*time.Hour), at(6*time.Hour))
	w.wal(1, 7, 399, at(6*time.Hour), at(6*time.Hour))
	c := w.read(t)
	if got := c.Windows(); len(got) != 1 || got[0].Gap != "000000010000000000000005" {
		t.Errorf("got %v", got)
	}
	got := c.Gaps()
	if len(got) != 2 || got[1].Backup != useless.ID || got[1].Missing != "000000010000000000000007" || got[1].After != at(3*time.Hour) {
		t.Errorf("got %v", got)
	}
}

func TestTheLongestObjectOfASegmentCounts(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	w.whole(1, 2, 2, at(0))
	w.wal(1, 3, half, at(90*time.Minute), at(0))
	twin := w.wal(1, 3, uint64(mega), at(2*time.Hour), at(0))
	other := w.wal(1, 3, uint64(mega), at(2*time.Hour), at(0))
	w.wal(1, 3, half+1, at(95*time.Minute), at(0))
	c := w.read(t)
	o, ok := c.Segment("000000010000000000000003")
	if want := min(twin.SHA256, other.SHA256); !ok || !o.Whole() || o.SHA256 != want {
		t.Errorf("got %v", o)
	}
	if _, ok := c.Segment("000000010000000000000004"); ok {
		t.Error("there is a segment that was never stored")
	}
	if _, ok := c.Segment("../../etc/passwd"); ok {
		t.Error("there is a segment of a name that is none")
	}
	// A longer one that does not say until when takes nothing back.
	w = newWorld()
	w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	w.wal(1, 2, half, at(time.Hour), at(0))
	w.wal(1, 2, uint64(mega), time.Time{}, at(0))
	if got := w.read(t).Windows(); len(got) != 1 || got[0].To != at(time.Hour) {
		t.Errorf("got %v", got)
	}
}

// PostgreSQL follows no timeline whose history is not there.
func TestATimelineWithoutItsHistory(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.base(at(0), 2, lsn(2, 40), lsn(2, 400))
	w.whole(2, 2, 4, at(0))
	c := w.read(t)
	if len(c.Windows()) != 0 || len(c.Damaged) != 1 || !strings.HasPrefix(c.Damaged[0], "history/00000002.history: ") {
		t.Errorf("got %v, %q", c.Windows(), c.Damaged)
	}
	if got := c.Gaps(); len(got) != 1 || got[0].Missing != "00000002.history" {
		t.Errorf("got %v", got)
	}
}
