package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"github.com/authway/authway/shared/problem"
)

// ErrAbsent: there is no object of that name.
var ErrAbsent = errors.New("store: no such object")

// A part of an upload. Stores take ten thousand of them, so that an object may
// have 160 GB; two are in memory at a time.
const (
	partBytes       = 8 << 20
	partConcurrency = 2
)

// Store holds objects. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
	// dir is the directory, when it is one.
	dir string
}

// Object is what a listing knows.
type Object struct {
	Key     string
	Size    int64
	Written time.Time
}

// Open opens the store of an address. A directory is made if it is not there. The
// error does not repeat the address, which may hold a key.
func Open(ctx context.Context, address string) (*Store, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return nil, errors.New("store: not an address such as file:///var/backups, s3://bucket, gs://bucket or azblob://container")
	}
	if u.Scheme == fileblob.Scheme {
		return openDirectory(u)
	}
	if !blob.DefaultURLMux().ValidBucketScheme(u.Scheme) {
		return nil, fmt.Errorf("store: this program knows no storage of the kind %s://", u.Scheme)
	}
	bucket, err := blob.OpenBucket(ctx, address)
	if err != nil {
		return nil, errors.New("store: " + problem.Redact(err.Error()))
	}
	return &Store{bucket: bucket}, nil
}

func openDirectory(u *url.URL) (*Store, error) {
	dir := filepath.FromSlash(u.Path)
	if u.Host != "" || u.RawQuery != "" || !filepath.IsAbs(dir) {
		return nil, errors.New("store: a directory is file:// and an absolute path, such as file:///var/backups")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	bucket, err := fileblob.OpenBucket(dir, nil)
	if err != nil {
		return nil, err
	}
	return &Store{bucket: bucket, dir: dir}, nil
}

// Close ends the connections.
func (s *Store) Close() error { return s.bucket.Close() }

// Names that mean the same to every kind of storage.
var name = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]*(/[0-9A-Za-z][0-9A-Za-z._-]*)*$`)

// Write stores what fill writes under key. If fill or the storage fails, there is
// no object.
func (s *Store) Write(ctx context.Context, key string, fill func(io.Writer) error) error {
	if !name.MatchString(key) {
		return fmt.Errorf("store: %q is no name for an object", key)
	}
	if s.dir != "" {
		return s.writeFile(ctx, key, fill)
	}
	writing, abandon := context.WithCancel(ctx)
	defer abandon()
	w, err := s.bucket.NewWriter(writing, key, &blob.WriterOptions{
		BufferSize: partBytes, MaxConcurrency: partConcurrency, ContentType: "application/octet-stream", DisableContentTypeDetection: true,
	})
	if err != nil {
		return s.told(key, err)
	}
	if err := fill(w); err != nil {
		// Cancelled before Close, so that nothing is kept.
		abandon()
		_ = w.Close()
		return err
	}
	return s.told(key, w.Close())
}

// Put stores content under key.
func (s *Store) Put(ctx context.Context, key string, content []byte) error {
	return s.Write(ctx, key, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// writeFile stores an object in a directory. The library would rename before the
// content is on the disk, and a loss of power would leave a name without it: what
// is there by name is taken for stored.
func (s *Store) writeFile(ctx context.Context, key string, fill func(io.Writer) error) error {
	path := filepath.Join(s.dir, filepath.FromSlash(key))
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "writing-")
	if err != nil {
		return err
	}
	err = errors.Join(fill(f), context.Cause(ctx))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	for ; len(dir) >= len(s.dir); dir = filepath.Dir(dir) {
		if err := sync(dir); err != nil {
			return err
		}
	}
	return nil
}

func sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Read opens the object of key, or says ErrAbsent.
func (s *Store) Read(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := s.bucket.NewReader(ctx, key, nil)
	if err != nil {
		return nil, s.told(key, err)
	}
	return r, nil
}

// List gives the objects whose names begin with prefix, in the order of their
// names. It ends with the first error.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		found := s.bucket.List(&blob.ListOptions{Prefix: prefix})
		for {
			o, err := found.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Object{}, s.told(prefix, err))
				return
			}
			if !yield(Object{Key: o.Key, Size: o.Size, Written: o.ModTime}, nil) {
				return
			}
		}
	}
}

// Remove removes the object of key. One that is not there is removed.
func (s *Store) Remove(ctx context.Context, key string) error {
	err := s.bucket.Delete(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return s.told(key, err)
}

func (s *Store) told(key string, err error) error {
	switch {
	case err == nil:
		return nil
	case gcerrors.Code(err) == gcerrors.NotFound:
		return fmt.Errorf("%w: %s", ErrAbsent, key)
	}
	if key == "" {
		key = "listing"
	}
	return fmt.Errorf("store: %s: %w", key, err)
}
