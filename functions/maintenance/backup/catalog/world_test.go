package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// epoch is when the world of a test begins.
var epoch = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return epoch.Add(d) }

const mega = wal.DefaultSize

// kept is what is kept as a rule.
var kept = Keep{Moments: Moments, Backups: Backups}

// world is a store in memory, which can be read into a catalog.
type world struct {
	objects map[string]store.Object
	texts   map[string]string
	// hashes makes each object another one.
	hashes int
}

func newWorld() *world {
	return &world{objects: map[string]store.Object{}, texts: map[string]string{}}
}

func (w *world) put(key, text string, written time.Time) {
	w.objects[key], w.texts[key] = store.Object{Key: key, Size: int64(len(text)), Written: written}, text
}

func (w *world) remove(key string) { delete(w.objects, key) }

func (w *world) hash() string {
	w.hashes++
	h := sha256.Sum256(fmt.Append(nil, w.hashes))
	return hex.EncodeToString(h[:])
}

// wal stores used bytes of a segment.
func (w *world) wal(t wal.Timeline, number, used uint64, until, written time.Time) wal.Object {
	o := wal.Object{Timeline: t, Number: number, Size: mega, Used: used, Until: until, SHA256: w.hash()}
	w.put(o.Key(), "", written)
	return o
}

// whole stores whole segments, an hour each from at on.
func (w *world) whole(t wal.Timeline, from, to uint64, at time.Time) {
	for n := from; n <= to; n++ {
		at = at.Add(time.Hour)
		w.wal(t, n, uint64(mega), at, at)
	}
}

// history stores how t came to be: a timeline and a position after the other.
func (w *world) history(t wal.Timeline, switches ...wal.Switch) wal.History {
	text := ""
	for _, s := range switches {
		text += fmt.Sprintf("%d\t%s\tno recovery target specified\n", s.From, s.At)
	}
	sum := sha256.Sum256([]byte(text))
	h := wal.History{Timeline: t, SHA256: hex.EncodeToString(sum[:])}
	w.put(h.Key(), text, epoch)
	return h
}

// base stores a base backup of a minute, which needs WAL from start to stop.
func (w *world) base(began time.Time, t wal.Timeline, start, stop wal.LSN) Backup {
	b := described(began, t, start, stop)
	w.describe(b)
	for _, f := range b.Files {
		w.objects[b.Key(f.Name)] = store.Object{Key: b.Key(f.Name), Size: f.Size, Written: began}
	}
	return b
}

func described(began time.Time, t wal.Timeline, start, stop wal.LSN) Backup {
	b := Backup{
		ID: wal.Stamp(began), Began: began, Consistent: began.Add(time.Minute), Ended: began.Add(2 * time.Minute),
		System: "7391", Superuser: "postgres", Server: "15.18", Segment: mega, Timeline: t, Start: start, Stop: stop,
	}
	for _, name := range []string{Main, "16400.tar", Manifest} {
		b.Files = append(b.Files, File{Name: name, Size: 9, SHA256: fmt.Sprintf("%064x", 1), Bytes: 10})
	}
	return b
}

func (w *world) describe(b Backup) {
	text, err := json.Marshal(b)
	if err != nil {
		panic(err)
	}
	w.put(b.Key(Description), string(text), b.Ended)
}

func (w *world) read(t testing.TB) *Catalog {
	t.Helper()
	c, err := build(func(yield func(store.Object, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(w.objects)) {
			if !yield(w.objects[key], nil) {
				return
			}
		}
	}, func(key string) ([]byte, error) { return []byte(w.texts[key]), nil })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lsn is a position in a segment.
func lsn(number uint64, offset uint64) wal.LSN { return wal.LSN(number*uint64(mega) + offset) }
