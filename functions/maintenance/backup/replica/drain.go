package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// most is the longest segment that is drained: keepers hold one, sealed, in memory.
const most wal.Size = 64 << 20

// Keeper keeps WAL. When a method returns without error, what it was given is
// durable.
type Keeper interface {
	// Keep stores a segment from its beginning: a whole one, or as far as it goes. It is
	// called when the first of it has come, and reads as the rest does, to the end.
	Keep(ctx context.Context, t wal.Timeline, number uint64, data io.Reader) error
	// KeepHistory stores how a timeline came to be.
	KeepHistory(ctx context.Context, h wal.History) error
}

// Drain hands the WAL of the slot, from the beginning of its segment to upTo at
// the least, to keeper, and acknowledges the segments that are whole. A timeline
// that ended is followed into the next.
func (c *Conn) Drain(ctx context.Context, slot Slot, upTo wal.LSN, keeper Keeper) (reached wal.LSN, err error) {
	if c.Segment > most {
		return 0, fmt.Errorf("replica: segments of %d MiB are too long to be drained", c.Segment>>20)
	}
	defer c.interrupt(ctx)()
	d := &drain{c: c, slot: slot.Name, keeper: keeper, upTo: upTo, timeline: slot.Timeline, alive: time.NewTicker(c.alive)}
	defer d.alive.Stop()
	d.from(c.Segment.Start(slot.Restart))
	for {
		next, err := d.follow(ctx)
		if err != nil || next == nil {
			return d.at, because(ctx, err)
		}
		history, err := c.History(ctx, wal.Timeline(next.Timeline))
		if err != nil {
			return d.at, err
		}
		if err := keeper.KeepHistory(ctx, history); err != nil {
			return d.at, err
		}
		d.timeline = wal.Timeline(next.Timeline)
		d.from(c.Segment.Start(wal.LSN(next.LSN)))
	}
}

type drain struct {
	c        *Conn
	slot     string
	keeper   Keeper
	upTo     wal.LSN
	timeline wal.Timeline
	// at is the next byte that is expected; segment is its, if some of it has come.
	at      wal.LSN
	segment *feed
	// whole is up to where whole segments have been kept.
	whole wal.LSN
	// alive says when the server is to hear of us.
	alive *time.Ticker
}

// from begins at the start of a segment.
func (d *drain) from(start wal.LSN) {
	d.at, d.whole = start, start
}

// follow drains one timeline. It returns the next one if this one has ended
// before the goal, and nil when the goal is reached.
func (d *drain) follow(ctx context.Context) (next *pglogrepl.CopyDoneResult, err error) {
	err = pglogrepl.StartReplication(ctx, d.c.pg, d.slot, pglogrepl.LSN(d.at),
		pglogrepl.StartReplicationOptions{Timeline: int32(d.timeline), Mode: pglogrepl.PhysicalReplication})
	if timeline, at, ended := pglogrepl.IsErrEndTimeline(err); ended {
		return &pglogrepl.CopyDoneResult{Timeline: int32(timeline), LSN: at}, nil
	}
	if err != nil {
		// The library stops at the refusal, and the connection is to be of use after it.
		if _, refused := errors.AsType[*pgconn.PgError](err); refused {
			_ = d.c.settled(ctx)
		}
		return nil, told(err)
	}
	ended, err := d.stream(ctx)
	if err != nil {
		d.abandon(err)
		return nil, err
	}
	if d.segment != nil {
		if err := d.keep(); err != nil {
			return nil, err
		}
	}
	if err := d.acknowledge(); err != nil {
		return nil, told(err)
	}
	done, err := pglogrepl.SendStandbyCopyDone(ctx, d.c.pg)
	switch {
	case err != nil:
		return nil, told(err)
	case !ended:
		return nil, nil
	case done == nil:
		return nil, fmt.Errorf("replica: timeline %d ended at %s and nothing follows", d.timeline, d.at)
	}
	return done, nil
}

// stream receives until the goal is reached, or reports that the timeline has ended.
func (d *drain) stream(ctx context.Context) (ended bool, err error) {
	for d.at < d.upTo {
		m, err := d.c.pg.ReceiveMessage(context.Background())
		if err != nil {
			return false, told(err)
		}
		switch m := m.(type) {
		case *pgproto3.ErrorResponse:
			return false, told(pgconn.ErrorResponseToPgError(m))
		case *pgproto3.CopyDone:
			return true, nil
		case *pgproto3.CopyData:
			if err := d.take(ctx, m.Data); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

func (d *drain) take(ctx context.Context, message []byte) error {
	if len(message) == 0 {
		return errors.New("replica: an empty message in the WAL")
	}
	switch message[0] {
	case pglogrepl.PrimaryKeepaliveMessageByteID:
		k, err := pglogrepl.ParsePrimaryKeepaliveMessage(message[1:])
		if err != nil {
			return err
		}
		if k.ReplyRequested {
			return told(d.acknowledge())
		}
		return nil
	case pglogrepl.XLogDataByteID:
		x, err := pglogrepl.ParseXLogData(message[1:])
		if err != nil {
			return err
		}
		if wal.LSN(x.WALStart) != d.at {
			return fmt.Errorf("replica: WAL of %s came where %s was expected", x.WALStart, d.at)
		}
		return d.append(ctx, x.WALData)
	}
	return fmt.Errorf("replica: a message of kind %q in the WAL", message[0])
}

// append hands data on, and sees to it that each segment that it fills is kept.
func (d *drain) append(ctx context.Context, data []byte) error {
	for len(data) > 0 {
		if d.segment == nil {
			d.begin(ctx)
		}
		n := min(int(d.c.Segment.Start(d.at)+wal.LSN(d.c.Segment)-d.at), len(data))
		if err := d.hand(data[:n]); err != nil {
			return err
		}
		d.at += wal.LSN(n)
		data = data[n:]
		if d.c.Segment.Offset(d.at) != 0 {
			return nil
		}
		if err := d.keep(); err != nil {
			return err
		}
		d.whole = d.at
		if err := d.acknowledge(); err != nil {
			return told(err)
		}
	}
	return nil
}

// begin gives the keeper a segment that is to come.
func (d *drain) begin(ctx context.Context) {
	f := newFeed()
	t, number := d.timeline, d.c.Segment.Number(d.at)
	go func() { f.kept <- d.keeper.Keep(ctx, t, number, f) }()
	d.segment = f
}

// errUnkept: a keeper that returns early without an error has not kept the rest.
var errUnkept = errors.New("replica: a segment was not read to its end")

// hand waits until the keeper has taken data, which is the connection's again then,
// and lets the server know meanwhile that we are there.
func (d *drain) hand(data []byte) error {
	f := d.segment
	for pieces := f.pieces; ; {
		select {
		case pieces <- data:
			pieces = nil
		case <-f.taken:
			return nil
		case err := <-f.kept:
			d.segment = nil
			return cmp.Or(err, errUnkept)
		case <-d.alive.C:
			if err := d.acknowledge(); err != nil {
				return told(err)
			}
		}
	}
}

// keep waits until what has come of the segment is durable.
func (d *drain) keep() error {
	f := d.segment
	d.segment = nil
	close(f.pieces)
	for {
		select {
		case err := <-f.kept:
			return err
		case <-d.alive.C:
			if err := d.acknowledge(); err != nil {
				return errors.Join(told(err), <-f.kept)
			}
		}
	}
}

// abandon tells the keeper that no more will come.
func (d *drain) abandon(why error) {
	if f := d.segment; f != nil {
		d.segment, f.err = nil, why
		close(f.pieces)
		<-f.kept
	}
}

// acknowledge lets the server forget whole segments that are kept, and nothing
// else: what is left at zero the library would fill in with more.
func (d *drain) acknowledge() error {
	if d.whole == 0 {
		return nil
	}
	return pglogrepl.SendStandbyStatusUpdate(context.Background(), d.c.pg, pglogrepl.StandbyStatusUpdate{
		WALWritePosition: pglogrepl.LSN(d.whole), WALFlushPosition: pglogrepl.LSN(d.whole), WALApplyPosition: pglogrepl.LSN(d.whole),
	})
}
