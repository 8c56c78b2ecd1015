package store_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/functions/maintenance/backup/store"
)

func directory(t *testing.T) (*store.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "made", "by", "it")
	s, err := store.Open(t.Context(), "file://"+dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, dir
}

func put(t *testing.T, s *store.Store, key, content string) {
	t.Helper()
	if err := s.Write(t.Context(), key, func(w io.Writer) error { _, err := io.WriteString(w, content); return err }); err != nil {
		t.Fatal(err)
	}
}

func keys(t *testing.T, s *store.Store, prefix string) (all []string) {
	t.Helper()
	for o, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o.Key)
	}
	return all
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	s, _ := directory(t)
	put(t, s, "wal/00000001/b", "rows")
	r, err := s.Read(t.Context(), "wal/00000001/b")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || string(got) != "rows" || r.Close() != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for o, err := range s.List(t.Context(), "") {
		if err != nil || o.Size != 4 || o.Written.IsZero() {
			t.Errorf("got %v, %v", o, err)
		}
	}
	if err := s.Remove(t.Context(), "wal/00000001/b"); err != nil {
		t.Error(err)
	}
	if err := s.Remove(t.Context(), "wal/00000001/b"); err != nil {
		t.Errorf("removed twice: %v", err)
	}
	if _, err := s.Read(t.Context(), "wal/00000001/b"); !errors.Is(err, store.ErrAbsent) || !strings.Contains(err.Error(), "wal/00000001/b") {
		t.Errorf("got %v", err)
	}
}

// An object is whole or not there: not when who fills it fails, and not when time
// is over.
func TestHalfAnObjectIsNone(t *testing.T) {
	t.Parallel()
	s, dir := directory(t)
	failed := errors.New("the server is gone")
	err := s.Write(t.Context(), "base/x/base.tar", func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	over, end := context.WithCancel(t.Context())
	err = s.Write(over, "base/x/base.tar", func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		end()
		return err
	})
	if err == nil {
		t.Error("a write whose time is over succeeds")
	}
	if all := keys(t, s, ""); len(all) > 0 {
		t.Errorf("there is %q", all)
	}
	// Nor is anything left of it in the directory.
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			t.Errorf("left: %s, %v", path, err)
		}
		return nil
	})
}

func TestAnObjectIsPrivate(t *testing.T) {
	t.Parallel()
	s, dir := directory(t)
	put(t, s, "base/x/base.tar", "rows")
	for path := filepath.Join(dir, "base", "x"); len(path) >= len(dir); path = filepath.Dir(path) {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	s, _ := directory(t)
	all := []string{"base/20261124T020000.000Z/backup.json", "base/20261124T020000.000Z/base.tar", "history/00000002.history_x", "wal/00000001/A_1", "wal/00000001/B_1", "wal/00000002/A_1"}
	for _, key := range []string{all[4], all[0], all[5], all[2], all[1], all[3]} {
		put(t, s, key, "x")
	}
	if got := keys(t, s, ""); !slices.Equal(got, all) {
		t.Errorf("got %q", got)
	}
	for prefix, want := range map[string][]string{"wal/00000001/": all[3:5], "wal/00000001/A": all[3:4], "base/2": all[:2], "nothing/": nil} {
		if got := keys(t, s, prefix); !slices.Equal(got, want) {
			t.Errorf("%s: got %q", prefix, got)
		}
	}
	for range s.List(t.Context(), "") {
		break
	}
}

func TestNamesThatAreNone(t *testing.T) {
	t.Parallel()
	s, _ := directory(t)
	for _, key := range []string{"", "/", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a/.b", "a b", "a\x00", "a\n", "ä", "-a", "a\\b"} {
		if err := s.Write(t.Context(), key, func(io.Writer) error { t.Errorf("%q is filled", key); return nil }); err == nil {
			t.Errorf("%q is a name", key)
		}
	}
}

// An address may hold a key: no error repeats it.
func TestAddressesThatDoNotOpen(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "hunter2", "s3://hunter2@bucket", "ftp://user:hunter2@host/x", "file://host/var?key=hunter2", "file://relative", "file:///a?key=hunter2",
		"file:hunter2", "://hunter2", "postgres://u:hunter2@h/%zz",
	} {
		s, err := store.Open(t.Context(), address)
		if err == nil {
			_ = s.Close()
			t.Errorf("%q opens", address)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error says %v", address, err)
		}
	}
}
