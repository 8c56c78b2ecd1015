package backup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/replica"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/recovery"
)

// Replicator copies the server: base backups and WAL.
type Replicator struct {
	Settings
	Beat recovery.Beat
	// Noted is where what was done is written down for those who watch.
	Noted recovery.Backups
	Clock clock.Clock
	Log   *slog.Logger
	// Retry is how long to wait for a slot that somebody else is at.
	Retry time.Duration
}

// Retry is the usual wait for a slot that is in use.
const Retry = time.Second

// note writes down what was done. What was done is done, whether or not it could be
// written down: whoever watches then sees something older, and complains.
func (r *Replicator) note(ctx context.Context, err error) {
	if err != nil {
		r.Log.ErrorContext(ctx, "what became of a backup could not be written down", "error", problem.Redact(err.Error()))
	}
}

// drained is what a drain has come to.
type drained struct {
	from, to wal.LSN
	timeline wal.Timeline
	until    time.Time
	objects  int
	stored   int64
}

func (d drained) String() string {
	return fmt.Sprintf("WAL up to %s (timeline %d) is stored, every moment up to %s: %d objects, %d bytes",
		d.to, d.timeline, d.until.Format(time.RFC3339), d.objects, d.stored)
}

// slot is the slot, which is made if it is not there or was lost.
func (r *Replicator) slot(ctx context.Context, conn *replica.Conn) (replica.Slot, error) {
	slot, err := conn.Slot(ctx, r.Slot)
	if errors.Is(err, replica.ErrNoSlot) || errors.Is(err, replica.ErrLost) {
		return conn.MakeSlot(ctx, r.Slot)
	}
	return slot, err
}

// drain stores all WAL up to now.
func (r *Replicator) drain(ctx context.Context, conn *replica.Conn) (drained, error) {
	if err := r.belongs(ctx, conn); err != nil {
		return drained{}, err
	}
	slot, err := r.slot(ctx, conn)
	if err != nil {
		return drained{}, err
	}
	// The mark comes first: what the server has flushed after it holds it.
	marked, err := r.Beat.Mark(ctx)
	if err != nil {
		return drained{}, err
	}
	system, err := conn.Identify(ctx)
	if err != nil {
		return drained{}, err
	}
	k := &keeper{
		store: r.Store, recipients: r.Recipients, size: conn.Segment, log: r.Log,
		goal: system.Flushed, marked: marked,
	}
	if err := k.resume(ctx, slot); err != nil {
		return drained{}, err
	}
	if system.Timeline > 1 {
		// On a server that was promoted before the slot was made, no stream shows it.
		h, err := conn.History(ctx, system.Timeline)
		if err != nil {
			return drained{}, err
		}
		if err := k.KeepHistory(ctx, h); err != nil {
			return drained{}, err
		}
	}
	d := drained{from: slot.Restart, timeline: system.Timeline, until: marked}
	d.to, err = conn.Drain(ctx, slot, system.Flushed, k)
	d.objects, d.stored = k.objects, k.stored
	return d, err
}

// belongs is an error unless the store is this server's, and not ahead of it:
// segments are named alike on every server, and one that is taken for another's
// cannot be told from it later.
func (r *Replicator) belongs(ctx context.Context, conn *replica.Conn) error {
	c, err := catalog.Read(ctx, r.Store)
	if err != nil {
		return err
	}
	// After the catalog: what another drain stores meanwhile is not ahead.
	system, err := conn.Identify(ctx)
	if err != nil {
		return err
	}
	if n := len(c.Backups); n > 0 && (c.Backups[n-1].System != system.ID || c.Backups[n-1].Segment != conn.Segment) {
		return fmt.Errorf("backup: the store has backups of another cluster (%s) than this one (%s): give each a store of its own (BACKUP_URL)",
			c.Backups[n-1].System, system.ID)
	}
	for _, o := range c.Segments() {
		if o.Timeline == system.Timeline && o.End() > system.Flushed && o.Size == conn.Segment {
			return fmt.Errorf("backup: the store has WAL up to %s, and the server is at %s: it was put back without a restore of ours, "+
				"and goes on under the same names: give it a store of its own (BACKUP_URL)", o.End(), system.Flushed)
		}
	}
	return nil
}

// resume looks at what is stored of the slot's first segment and of the one before:
// up to when that reaches.
func (k *keeper) resume(ctx context.Context, slot replica.Slot) error {
	k.timeline = slot.Timeline
	number := k.size.Number(slot.Restart)
	for _, n := range []uint64{number, max(number, 1) - 1} {
		there, err := segment(ctx, k.store, slot.Timeline, k.size, n)
		if err != nil {
			return err
		}
		for _, o := range there {
			if o.Until.After(k.known) {
				k.known = o.Until
			}
		}
	}
	return nil
}
