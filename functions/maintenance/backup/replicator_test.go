package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// A base backup, and then WAL as it comes: every moment up to the last drain can be
// restored, and of each segment one object is there.
func TestWALFollowsABaseBackup(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	if due, err := c.Incremental().Due(t.Context(), time.Now()); due || err != nil {
		t.Errorf("without a base backup WAL is due: %v", err)
	}
	c.succeed(t, c.Full().Do)
	for i := range 3 {
		if due, err := c.Incremental().Due(t.Context(), time.Now()); !due || err != nil {
			t.Fatalf("WAL is not due: %v", err)
		}
		c.fill(t, i)
		before := c.stored(t)
		said := c.succeed(t, c.Incremental().Do)
		c.chain(t, before)
		// The segment that was not finished, and those that have begun since.
		if want := fmt.Sprintf(": %d objects", i+1); !strings.Contains(said, want) {
			t.Errorf("got %q, wanted %q", said, want)
		}
	}
	// Nothing has happened but the mark itself.
	before := c.stored(t)
	c.succeed(t, c.Incremental().Do)
	after := c.stored(t)
	if len(after) != len(before) || !slices.Equal(after[:len(after)-1], before[:len(before)-1]) || after[len(after)-1].Used <= before[len(before)-1].Used {
		t.Errorf("after an idle time: %v and then %v", before, after)
	}
	windows, noted := c.catalog(t).Windows(), c.noted(t)
	if len(windows) != 1 || windows[0].Gap != "" || windows[0].To.Unix() != noted.Reached.Unix() {
		t.Errorf("the windows are %v, and %s is written down", windows, noted.Reached)
	}
	full := c.catalog(t).Backups[0]
	if noted.Lost || noted.FullBytes != full.Bytes() || noted.Full.Unix() != full.Ended.Unix() || noted.Retained <= 0 {
		t.Errorf("written down is %+v", noted)
	}
}

// chain checks that what is stored is without a gap, each segment once, and says of
// later ones no earlier time.
func (c *cluster) chain(t *testing.T, before []wal.Object) {
	t.Helper()
	all := c.stored(t)
	for i, o := range all[1:] {
		if last := all[i]; o.Number != last.Number+1 || !last.Whole() || o.Until.Before(last.Until) {
			t.Errorf("%v follows %v", o, last)
		}
	}
	for _, o := range before {
		// A segment that has grown holds at the least what it held.
		if now := all[o.Number-all[0].Number]; now.Number != o.Number || now.Until.Before(o.Until) {
			t.Errorf("%v, which was %v", now, o)
		}
	}
	if last, now := before[len(before)-1], all[len(all)-1]; now.End() <= last.End() || !now.Until.After(last.Until) {
		t.Errorf("%v and later %v", last, now)
	}
}

// When WAL is gone there is a gap, which is seen, and a base backup at once.
func TestWALThatIsGone(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.succeed(t, c.Full().Do)
	c.lose(t)
	if !c.noted(t).Lost {
		t.Error("the slot is gone, and nobody is told")
	}
	said := c.succeed(t, c.Incremental().Do)
	if !strings.Contains(said, "was missing") || c.noted(t).Lost {
		t.Errorf("got %q, and %+v", said, c.noted(t))
	}
	read := c.catalog(t)
	gaps := read.Gaps()
	if len(read.Backups) != 2 || len(gaps) != 1 || !gaps[0].Before.Equal(read.Backups[1].Consistent) || gaps[0].Backup != "" {
		t.Errorf("%d base backups, %v", len(read.Backups), gaps)
	}
	if due, err := c.Full().Due(t.Context(), c.fixed.Now()); due || err != nil {
		t.Errorf("after a base backup one is due: %v", err)
	}
	before := c.stored(t)
	if said := c.succeed(t, c.Incremental().Do); strings.Contains(said, "was missing") || len(c.stored(t)) != len(before) {
		t.Errorf("got %q", said)
	}
}

// A base backup whose own WAL is lost does not count, even when somebody has drained
// the new slot meanwhile and what is stored last is in order.
func TestABaseBackupWithoutItsWAL(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(c *cluster) error{
		"nobody was there": func(*cluster) error { return nil },
		"somebody drained the new slot": func(c *cluster) error {
			conn, err := c.Connect(t.Context())
			if err != nil {
				return err
			}
			defer conn.Close()
			_, err = c.drain(t.Context(), conn)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t)
			c.connected = func(before int) {
				if before != 1 {
					return
				}
				c.connected = nil
				c.lose(t)
				if err := meanwhile(c); err != nil {
					t.Error(err)
				}
			}
			if _, err := c.Full().Do(t.Context()); !errors.Is(err, errHole) {
				t.Errorf("got %v", err)
			}
			c.undescribed(t)
			c.fixed.Advance(time.Minute)
			c.succeed(t, c.Full().Do)
			if windows := c.catalog(t).Windows(); len(windows) != 1 {
				t.Errorf("afterwards: %v", windows)
			}
		})
	}
}

// undescribed checks that there is no base backup that counts.
func (c *cluster) undescribed(t *testing.T) {
	t.Helper()
	if found, _ := filepath.Glob(filepath.Join(c.dir, "base", "*", catalog.Description)); len(found) > 0 {
		if info, err := os.Stat(found[0]); err != nil || info.Mode().IsRegular() {
			t.Errorf("described: %q", found)
		}
	}
	if due, err := c.Full().Due(t.Context(), c.fixed.Now()); !due || err != nil {
		t.Errorf("none is due: %v", err)
	}
}

// Whichever object cannot be written, the base backup does not count, and the next
// one does.
func TestABaseBackupThatCannotBeStored(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	for _, blocked := range []string{"base/ID/base.tar", "base/ID/backup_manifest", "wal/00000001", "base/ID/backup.json"} {
		c.fixed.Advance(time.Minute)
		path := filepath.Join(c.dir, strings.ReplaceAll(blocked, "ID", wal.Stamp(c.fixed.Now())))
		block(t, path, strings.HasPrefix(blocked, "base/"))
		if said, err := c.Full().Do(t.Context()); err == nil {
			t.Errorf("without %s: %q", blocked, said)
		}
		c.undescribed(t)
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	c.fixed.Advance(time.Minute)
	c.succeed(t, c.Full().Do)
	// WAL that could not be stored is still there the next time.
	before, folder := c.stored(t), filepath.Join(c.dir, "wal")
	c.fill(t, 2)
	if err := os.Rename(folder, c.dir+".wal"); err != nil {
		t.Fatal(err)
	}
	block(t, folder, false)
	if said, err := c.Incremental().Do(t.Context()); err == nil {
		t.Errorf("without a place for WAL: %q", said)
	}
	if err := errors.Join(os.Remove(folder), os.Rename(c.dir+".wal", folder)); err != nil {
		t.Fatal(err)
	}
	c.succeed(t, c.Incremental().Do)
	c.chain(t, before)
	if c.noted(t).Lost {
		t.Error("the slot counts as lost")
	}
}

// block puts something into the place of an object: what cannot be replaced by one,
// or a file that cannot have one in it.
func block(t *testing.T, path string, folder bool) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if folder {
		err = errors.Join(err, os.MkdirAll(filepath.Join(path, "x"), 0o700))
	} else {
		err = errors.Join(err, os.WriteFile(path, nil, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// gate lets the WAL that is drained through when it is opened.
type gate struct{ reached, open chan struct{} }

func (g gate) Keep(_ context.Context, _ wal.Timeline, _ uint64, data io.Reader) error {
	g.reached <- struct{}{}
	<-g.open
	_, err := io.Copy(io.Discard, data)
	return err
}

func (gate) KeepHistory(context.Context, wal.History) error { return nil }

// Somebody else is at the slot when the base backup has come to its WAL: it waits,
// and a drain on its own does not.
func TestASlotThatIsInUse(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.connected = func(before int) {
		if before != 1 {
			return
		}
		c.connected = nil
		other, err := c.Connect(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		slot, err := other.Slot(t.Context(), c.Slot)
		if err != nil {
			t.Error(err)
		}
		g := gate{make(chan struct{}), make(chan struct{})}
		go func() {
			defer other.Close()
			_, _ = other.Drain(t.Context(), slot, slot.Restart+1, g)
		}()
		<-g.reached
		if said, err := c.Incremental().Do(t.Context()); err != nil || !strings.Contains(said, "another process") {
			t.Errorf("got %q, %v", said, err)
		}
		go c.openLater(t, g)
	}
	c.succeed(t, c.Full().Do)
	if windows := c.catalog(t).Windows(); len(windows) != 1 {
		t.Errorf("the windows are %v", windows)
	}
}

// openLater opens the gate when the base backup has been refused the slot: each try
// leaves its mark first.
func (c *cluster) openLater(t *testing.T, g gate) {
	defer close(g.open)
	marks := map[time.Time]bool{}
	for len(marks) < 3 {
		at, err := c.Beat.Last(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		marks[at] = true
	}
}
