package replica

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// pair is a server and its standby, which was made from a base backup.
func pair(t *testing.T) (primary, standby *server) {
	t.Helper()
	primary = own(t, room(t))
	primary.do(t, "SELECT pg_create_physical_replication_slot('standby', true)", "CREATE TABLE rows (n int)")
	dir := t.TempDir()
	if _, err := primary.dial(t, "").BaseBackup(t.Context(), func(int64, int64) {}, save(dir)); err != nil {
		t.Fatal(err)
	}
	there := room(t)
	home := filepath.Join(there, "postgres")
	if err := os.Chmod(there, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	primary.own(t, home)
	data := filepath.Join(home, "data")
	unpack(t, primary, filepath.Join(dir, "base.tar"), data)
	conninfo := fmt.Sprintf("primary_slot_name = 'standby'\nprimary_conninfo = '%s'\n", primary.address())
	for name, text := range map[string]string{"standby.signal": "", "postgresql.auto.conf": conninfo} {
		path := filepath.Join(data, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		primary.own(t, path)
	}
	standby = own(t, there)
	standby.do(t, "SELECT pg_create_physical_replication_slot('ours', true), pg_create_physical_replication_slot('held', true)")
	return primary, standby
}

// catchUp waits until the standby has what the primary has.
func catchUp(t *testing.T, primary, standby *server) {
	t.Helper()
	standby.until(t, fmt.Sprintf("SELECT pg_last_wal_replay_lsn() >= '%s'", primary.lsn(t, "SELECT pg_current_wal_flush_lsn()")))
}

// A standby is promoted while its WAL is being drained: the drain goes on from the
// old timeline to the new one, and misses nothing.
func TestAPromotionIsFollowed(t *testing.T) {
	t.Parallel()
	primary, standby := pair(t)
	conn := standby.dial(t, "")
	slot, err := conn.Slot(t.Context(), "ours")
	if err != nil {
		t.Fatal(err)
	}
	primary.fill(t, 3)
	catchUp(t, primary, standby)
	upTo := flushed(t, conn) + 2*wal.LSN(wal.DefaultSize)
	kept := &shelf{before: func(ctx context.Context, there int) error {
		if there != 1 {
			return nil
		}
		_, err := standby.db.ExecContext(ctx, "SELECT pg_promote()")
		standby.fill(t, 3)
		return err
	}}
	reached, err := conn.Drain(t.Context(), slot, upTo, kept)
	if err != nil || reached < upTo {
		t.Fatalf("up to %s and not %s: %v, %v", reached, upTo, kept.segments, err)
	}
	if len(kept.histories) != 1 || kept.histories[0].Timeline != 2 || len(kept.histories[0].Before) != 1 {
		t.Fatalf("the histories are %v", kept.histories)
	}
	line(t, standby, kept, slot)
	if got := standby.restart(t, slot); got != wal.DefaultSize.Start(reached) {
		t.Errorf("the server keeps WAL from %s on after %s was reached", got, reached)
	}
	// The next one begins on the new timeline.
	if slot, err = conn.Slot(t.Context(), "ours"); err != nil || slot.Timeline != 2 {
		t.Fatalf("%v, %v", slot, err)
	}
	standby.fill(t, 1)
	next := &shelf{}
	if _, err := conn.Drain(t.Context(), slot, flushed(t, conn), next); err != nil || next.segments[0].timeline != 2 {
		t.Fatalf("%v: %v", next.segments, err)
	}
	same(t, standby, next.segments)
}

// line checks that what was kept leads along the history without a gap.
func line(t *testing.T, s *server, kept *shelf, slot Slot) {
	t.Helper()
	same(t, s, kept.segments)
	left := kept.histories[0].Before[0].At
	next, last := wal.DefaultSize.Number(slot.Restart), kept.segments[0]
	for i, p := range kept.segments {
		if p.timeline == 2 && last.timeline == 1 {
			if got := wal.LSN(last.number*uint64(wal.DefaultSize)) + wal.LSN(len(last.data)); i > 0 && got != left {
				t.Errorf("timeline 1 is kept up to %s, and was left at %s", got, left)
			}
			// The segment in which it was left is there on both.
			next = wal.DefaultSize.Number(left)
			if n := wal.DefaultSize.Offset(left); p.number == last.number && !bytes.Equal(p.data[:n], last.data[:n]) {
				t.Errorf("%s does not begin as %s", p, last)
			}
		}
		if p.number != next || p.timeline == 1 && p.end() > left {
			t.Errorf("%s where segment %d was expected, of %v", p, next, kept.segments)
		}
		next, last = p.number+1, p
	}
	if last.timeline != 2 {
		t.Errorf("nothing of timeline 2: %v", kept.segments)
	}
}

// The timeline is left at the very byte with which the drain would go on: there is
// nothing to be had of it any more.
func TestATimelineThatEndsWhereTheDrainBegins(t *testing.T) {
	t.Parallel()
	primary, standby := pair(t)
	conn := standby.dial(t, "")
	var left wal.LSN
	for left == 0 {
		primary.fill(t, 1)
		primary.do(t, "SELECT pg_switch_wal()")
		catchUp(t, primary, standby)
		standby.do(t, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
		standby.until(t, "SELECT count(*) = 0 FROM pg_stat_wal_receiver")
		left = standby.lsn(t, "SELECT pg_last_wal_replay_lsn()")
		// The server itself may have written a record meanwhile.
		if wal.DefaultSize.Offset(left) != 0 {
			left = 0
			standby.do(t, "ALTER SYSTEM SET primary_conninfo = '"+primary.address()+"'", "SELECT pg_reload_conf()")
		}
	}
	slot, err := conn.Slot(t.Context(), "ours")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Drain(t.Context(), slot, left, &shelf{}); err != nil {
		t.Fatal(err)
	}
	if slot, err = conn.Slot(t.Context(), "ours"); err != nil || slot.Restart != left || slot.Timeline != 1 {
		t.Fatalf("left at %s: %v, %v", left, slot, err)
	}
	standby.do(t, "SELECT pg_promote()")
	standby.fill(t, 2)
	upTo, kept := flushed(t, conn), &shelf{}
	if reached, err := conn.Drain(t.Context(), slot, upTo, kept); err != nil || reached < upTo {
		t.Fatalf("up to %s and not %s: %v, %v", reached, upTo, kept.segments, err)
	}
	if len(kept.histories) != 1 || kept.histories[0].Before[0].At != left {
		t.Fatalf("left at %s: %v", left, kept.histories)
	}
	line(t, standby, kept, Slot{Restart: left})
}
