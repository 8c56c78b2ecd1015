package catalog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
)

const day = 24 * time.Hour

// A month and more of days, each with a base backup and six segments.
func month(w *world, days int) {
	for d := range days {
		began := at(time.Duration(d) * day)
		n := uint64(6*d + 1)
		w.base(began, 1, lsn(n, 40), lsn(n, 400))
		for i := range uint64(6) {
			moment := began.Add(time.Duration(i+1) * 4 * time.Hour)
			w.wal(1, n+i, uint64(mega), moment, moment)
		}
	}
}

func TestSurplus(t *testing.T) {
	t.Parallel()
	w := newWorld()
	month(w, 40)
	now := at(40 * day)
	c := w.read(t)
	before := c.Windows()
	names := c.Surplus(now, kept)
	for _, name := range names {
		w.remove(name)
	}
	after := w.read(t)
	// From day 10 on, and of those before the last week only what is theirs.
	if len(after.Backups) != 30 || after.Backups[0].ID != wal.Stamp(at(10*day)) {
		t.Errorf("%d are left from %s on", len(after.Backups), after.Backups[0].ID)
	}
	for i, got := range after.Windows() {
		was := before[i+10]
		switch week := got.From.After(at(32 * day)); {
		case got.Backup != was.Backup || got.Gap != "":
			t.Errorf("got %v, was %v", got, was)
		case week && got.To != at(40*day):
			t.Errorf("%v gives up moments of the last week", got)
		case !week && got.To.Sub(got.From) > 4*time.Hour:
			t.Errorf("%v keeps more than what is its own", got)
		}
	}
	if gaps := after.Gaps(); len(gaps) > 0 {
		t.Errorf("what was given up on purpose is a gap: %v", gaps)
	}
	if again := after.Surplus(now, kept); len(again) > 0 {
		t.Errorf("there is more to remove: %q", again)
	}
	ordered(t, names)
}

// ordered: a description before its files, and WAL last.
func ordered(t *testing.T, names []string) {
	t.Helper()
	gone, inWAL := map[string]bool{}, false
	for _, name := range names {
		folder := name[:strings.LastIndex(name, "/")+1]
		switch {
		case strings.HasPrefix(name, wal.Prefix):
			inWAL = true
		case inWAL:
			t.Errorf("%s comes after WAL", name)
		case strings.HasSuffix(name, Description):
			gone[folder] = true
		case strings.HasPrefix(name, BasePrefix) && !gone[folder]:
			t.Errorf("%s comes before its description", name)
		}
	}
}

// When no backups are made any more, none are removed.
func TestADeadSystemKeepsItsBackups(t *testing.T) {
	t.Parallel()
	w := newWorld()
	month(w, 8)
	first := w.read(t).Surplus(at(8*day), kept)
	if later := w.read(t).Surplus(at(400*day), kept); !slices.Equal(first, later) {
		t.Errorf("after a year without backups it would remove %q", later)
	}
}

// A base backup that is not described yet needs WAL that leads nowhere yet.
func TestABackupInTheMakingIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	month(w, 9)
	making := described(at(10*day), 1, lsn(90, 40), lsn(90, 400))
	for _, name := range []string{Main, "16400.tar"} {
		w.objects[making.Key(name)] = store.Object{Key: making.Key(name), Size: 9, Written: making.Began}
	}
	theirs := w.wal(1, 90, uint64(mega), time.Time{}, at(10*day))
	for _, name := range w.read(t).Surplus(at(10*day+time.Hour), kept) {
		if name == theirs.Key() || strings.HasPrefix(name, Folder(making.ID)) {
			t.Errorf("removes %s", name)
		}
	}
	// What is still not described two days later is not being made any more.
	names := w.read(t).Surplus(at(12*day+time.Hour), kept)
	if !slices.Contains(names, making.Key(Main)) {
		t.Errorf("keeps what was never finished: %q", names)
	}
}

func TestStrays(t *testing.T) {
	t.Parallel()
	strays := []string{
		"base/nonsense/base.tar", "base/20261101T020000.000Z/base.tar.1234.tmp", "base/x", "wal/00000001/x",
		"history/x", "config/x", "drills/x",
	}
	for _, with := range []int{0, 1} {
		w := newWorld()
		month(w, with)
		for _, name := range append(strays, "drills/20261101T020000.000Z.jws", "somebody/else", "README") {
			w.objects[name] = store.Object{Key: name, Written: at(0)}
		}
		if got := w.read(t).Surplus(at(2*day), kept); len(got) > 0 {
			t.Errorf("%d: what may be being written is removed: %q", with, got)
		}
		got := w.read(t).Surplus(at(2*day+time.Second), kept)
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(strays)); !slices.Equal(got, want) {
			t.Errorf("%d: got %q", with, got)
		}
	}
}

func TestShorterCopiesAreRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld()
	month(w, 1)
	short := w.wal(1, 7, half, at(day+time.Hour), at(day))
	w.wal(1, 7, half+8, at(day+2*time.Hour), at(day))
	// This one says more than the longest, and so it stays.
	w.wal(1, 8, half, at(day+4*time.Hour), at(day))
	w.wal(1, 8, half+8, time.Time{}, at(day))
	if got := w.read(t).Surplus(at(2*day), kept); !slices.Equal(got, []string{short.Key()}) {
		t.Errorf("got %q", got)
	}
}

// A store with two clusters: whose WAL it is cannot be told, and none is removed.
func TestTwoClustersKeepTheirWAL(t *testing.T) {
	t.Parallel()
	w := newWorld()
	month(w, 40)
	foreign := described(at(20*day-time.Hour), 1, lsn(3, 40), lsn(3, 400))
	foreign.System = "12"
	w.describe(foreign)
	for _, name := range w.read(t).Surplus(at(40*day), kept) {
		if strings.HasPrefix(name, wal.Prefix) || strings.HasPrefix(name, Folder(foreign.ID)) {
			t.Errorf("removes %s", name)
		}
	}
	// As old as any, it goes, and WAL is pruned again.
	old := w.read(t).Surplus(at(40*day), Keep{Moments: Moments, Backups: 10 * day})
	if !slices.Contains(old, foreign.Key(Description)) {
		t.Error("a foreign description stays for good")
	}
}

// Copies of the configuration stay as long as base backups of their time.
func TestBundlesOfKeptBackupsStay(t *testing.T) {
	t.Parallel()
	w := newWorld()
	month(w, 40)
	var all []Bundle
	for _, d := range []int{0, 3, 9, 12, 39} {
		b := Bundle{Taken: at(time.Duration(d)*day + 10*time.Minute), SHA256: w.hash()}
		w.objects[b.Key()] = store.Object{Key: b.Key(), Written: b.Taken}
		all = append(all, b)
	}
	names := w.read(t).Surplus(at(40*day), kept)
	for i, b := range all {
		if slices.Contains(names, b.Key()) != (i < 2) {
			t.Errorf("%s: removed %v", b.Taken, i >= 2)
		}
	}
}

// What says up to when a base backup's own WAL reaches stays with it.
func TestTheWitnessOfAMomentStays(t *testing.T) {
	t.Parallel()
	w := newWorld()
	month(w, 40)
	b := w.read(t).Backups[20]
	own := w.read(t).Segments()[6*20]
	w.remove(own.Key())
	witness := w.wal(1, own.Number, half, b.Consistent, b.Began)
	w.wal(1, own.Number, uint64(mega), time.Time{}, b.Began)
	if slices.Contains(w.read(t).Surplus(at(40*day), kept), witness.Key()) {
		t.Error("it is removed")
	}
}

// A server's clock was ahead: its older WAL says that it reaches further.
func TestMomentsOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	w := newWorld()
	old := w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	theirs := w.wal(1, 2, uint64(mega), at(15*day), at(day))
	w.base(at(6*day), 1, lsn(5, 40), lsn(5, 400))
	w.wal(1, 5, uint64(mega), at(14*day), at(14*day))
	names := w.read(t).Surplus(at(14*day), Keep{Moments: Moments, Backups: Moments})
	if slices.Contains(names, theirs.Key()) || slices.Contains(names, old.Key(Description)) {
		t.Errorf("what it reaches is removed: %q", names)
	}
}
