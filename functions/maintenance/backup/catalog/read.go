package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// Catalog is what a store held when it was read. It is safe for concurrent use.
//
// A store is one cluster's: that of its youngest base backup. Base backups of
// another one are in Damaged and not in Backups, and as long as there are any, no
// WAL is removed: whose it is cannot be told from its name.
type Catalog struct {
	// Backups are the complete ones, oldest first.
	Backups []Backup
	// Bundles are the copies of the configuration, oldest first.
	Bundles []Bundle
	// Damaged are descriptions and histories that do not count, each with the reason:
	// name, colon, reason.
	Damaged []string

	size      wal.Size
	foreign   bool
	wal       []segment
	spans     map[slot]span
	histories map[wal.Timeline]wal.History
	// timelines are all that are known, the latest first; own are those of them with
	// WAL or a base backup.
	timelines []wal.Timeline
	own       map[wal.Timeline]bool
	folders   map[string]*folder
	strays    []store.Object
}

// segment is a stored segment, or its beginning.
type segment struct {
	wal.Object
	written time.Time
}

// slot is a place in the WAL, span the objects that are stored for it: from first
// up to, and without, end.
type (
	slot struct {
		timeline wal.Timeline
		number   uint64
	}
	span struct{ first, end int }
)

// folder is a base backup's, described or not.
type folder struct {
	began time.Time
	files []store.Object
	// described and counts say that there is a description, and that it is one of
	// Backups.
	described, counts bool
}

// What is longer is no description or history.
const mostText = 1 << 20

// Read reads the catalog: one listing, and the descriptions and histories in it.
// What is removed meanwhile is not there.
func Read(ctx context.Context, s *store.Store) (*Catalog, error) {
	return build(s.List(ctx, ""), func(key string) ([]byte, error) { return read(ctx, s, key) })
}

// build makes a catalog of a listing. text reads one of the objects that are not
// encrypted.
func build(listing iter.Seq2[store.Object, error], text func(key string) ([]byte, error)) (*Catalog, error) {
	c := &Catalog{
		size: wal.DefaultSize, spans: map[slot]span{}, histories: map[wal.Timeline]wal.History{},
		own: map[wal.Timeline]bool{}, folders: map[string]*folder{},
	}
	var histories []store.Object
	for o, err := range listing {
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(o.Key, wal.HistoryPrefix) {
			histories = append(histories, o)
			continue
		}
		c.sort(o)
	}
	if err := c.readBackups(text); err != nil {
		return nil, err
	}
	if err := c.readHistories(histories, text); err != nil {
		return nil, err
	}
	c.arrange()
	return c, nil
}

// evidence is what a drill leaves. It is small and kept for good.
var evidence = regexp.MustCompile(`^` + EvidencePrefix + `[0-9TZ.]+\.jws$`)

// sort puts an object where it belongs. What lies outside of the folders of backups
// is not ours.
func (c *Catalog) sort(o store.Object) {
	top, rest, _ := strings.Cut(o.Key, "/")
	switch top + "/" {
	case BasePrefix:
		id, name, _ := strings.Cut(rest, "/")
		began, err := wal.ParseStamp(id)
		if err != nil || name != Description && !ValidFile(name) {
			c.strays = append(c.strays, o)
			return
		}
		f := c.folders[id]
		if f == nil {
			f = &folder{began: began}
			c.folders[id] = f
		}
		f.files = append(f.files, o)
		f.described = f.described || name == Description
	case wal.Prefix:
		w, err := wal.ParseKey(o.Key)
		if err != nil {
			c.strays = append(c.strays, o)
			return
		}
		c.wal = append(c.wal, segment{w, o.Written})
	case ConfigPrefix:
		b, ok := ParseBundle(o.Key)
		if !ok {
			c.strays = append(c.strays, o)
			return
		}
		c.Bundles = append(c.Bundles, b)
	case EvidencePrefix:
		if !evidence.MatchString(o.Key) {
			c.strays = append(c.strays, o)
		}
	}
}

func (c *Catalog) damaged(name, reason string) { c.Damaged = append(c.Damaged, name+": "+reason) }

func (c *Catalog) readBackups(read func(key string) ([]byte, error)) error {
	// The youngest says whose store it is.
	ids := slices.Sorted(maps.Keys(c.folders))
	slices.Reverse(ids)
	for _, id := range ids {
		f := c.folders[id]
		if !f.described {
			continue
		}
		name := Folder(id) + Description
		text, err := read(name)
		switch {
		case errors.Is(err, store.ErrAbsent):
			continue
		case errors.Is(err, errLong):
			c.damaged(name, err.Error())
			continue
		case err != nil:
			return err
		}
		b, err := ParseBackup(id, text)
		if err == nil {
			err = c.fits(b, f)
		}
		if err != nil {
			c.damaged(name, err.Error())
			continue
		}
		f.counts = true
		c.size = b.Segment
		c.Backups = append(c.Backups, b)
	}
	slices.Reverse(c.Backups)
	return nil
}

// fits checks a description against what is there.
func (c *Catalog) fits(b Backup, f *folder) error {
	if n := len(c.Backups); n > 0 && (b.System != c.Backups[0].System || b.Segment != c.size) {
		c.foreign = true
		return fmt.Errorf("is of another cluster (%s) than younger ones (%s): give each cluster a store of its own, "+
			"for their WAL cannot be told apart", b.System, c.Backups[0].System)
	}
	there := map[string]int64{}
	for _, o := range f.files {
		there[o.Key] = o.Size
	}
	for _, file := range b.Files {
		size, ok := there[b.Key(file.Name)]
		if !ok {
			return fmt.Errorf("%s is not there", file.Name)
		}
		if size != file.Size {
			return fmt.Errorf("%s has %d bytes and not %d", file.Name, size, file.Size)
		}
	}
	return nil
}

// readHistories reads how timelines came to be. Of two of one timeline the one that
// was written last counts: it is the running server's.
func (c *Catalog) readHistories(all []store.Object, read func(key string) ([]byte, error)) error {
	slices.SortStableFunc(all, func(a, b store.Object) int { return a.Written.Compare(b.Written) })
	for _, o := range all {
		t, sum, err := wal.ParseHistoryKey(o.Key)
		if err != nil {
			c.strays = append(c.strays, o)
			continue
		}
		text, err := read(o.Key)
		if errors.Is(err, store.ErrAbsent) {
			continue
		}
		if err != nil && !errors.Is(err, errLong) {
			return err
		}
		var h wal.History
		if err == nil {
			h, err = parseHistory(t, sum, text)
		}
		if err != nil {
			c.damaged(o.Key, err.Error())
			continue
		}
		if before, twice := c.histories[t]; twice {
			c.damaged(before.Key(), "there is a younger history of the same timeline: two servers have begun it, and their WAL cannot be told apart")
		}
		c.histories[t] = h
	}
	return nil
}

func parseHistory(t wal.Timeline, sum string, text []byte) (wal.History, error) {
	if is := sha256.Sum256(text); hex.EncodeToString(is[:]) != sum {
		return wal.History{}, errors.New("does not have the hash of its name")
	}
	h, err := wal.ParseHistory(t, text)
	h.SHA256 = sum
	return h, err
}

var errLong = errors.New("is longer than 1 MiB")

func read(ctx context.Context, s *store.Store, key string) ([]byte, error) {
	r, err := s.Read(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(io.LimitReader(r, mostText+1))
	if err == nil && len(text) > mostText {
		err = errLong
	}
	return text, err
}

// arrange makes what was read easy to find.
func (c *Catalog) arrange() {
	slices.SortFunc(c.Bundles, func(a, b Bundle) int { return cmp.Compare(a.Key(), b.Key()) })
	if len(c.Backups) > 0 {
		// It is another cluster's, and no stray: whose the backups are is said by a
		// description that anybody may have put there.
		c.wal = slices.DeleteFunc(c.wal, func(s segment) bool {
			c.foreign = c.foreign || s.Size != c.size
			return s.Size != c.size
		})
	}
	slices.SortFunc(c.wal, func(a, b segment) int {
		return cmp.Or(cmp.Compare(a.Timeline, b.Timeline), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Used, b.Used),
			a.Until.Compare(b.Until), cmp.Compare(b.SHA256, a.SHA256))
	})
	for i, s := range c.wal {
		at := slot{s.Timeline, s.Number}
		if found, ok := c.spans[at]; ok {
			c.spans[at] = span{found.first, i + 1}
		} else {
			c.spans[at] = span{i, i + 1}
		}
		c.own[s.Timeline] = true
	}
	for _, b := range c.Backups {
		c.own[b.Timeline] = true
	}
	known := maps.Clone(c.own)
	for t := range c.histories {
		known[t] = true
	}
	c.timelines = slices.Sorted(maps.Keys(known))
	slices.Reverse(c.timelines)
	for _, t := range slices.Sorted(maps.Keys(c.own)) {
		if _, ok := c.History(t); !ok && t > 1 {
			c.damaged(wal.HistoryPrefix+wal.History{Timeline: t}.FileName(), "is not there: without it nothing on this timeline can be restored")
		}
	}
}

// Segment is the longest object that is stored of a segment, by PostgreSQL's name.
func (c *Catalog) Segment(fileName string) (wal.Object, bool) {
	t, number, err := c.size.ParseFileName(fileName)
	if err != nil {
		return wal.Object{}, false
	}
	found, ok := c.spans[slot{t, number}]
	if !ok {
		return wal.Object{}, false
	}
	return c.wal[found.end-1].Object, true
}

// History is how a timeline came to be. The first has none.
func (c *Catalog) History(t wal.Timeline) (wal.History, bool) {
	h, ok := c.histories[t]
	return h, ok
}

// Segments are all objects of WAL, in the order of timelines and positions.
func (c *Catalog) Segments() []wal.Object {
	all := make([]wal.Object, len(c.wal))
	for i, s := range c.wal {
		all[i] = s.Object
	}
	return all
}
