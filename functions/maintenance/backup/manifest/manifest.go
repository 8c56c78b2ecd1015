package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// ErrDamaged: a manifest or an archive is not what PostgreSQL has written.
var ErrDamaged = errors.New("manifest: damaged")

// Manifest is what a base backup has to consist of. It is not safe for concurrent
// use.
type Manifest struct {
	// Files are by their path in the data directory, those of tablespaces under
	// pg_tblspc/OID/.
	Files map[string]File
	// Ranges are the WAL without which the backup is not consistent.
	Ranges []Range

	seen map[string]struct{}
}

// File is a file of the data directory.
type File struct {
	Size   int64
	SHA256 [sha256.Size]byte
}

// Range is WAL from Start to End.
type Range struct {
	Timeline wal.Timeline `json:"Timeline"`
	Start    wal.LSN      `json:"Start-LSN"`
	End      wal.LSN      `json:"End-LSN"`
}

// Versions of the format. The second (PostgreSQL 17) adds the system's identifier.
const (
	oldest = 1
	newest = 2
)

// Parse reads a manifest (PostgreSQL 77, Backup Manifest Format) to its end and
// checks its sum. ErrDamaged is wrapped when it is not one or was changed; an error
// of r is passed on. Hashes other than SHA-256 are an error that names them.
func Parse(r io.Reader) (*Manifest, error) {
	text := &summed{r: r, sum: sha256.New()}
	m := &Manifest{Files: map[string]File{}, seen: map[string]struct{}{}}
	err := m.read(json.NewDecoder(text), text)
	switch {
	case text.err != nil:
		return nil, text.err
	case err != nil && !errors.Is(err, errAlgorithm):
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return m, err
}

var (
	errForm = errors.New("not a manifest of PostgreSQL")
	errSum  = errors.New("the manifest does not have the sum that it says")
	errPath = errors.New("a path that leads out of the data directory, or is there twice")
	// errAlgorithm is no damage: the server was asked for something else.
	errAlgorithm = errors.New("manifest: only SHA256 is known; take base backups with MANIFEST_CHECKSUMS 'SHA256'")
)

func (m *Manifest) read(from *json.Decoder, text *summed) error {
	if err := delimiter(from, '{'); err != nil {
		return err
	}
	var said string
	version := 0
	for from.More() {
		key, err := from.Token()
		if err != nil {
			return err
		}
		switch key {
		case "PostgreSQL-Backup-Manifest-Version":
			err = from.Decode(&version)
		case "Files":
			err = m.readFiles(from)
		case "WAL-Ranges":
			err = from.Decode(&m.Ranges)
		case "Manifest-Checksum":
			err = from.Decode(&said)
		default:
			err = from.Decode(new(json.RawMessage))
		}
		if err != nil {
			return err
		}
	}
	if err := delimiter(from, '}'); err != nil {
		return err
	}
	// To the end: what follows is not in the sum, and the end is where the source
	// says whether it was whole.
	if _, err := from.Token(); !errors.Is(err, io.EOF) {
		return errForm
	}
	if version < oldest || version > newest || len(m.Ranges) == 0 {
		return errForm
	}
	if !text.proves(said) {
		return errSum
	}
	return nil
}

// entry is a file as PostgreSQL writes it.
type entry struct {
	Path      *string `json:"Path"`
	Encoded   string  `json:"Encoded-Path"`
	Size      int64   `json:"Size"`
	Algorithm string  `json:"Checksum-Algorithm"`
	Checksum  string  `json:"Checksum"`
}

func (m *Manifest) readFiles(from *json.Decoder) error {
	if err := delimiter(from, '['); err != nil {
		return err
	}
	for from.More() {
		var e entry
		if err := from.Decode(&e); err != nil {
			return err
		}
		if err := m.add(e); err != nil {
			return err
		}
	}
	return delimiter(from, ']')
}

func (m *Manifest) add(e entry) error {
	name, err := e.name()
	if err != nil {
		return err
	}
	if _, twice := m.Files[name]; twice || !local(name) {
		return fmt.Errorf("%w: %q", errPath, name)
	}
	if e.Algorithm != "SHA256" {
		return fmt.Errorf("%w: %q has %q", errAlgorithm, name, e.Algorithm)
	}
	sum, err := hex.DecodeString(e.Checksum)
	if err != nil || len(sum) != sha256.Size || e.Size < 0 {
		return fmt.Errorf("%w: %q", errForm, name)
	}
	m.Files[name] = File{Size: e.Size, SHA256: [sha256.Size]byte(sum)}
	return nil
}

// name is the path; PostgreSQL writes one that is not UTF-8 in hexadecimal.
func (e entry) name() (string, error) {
	if e.Path != nil {
		return *e.Path, nil
	}
	raw, err := hex.DecodeString(e.Encoded)
	if err != nil {
		return "", errForm
	}
	return string(raw), nil
}

// local reports whether a path is one below the data directory, and the only way
// to write it.
func local(name string) bool {
	return filepath.IsLocal(name) && path.Clean(name) == name && name != "." && !strings.ContainsAny(name, "\x00\\")
}

// Missing are the files that no archive has had whole, in order.
func (m *Manifest) Missing() []string {
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if _, ok := m.seen[name]; !ok {
			missing = append(missing, name)
		}
	}
	return missing
}

func delimiter(from *json.Decoder, want json.Delim) error {
	got, err := from.Token()
	if err != nil {
		return err
	}
	if got != want {
		return errForm
	}
	return nil
}

// lastLine bounds what is held of a manifest's text. PostgreSQL writes a file a
// line, and its longest path has a thousand bytes.
const lastLine = 64 << 10

// summed takes the sum of all lines but the last, which says the sum.
type summed struct {
	r    io.Reader
	sum  hash.Hash
	held []byte
	err  error
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	s.held = append(s.held, p[:n]...)
	if len(s.held) > 0 {
		end := bytes.LastIndexByte(s.held[:len(s.held)-1], '\n') + 1
		s.sum.Write(s.held[:end])
		s.held = append(s.held[:0], s.held[end:]...)
	}
	if len(s.held) > lastLine {
		return n, errForm
	}
	return n, err
}

// proves reports whether the sum is the one that the last line says, and that line
// says nothing else.
func (s *summed) proves(said string) bool {
	sum := hex.EncodeToString(s.sum.Sum(nil))
	return said == sum && strings.TrimRight(string(s.held), "\n") == `"Manifest-Checksum": "`+sum+`"}`
}
