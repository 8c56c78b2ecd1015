package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/shared/problem"
)

// keeper stores WAL as it comes. It is for one drain.
type keeper struct {
	store      *store.Store
	recipients envelope.Recipients
	size       wal.Size
	log        *slog.Logger
	// goal is the position of the mark, and marked its time: what reaches the goal has
	// all that committed before.
	goal   wal.LSN
	marked time.Time
	// known is the time that what was stored before the drain is known to hold, on its
	// timeline.
	known    time.Time
	timeline wal.Timeline

	buffer  bytes.Buffer
	stored  int64
	objects int
}

// Keep stores a segment under a name that says all about it, and then removes what
// it makes superfluous. What an interrupted drain has stored is not stored again.
func (k *keeper) Keep(ctx context.Context, t wal.Timeline, number uint64, data io.Reader) error {
	used, sum, err := k.seal(data)
	if err != nil {
		return err
	}
	if t != k.timeline {
		// What the branch before has held to its end, this one may lack.
		k.known, k.timeline = time.Time{}, t
	}
	o := wal.Object{Timeline: t, Number: number, Size: k.size, Used: used, Until: k.known, SHA256: sum}
	if o.End() >= k.goal {
		o.Until = k.marked
	}
	there, err := segment(ctx, k.store, t, k.size, number)
	if err != nil {
		return err
	}
	for _, old := range there {
		if old.Used >= o.Used && !old.Until.Before(o.Until.Truncate(time.Millisecond)) {
			return nil
		}
	}
	if err := k.store.Put(ctx, o.Key(), k.buffer.Bytes()); err != nil {
		return err
	}
	k.objects++
	k.stored += int64(k.buffer.Len())
	k.tidy(ctx, there, o)
	return nil
}

// seal puts data into the buffer, in an envelope, as it comes.
func (k *keeper) seal(data io.Reader) (used uint64, sum string, err error) {
	k.buffer.Reset()
	if k.buffer.Cap() == 0 {
		// What grows by doubling takes three times as much.
		k.buffer = *bytes.NewBuffer(make([]byte, 0, envelope.Most(int(k.size))))
	}
	sealed, err := envelope.Seal(&k.buffer, k.recipients)
	if err != nil {
		return 0, "", err
	}
	n, err := io.Copy(sealed, data)
	if err != nil {
		return 0, "", err
	}
	if err := sealed.Close(); err != nil {
		return 0, "", err
	}
	return uint64(n), sealed.SHA256(), nil
}

// KeepHistory stores how a timeline came to be, once.
func (k *keeper) KeepHistory(ctx context.Context, h wal.History) error {
	sum := sha256.Sum256(h.Text)
	h.SHA256 = hex.EncodeToString(sum[:])
	there, err := one(ctx, k.store, h.Key())
	if err != nil || there {
		return err
	}
	return k.store.Put(ctx, h.Key(), h.Text)
}

// tidy removes the copies of a segment that a newer one has taken the place of. One
// that stays does no harm, and backup.prune comes by.
func (k *keeper) tidy(ctx context.Context, there []wal.Object, newest wal.Object) {
	for _, old := range there {
		if old.Used > newest.Used || old.Until.After(newest.Until) {
			continue
		}
		if err := k.store.Remove(ctx, old.Key()); err != nil {
			k.log.WarnContext(ctx, "an older copy of a segment stays", "segment", newest.FileName(), "error", problem.Redact(err.Error()))
		}
	}
}

// segment is what is stored of one segment.
func segment(ctx context.Context, s *store.Store, t wal.Timeline, size wal.Size, number uint64) (all []wal.Object, err error) {
	for found, err := range s.List(ctx, wal.SegmentPrefix(t)+size.FileName(t, number)) {
		if err != nil {
			return nil, err
		}
		if o, err := wal.ParseKey(found.Key); err == nil && o.Size == size {
			all = append(all, o)
		}
	}
	return all, nil
}

// one reports whether there is an object of that name.
func one(ctx context.Context, s *store.Store, key string) (bool, error) {
	for found, err := range s.List(ctx, key) {
		if err != nil || found.Key == key {
			return err == nil, err
		}
	}
	return false, nil
}
