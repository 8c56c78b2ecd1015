package manifest

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"regexp"
	"strings"
)

// Entry is what an archive has under a path: a directory, a file, or the link of a
// tablespace.
type Entry struct {
	Header *tar.Header
	// Path is in the data directory, pg_tblspc/OID/… of a tablespace's archive.
	Path string
	// Body is the content of a file. It is hashed as it is read: one that is not what
	// the manifest says is an error at its end. It counts until the call returns.
	Body io.Reader
}

var (
	errExtra   = errors.New("not in the manifest")
	errTwice   = errors.New("twice in the archives")
	errContent = errors.New("not the content that the manifest says")
	errSize    = errors.New("not the length that the manifest says")
	errKind    = errors.New("neither a file nor a directory")
	errName    = errors.New("a name that leads out of the data directory")
)

// link is all that a data directory has besides files and directories: a tablespace.
var link = regexp.MustCompile(`^pg_tblspc/[1-9][0-9]*$`)

// Archive walks a tar of a base backup, whose names are below prefix: "" for the
// data directory, pg_tblspc/OID for a tablespace. Each entry is shown to each, in
// order (nil looks at nothing); what of a file each does not read is read for it. The
// first file that is not what the manifest says ends it with ErrDamaged and the
// file's name; an error of r or of each is passed on. The archive is read to the
// end of r.
func (m *Manifest) Archive(r io.Reader, prefix string, each func(Entry) error) error {
	source := &faithful{r: r}
	archive := tar.NewReader(source)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return source.told("", err)
		}
		if err := m.entry(source, archive, header, prefix, each); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, source); err != nil {
		return source.told("", err)
	}
	return nil
}

func (m *Manifest) entry(source *faithful, archive io.Reader, header *tar.Header, prefix string, each func(Entry) error) error {
	// The server writes ./pg_wal/archive_status/ in this way, and nothing else.
	name := strings.TrimPrefix(strings.TrimSuffix(header.Name, "/"), "./")
	if !local(name) {
		return damage(header.Name, errName)
	}
	e := Entry{Header: header, Path: path.Join(prefix, name), Body: strings.NewReader("")}
	if each == nil {
		each = func(Entry) error { return nil }
	}
	switch {
	case header.Typeflag == tar.TypeReg:
	case header.Typeflag == tar.TypeDir, header.Typeflag == tar.TypeSymlink && link.MatchString(e.Path):
		return each(e)
	default:
		return damage(e.Path, errKind)
	}
	want, known := m.Files[e.Path]
	_, twice := m.seen[e.Path]
	switch {
	case !known:
		return damage(e.Path, errExtra)
	case twice:
		return damage(e.Path, errTwice)
	case header.Size != want.Size:
		return damage(e.Path, errSize)
	}
	b := &body{source: source, r: archive, path: e.Path, want: want, sum: sha256.New()}
	e.Body = b
	if err := each(e); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, b); err != nil {
		return err
	}
	m.seen[e.Path] = struct{}{}
	return nil
}

func damage(name string, err error) error { return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err) }

// body is a file's content, hashed.
type body struct {
	source *faithful
	r      io.Reader
	path   string
	want   File
	sum    hash.Hash
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.sum.Write(p[:n])
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return n, b.source.told(b.path, err)
	case [sha256.Size]byte(b.sum.Sum(nil)) != b.want.SHA256:
		return n, damage(b.path, errContent)
	}
	return n, io.EOF
}

// faithful remembers an error of the source, to tell it from damage.
type faithful struct {
	r   io.Reader
	err error
}

func (f *faithful) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

func (f *faithful) told(name string, err error) error {
	if f.err != nil {
		return f.err
	}
	if name == "" {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return damage(name, err)
}
