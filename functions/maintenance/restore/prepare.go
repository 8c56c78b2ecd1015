package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/manifest"
)

// prepare looks at everything that can be known beforehand. It writes nothing.
func prepare(ctx context.Context, o Options) (*restoration, error) {
	r := &restoration{Options: o}
	if err := r.locate(); err != nil {
		return nil, err
	}
	var err error
	if r.catalog, err = catalog.Read(ctx, o.Store); err != nil {
		return nil, err
	}
	if r.plan, err = r.catalog.Plan(o.At, o.Timeline); err != nil {
		return nil, err
	}
	if r.manifest, err = r.list(ctx); err != nil {
		return nil, err
	}
	if r.account, err = accountFor(o.User, r.To); err != nil {
		return nil, err
	}
	if r.program, err = findServer(ctx, o.Programs, r.plan.Backup.Server); err != nil {
		return nil, err
	}
	if err := r.vacant(); err != nil {
		return nil, err
	}
	return r, r.fits()
}

// locate makes paths absolute: PostgreSQL takes no others, and works elsewhere.
func (r *restoration) locate() (err error) {
	if r.To == "" {
		return errors.New("restore: say where to: an empty folder or one that is not there")
	}
	if r.To, err = filepath.Abs(r.To); err != nil {
		return err
	}
	placed := map[string]string{}
	for oid, dir := range r.Tablespaces {
		if placed[oid], err = filepath.Abs(dir); err != nil {
			return err
		}
		// They would end a line of tablespace_map, or the word in it.
		if strings.ContainsAny(dir, "\\\r\n") {
			return fmt.Errorf("restore: a tablespace cannot be in %q: it has a backslash or ends a line", dir)
		}
	}
	r.Tablespaces = placed
	return nil
}

// list reads the manifest. It is the smallest file: whoever has the wrong key
// learns it here.
func (r *restoration) list(ctx context.Context) (m *manifest.Manifest, err error) {
	f, ok := file(r.plan.Backup, catalog.Manifest)
	if !ok {
		return nil, fmt.Errorf("restore: the base backup %s has no %s", r.plan.Backup.ID, catalog.Manifest)
	}
	err = within(ctx, r.source(), r.plan.Backup.Key(f.Name), f.SHA256, func(inside io.Reader) error {
		m, err = manifest.Parse(inside)
		return err
	})
	return m, err
}

func file(b catalog.Backup, name string) (catalog.File, bool) {
	for _, f := range b.Files {
		if f.Name == name {
			return f, true
		}
	}
	return catalog.File{}, false
}

// place is where the files of an archive go.
func (r *restoration) place(f catalog.File) string {
	if f.Name == catalog.Main {
		return r.To
	}
	return r.Tablespaces[oidOf(f)]
}

func oidOf(f catalog.File) string { return strings.TrimSuffix(f.Name, ".tar") }

// archives are the files of the base backup that hold files.
func (r *restoration) archives() (all []catalog.File) {
	for _, f := range r.plan.Backup.Files {
		if f.Name != catalog.Manifest {
			all = append(all, f)
		}
	}
	return all
}

// vacant: every folder that is needed is known, empty, within reach of who runs
// the server, and not inside of another.
func (r *restoration) vacant() error {
	known := map[string]bool{}
	var places []string
	for _, f := range r.archives() {
		dir := r.place(f)
		if dir == "" {
			return fmt.Errorf("restore: the tablespace %s was in %s: say where it goes (--tablespace %[1]s=DIR)",
				oidOf(f), f.Tablespace)
		}
		known[oidOf(f)] = true
		for _, other := range places {
			if inside(dir, other) || inside(other, dir) {
				return fmt.Errorf("restore: %s and %s have to be apart", other, dir)
			}
		}
		places = append(places, dir)
		if err := errors.Join(empty(dir), r.account.reaches(dir)); err != nil {
			return err
		}
	}
	for oid := range r.Tablespaces {
		if !known[oid] {
			return fmt.Errorf("restore: the base backup %s has no tablespace %s", r.plan.Backup.ID, oid)
		}
	}
	return nil
}

func inside(path, dir string) bool {
	rest, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rest)
}

func empty(dir string) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer func() { _ = d.Close() }()
	_, err = d.Readdirnames(1)
	switch {
	case err == nil:
		return fmt.Errorf("restore: %s is not empty, and nothing is overwritten: "+
			"name another folder, such as one inside of it", dir)
	case errors.Is(err, io.EOF):
		return nil
	}
	return fmt.Errorf("restore: %s: %w", dir, err)
}

// spare is what the server writes while it recovers, and some.
const spare = 64 << 20

// wal is how much the WAL takes: segments lie at full length.
func (r *restoration) wal() int64 { return int64(len(r.plan.Segments)) * int64(r.plan.Backup.Segment) }

// need is what is going to be written.
func (r *restoration) need() int64 {
	sum := r.wal()
	for _, f := range r.plan.Backup.Files {
		sum += f.Bytes
	}
	return sum
}

// fits: there is room on every disk.
func (r *restoration) fits() error {
	need, rooms := map[string]int64{}, map[string]room{}
	for _, f := range r.archives() {
		dir := r.place(f)
		there, err := r.room(existing(dir))
		if err != nil {
			return fmt.Errorf("restore: the room in %s cannot be measured: %w", dir, err)
		}
		rooms[there.disk] = there
		need[there.disk] += f.Bytes
		if f.Name == catalog.Main {
			need[there.disk] += r.wal() + spare
		}
		if free := rooms[there.disk].free; need[there.disk] > free {
			return fmt.Errorf("restore: there is not enough room for %s: it takes %s, and %s are free",
				dir, size(need[there.disk]), size(free))
		}
	}
	return nil
}

// existing is dir, or the folder that it is going to be made in.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
