package bundle

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/store"
)

// Store writes the bundle as one object, a tar in an envelope for to, and names it.
func (c *Contents) Store(ctx context.Context, s *store.Store, to envelope.Recipients) (catalog.Bundle, error) {
	var sealed bytes.Buffer
	w, err := envelope.Seal(&sealed, to)
	if err != nil {
		return catalog.Bundle{}, err
	}
	if err := c.pack(w); err != nil {
		return catalog.Bundle{}, err
	}
	if err := w.Close(); err != nil {
		return catalog.Bundle{}, err
	}
	b := catalog.Bundle{Taken: c.Index.Taken, SHA256: w.SHA256()}
	return b, s.Put(ctx, b.Key(), sealed.Bytes())
}

// pack writes the tar, the index first.
func (c *Contents) pack(w io.Writer) error {
	archive := tar.NewWriter(w)
	rest := slices.DeleteFunc(slices.Sorted(maps.Keys(c.Files)), func(name string) bool { return name == IndexFile })
	for _, name := range append([]string{IndexFile}, rest...) {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(c.Files[name])), ModTime: c.Index.Taken, Format: tar.FormatPAX,
		}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("bundle: %s: %w", name, err)
		}
		if _, err := archive.Write(c.Files[name]); err != nil {
			return fmt.Errorf("bundle: %s: %w", name, err)
		}
	}
	return archive.Close()
}

// ErrDamaged: the object is not the one that its name says.
var ErrDamaged = errors.New("bundle: damaged")

// Open reads a bundle back. It is whole, of the hash in its name, and safe to write
// to a folder: every name is a local one.
func Open(ctx context.Context, s *store.Store, b catalog.Bundle, with envelope.Identities) (*Contents, error) {
	object, err := s.Read(ctx, b.Key())
	if err != nil {
		return nil, err
	}
	defer object.Close()
	// A bundle is smaller than what is in it, but for the envelope's own bytes.
	sealed, err := io.ReadAll(io.LimitReader(object, 2*Limit))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(sealed); hex.EncodeToString(sum[:]) != b.SHA256 {
		return nil, fmt.Errorf("%w: %s does not have the hash in its name", ErrDamaged, b.Key())
	}
	inside, err := envelope.Open(bytes.NewReader(sealed), with)
	if err != nil {
		return nil, err
	}
	defer inside.Close()
	c := &Contents{Files: map[string][]byte{}}
	if err := c.unpack(inside); err != nil {
		return nil, err
	}
	if err := errors.Join(c.read(IndexFile, &c.Index), c.read(SettingsFile, &c.Settings)); err != nil {
		return nil, err
	}
	for _, name := range c.Index.Files {
		if _, there := c.Files[name]; !there {
			return nil, fmt.Errorf("%w: %s is in the index and not in the bundle", ErrDamaged, name)
		}
	}
	return c, nil
}

func (c *Contents) unpack(r io.Reader) error {
	files := room{Limit}
	// The tar's own bytes come on top: headers and padding.
	archive := tar.NewReader(&measured{r: r, room: room{2 * Limit}})
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			// What follows the tar's end has to be authentic, too.
			_, err = io.Copy(io.Discard, r)
			return err
		}
		if err != nil {
			return told(err)
		}
		if header.Typeflag != tar.TypeReg || !filepath.IsLocal(header.Name) {
			return fmt.Errorf("%w: %q is no name for a file of it", ErrDamaged, header.Name)
		}
		if err := files.take(header.Size); err != nil {
			return err
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return told(err)
		}
		c.Files[header.Name] = content
	}
}

// told says of a tar's error that the bundle is damaged, and leaves the others.
func told(err error) error {
	if errors.Is(err, tar.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

func (c *Contents) read(name string, into any) error {
	if err := json.Unmarshal(c.Files[name], into); err != nil {
		// Not the reason, which may quote what is inside.
		return fmt.Errorf("%w: %s cannot be read", ErrDamaged, name)
	}
	return nil
}
