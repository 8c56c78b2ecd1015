package restore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/manifest"
)

// Files of a data directory (PostgreSQL 73.1).
const (
	// control is what no server starts without. It is kept back under another name.
	control     = "global/pg_control"
	controlBack = control + ".restoring"

	tablespaceMap  = "tablespace_map"
	recoverySignal = "recovery.signal"
	walFolder      = "pg_wal"
)

// What a copy must not bring with it: the lock of the server it was taken from,
// and what would make a standby of the new one.
var left = []string{"postmaster.pid", "postmaster.opts", "standby.signal", recoverySignal}

// fetchers fetch WAL at the same time. What takes long is to ask, and each holds
// the buffers of an envelope.
const fetchers = 4

// unpack makes the data directory: all that is needed, checked and durable. Its
// last step lets a server start.
func (r *restoration) unpack(ctx context.Context) error {
	if err := r.folders(); err != nil {
		return err
	}
	if err := r.files(ctx); err != nil {
		return err
	}
	if err := r.fetchWAL(ctx); err != nil {
		return err
	}
	if err := r.describe(ctx); err != nil {
		return err
	}
	for _, f := range r.archives() {
		if err := settle(r.place(f)); err != nil {
			return err
		}
	}
	if err := os.Rename(filepath.Join(r.To, controlBack), filepath.Join(r.To, control)); err != nil {
		return fmt.Errorf("restore: the base backup has no %s: %w", control, err)
	}
	return flush(filepath.Join(r.To, filepath.Dir(control)))
}

// folders makes what was found vacant.
func (r *restoration) folders() error {
	for _, f := range r.archives() {
		dir := r.place(f)
		err := os.MkdirAll(filepath.Dir(dir), 0o755)
		if err == nil {
			err = os.Mkdir(dir, 0o700)
		}
		if errors.Is(err, fs.ErrExist) {
			err = nil
		}
		if err := errors.Join(err, r.account.ownPath(dir)); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		// The server refuses a data directory that others may look into.
		if err := os.Chmod(dir, 0o700); err != nil {
			return fmt.Errorf("restore: %s belongs to somebody else: name a folder inside of it: %w", dir, err)
		}
	}
	return nil
}

// files unpacks the archives and checks that nothing is missing.
func (r *restoration) files(ctx context.Context) error {
	var total int64
	for _, f := range r.archives() {
		total += f.Bytes
	}
	shown := &shown{total: total, show: func(done, total int64) { r.Progress(StageFiles, done, total) }}
	for _, f := range r.archives() {
		if err := r.archive(ctx, f, shown); err != nil {
			return err
		}
	}
	if missing := r.manifest.Missing(); len(missing) > 0 {
		return fmt.Errorf("restore: %w: base backup %s: %d files are missing, %s is one of them",
			manifest.ErrDamaged, r.plan.Backup.ID, len(missing), missing[0])
	}
	return nil
}

func (r *restoration) archive(ctx context.Context, f catalog.File, shown *shown) error {
	root, err := os.OpenRoot(r.place(f))
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	prefix := ""
	if f.Name != catalog.Main {
		prefix = path.Join("pg_tblspc", oidOf(f))
	}
	key := r.plan.Backup.Key(f.Name)
	err = within(ctx, r.source(), key, f.SHA256, func(inside io.Reader) error {
		return r.manifest.Archive(io.TeeReader(inside, shown), prefix, func(e manifest.Entry) error {
			return r.entry(root, strings.TrimPrefix(strings.TrimPrefix(e.Path, prefix), "/"), e)
		})
	})
	return err
}

// entry writes one entry of an archive. Modes are ours: a server whose group may
// read is not asked for here.
func (r *restoration) entry(root *os.Root, name string, e manifest.Entry) error {
	switch {
	case name == "" || name == "." || slices.Contains(left, name):
		return nil
	case e.Header.FileInfo().IsDir():
		return r.folder(root, name)
	case !e.Header.FileInfo().Mode().IsRegular():
		// The link of a tablespace, which the server makes itself (tablespace_map).
		return nil
	case name == control:
		name = controlBack
	}
	return r.write(root, name, e.Body)
}

func (r *restoration) folder(root *os.Root, name string) error {
	// Named once by itself and once above its files.
	if err := root.MkdirAll(name, 0o700); err != nil {
		return err
	}
	if r.account == nil {
		return nil
	}
	return root.Chown(name, int(r.account.uid), int(r.account.gid))
}

func (r *restoration) write(root *os.Root, name string, body io.Reader) error {
	f, err := root.OpenFile(filepath.FromSlash(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	return errors.Join(err, r.account.own(f), f.Close())
}

// fetchWAL puts all WAL that is needed where the server looks for it.
func (r *restoration) fetchWAL(ctx context.Context) error {
	dir := filepath.Join(r.To, walFolder)
	shown := &shown{total: r.wal(), show: func(done, total int64) { r.Progress(StageWAL, done, total) }}
	group, fetching := errgroup.WithContext(ctx)
	group.SetLimit(fetchers)
	for _, o := range r.plan.Segments {
		group.Go(func() error {
			path := filepath.Join(dir, o.FileName())
			if err := r.source().segment(fetching, o, path); err != nil {
				return err
			}
			shown.add(int64(o.Size))
			return r.account.ownPath(path)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, h := range r.plan.Histories {
		if err := r.put(filepath.Join(walFolder, h.FileName()), h.Text); err != nil {
			return err
		}
	}
	return r.fetchYounger()
}

// fetchYounger puts the histories of timelines beside the WAL that are not
// followed. The server takes the number after the last that it sees for its new
// timeline: under one that is taken, its WAL would be stored among another's.
func (r *restoration) fetchYounger() error {
	for t := r.plan.Timeline + 1; ; t++ {
		h, ok := r.catalog.History(t)
		if !ok {
			return nil
		}
		if err := r.put(filepath.Join(walFolder, h.FileName()), h.Text); err != nil {
			return err
		}
	}
}

// describe writes what is not in an archive, or not as it has to be.
func (r *restoration) describe(ctx context.Context) error {
	f, _ := file(r.plan.Backup, catalog.Manifest)
	root, err := os.OpenRoot(r.To)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	err = within(ctx, r.source(), r.plan.Backup.Key(f.Name), f.SHA256, func(inside io.Reader) error {
		return r.write(root, catalog.Manifest, inside)
	})
	if err != nil {
		return err
	}
	if len(r.Tablespaces) > 0 {
		var lines strings.Builder
		for _, oid := range slices.Sorted(maps.Keys(r.Tablespaces)) {
			fmt.Fprintf(&lines, "%s %s\n", oid, r.Tablespaces[oid])
		}
		if err := r.put(tablespaceMap, []byte(lines.String())); err != nil {
			return err
		}
	}
	return r.put(recoverySignal, nil)
}

// put writes a small file of the data directory, in the place of one that is there.
// The folder is the account's already, who may have put a link there for root to
// follow.
func (r *restoration) put(name string, content []byte) error {
	root, err := os.OpenRoot(r.To)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return r.write(root, name, bytes.NewReader(content))
}

// settle makes a folder and all in it outlive a loss of power. It comes when the
// system has written most of it already.
func settle(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return flush(path)
	})
}

func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// shown counts and tells.
type shown struct {
	mu          sync.Mutex
	done, total int64
	show        func(done, total int64)
}

func (s *shown) add(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += n
	s.show(s.done, s.total)
}

func (s *shown) Write(p []byte) (int, error) {
	s.add(int64(len(p)))
	return len(p), nil
}
