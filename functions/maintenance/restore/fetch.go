package restore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// ErrNotThere: the store has no such file of WAL.
var ErrNotThere = errors.New("restore: the store has no such file of WAL")

// source is a store and what opens it.
type source struct {
	store      *store.Store
	identities envelope.Identities
}

func (r *restoration) source() source { return source{r.Store, r.Identities} }

var (
	segmentName = regexp.MustCompile(`^([0-9A-F]{8})[0-9A-F]{16}$`)
	historyName = regexp.MustCompile(`^([0-9A-F]{8})\.history$`)
)

// Fetch writes the file that PostgreSQL calls name to the path to, which is then
// whole and durable: a segment as long as it is stored, filled up with zeros, or
// the history of a timeline. ErrNotThere says that PostgreSQL has to do without;
// after any other error it must not go on.
func Fetch(ctx context.Context, s *store.Store, identities envelope.Identities, name, to string) error {
	from := source{s, identities}
	if m := historyName.FindStringSubmatch(name); m != nil {
		return from.history(ctx, name, to)
	}
	m := segmentName.FindStringSubmatch(name)
	if m == nil {
		return ErrNotThere
	}
	timeline, err := strconv.ParseUint(m[1], 16, 32)
	if err != nil {
		return ErrNotThere
	}
	o, err := from.longest(ctx, wal.Timeline(timeline), name)
	if err != nil {
		return err
	}
	return from.segment(ctx, o, to)
}

// longest finds the longest object of a segment.
func (s source) longest(ctx context.Context, t wal.Timeline, name string) (best wal.Object, err error) {
	for found, err := range s.store.List(ctx, wal.SegmentPrefix(t)+name) {
		if err != nil {
			return best, err
		}
		if o, err := wal.ParseKey(found.Key); err == nil && o.FileName() == name && o.Used > best.Used {
			best = o
		}
	}
	if best.Used == 0 {
		return best, ErrNotThere
	}
	return best, nil
}

// segment writes a segment at its full length. The store may be written at the
// same time, and a beginning of a segment is removed when a longer one is stored:
// then that one will do, which begins the same.
func (s source) segment(ctx context.Context, o wal.Object, to string) error {
	err := s.object(ctx, o, to)
	if !errors.Is(err, store.ErrAbsent) {
		return err
	}
	longer, again := s.longest(ctx, o.Timeline, o.FileName())
	if again != nil || longer.Used < o.Used {
		return errors.Join(err, again)
	}
	return s.object(ctx, longer, to)
}

func (s source) object(ctx context.Context, o wal.Object, to string) error {
	return replace(to, func(f *os.File) error {
		return within(ctx, s, o.Key(), o.SHA256, func(inside io.Reader) error {
			n, err := io.Copy(f, io.LimitReader(inside, int64(o.Size)+1))
			if err != nil {
				return err
			}
			if uint64(n) != o.Used {
				return fmt.Errorf("%w: it has %d bytes, and its name says %d", envelope.ErrDamaged, n, o.Used)
			}
			// What was not written yet reads as zeros, which is what ends WAL.
			return f.Truncate(int64(o.Size))
		})
	})
}

// maxHistory bounds a history: a line for each time that a server was promoted.
const maxHistory = 1 << 20

func (s source) history(ctx context.Context, name, to string) error {
	// Of two the one that was written last, as the catalog has it.
	var last store.Object
	var lastSum string
	for found, err := range s.store.List(ctx, wal.HistoryPrefix+name) {
		if err != nil {
			return err
		}
		if _, sum, err := wal.ParseHistoryKey(found.Key); err == nil && !found.Written.Before(last.Written) {
			last, lastSum = found, sum
		}
	}
	if lastSum == "" {
		return ErrNotThere
	}
	return replace(to, func(f *os.File) error { return s.plain(ctx, last.Key, lastSum, f) })
}

// plain copies an object that is not an envelope.
func (s source) plain(ctx context.Context, key, sum string, to io.Writer) error {
	stored, err := s.store.Read(ctx, key)
	if err != nil {
		return err
	}
	defer func() { _ = stored.Close() }()
	hashed := sha256.New()
	if _, err := io.Copy(io.MultiWriter(to, hashed), io.LimitReader(stored, maxHistory)); err != nil {
		return err
	}
	return proved(key, sum, hashed.Sum(nil))
}

// within hands what is in an envelope to use. Only after its end it is known that
// the object is the one of the hash, and whole.
func within(ctx context.Context, s source, key, sum string, use func(inside io.Reader) error) error {
	stored, err := s.store.Read(ctx, key)
	if err != nil {
		return err
	}
	defer func() { _ = stored.Close() }()
	hashed := sha256.New()
	outside := io.TeeReader(mortal{ctx, stored}, hashed)
	inside, err := envelope.Open(outside, s.identities)
	if err != nil {
		return fmt.Errorf("restore: %s: %w", key, err)
	}
	defer func() { _ = inside.Close() }()
	if err := use(inside); err != nil {
		return fmt.Errorf("restore: %s: %w", key, err)
	}
	for _, rest := range []io.Reader{inside, outside} {
		if _, err := io.Copy(io.Discard, rest); err != nil {
			return fmt.Errorf("restore: %s: %w", key, err)
		}
	}
	return proved(key, sum, hashed.Sum(nil))
}

func proved(key, want string, sum []byte) error {
	if got := hex.EncodeToString(sum); got != want {
		return fmt.Errorf("restore: %s: %w: its hash is not the one that it was stored with", key, envelope.ErrDamaged)
	}
	return nil
}

// mortal ends with its context: a directory's files are read to their ends.
type mortal struct {
	ctx context.Context
	r   io.Reader
}

func (m mortal) Read(p []byte) (int, error) {
	if err := context.Cause(m.ctx); err != nil {
		return 0, err
	}
	return m.r.Read(p)
}

// replace writes a file beside its place and moves it there when it is whole and
// durable.
func replace(to string, fill func(*os.File) error) (err error) {
	beside := to + ".fetching"
	// Of a fetch that was cut off, or a link for root to follow.
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(beside)
		return err
	}
	if err := os.Rename(beside, to); err != nil {
		return err
	}
	return flush(filepath.Dir(to))
}
