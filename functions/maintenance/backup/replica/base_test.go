package replica

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authway/authway/functions/maintenance/backup/manifest"
	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// own gives a path to the account that the server runs as.
func (s *server) own(t *testing.T, path string) {
	t.Helper()
	account, err := supervise.OwnerOf(s.Home)
	if err != nil {
		t.Fatal(err)
	}
	if err := account.Own(path); err != nil {
		t.Fatal(err)
	}
}

// save writes archives to files.
func save(dir string) func(Archive) error {
	return func(a Archive) error {
		f, err := os.Create(filepath.Join(dir, a.Name))
		if err != nil {
			return err
		}
		_, err = io.Copy(f, a)
		return errors.Join(err, f.Close())
	}
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestABaseBackupIsTheWholeCluster(t *testing.T) {
	t.Parallel()
	s := own(t, room(t))
	space := filepath.Join(s.Home, "space")
	if err := os.Mkdir(space, 0o700); err != nil {
		t.Fatal(err)
	}
	s.own(t, space)
	s.do(t, "CREATE TABLESPACE elsewhere LOCATION '"+space+"'", "CREATE TABLE kept TABLESPACE elsewhere AS SELECT generate_series(1, 100000) AS n")
	oid := ask[string](t, s, "SELECT oid::text FROM pg_tablespace WHERE spcname = 'elsewhere'")
	conn, dir := s.dial(t, ""), t.TempDir()
	var names, places []string
	var last, total int64
	base, err := conn.BaseBackup(t.Context(), func(done, of int64) {
		if done < last {
			t.Errorf("%d bytes after %d", done, last)
		}
		last, total = done, of
	}, func(a Archive) error {
		names, places = append(names, a.Name), append(places, a.Tablespace)
		return save(dir)(a)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, " "); got != oid+".tar base.tar backup_manifest" {
		t.Errorf("the server sent %s", got)
	}
	if places[0] != space || base.Tablespaces[oid] != space || len(base.Tablespaces) != 1 {
		t.Errorf("the tablespace is at %q, %v", places, base.Tablespaces)
	}
	if last < total*9/10 || last > total*11/10 || total == 0 {
		t.Errorf("%d of %d bytes came", last, total)
	}
	m, err := manifest.Parse(open(t, filepath.Join(dir, manifestName)))
	if err != nil {
		t.Fatal(err)
	}
	for name, prefix := range map[string]string{"base.tar": "", oid + ".tar": "pg_tblspc/" + oid} {
		if err := m.Archive(open(t, filepath.Join(dir, name)), prefix, nil); err != nil {
			t.Error(err)
		}
	}
	if missing := m.Missing(); len(missing) > 0 || m.Ranges[0].Start != base.Start || m.Ranges[0].End != base.Stop || base.Timeline != 1 {
		t.Errorf("%q are missing; %v, and %v", missing, base, m.Ranges)
	}
	// What comes after it goes by the same connection.
	if system, err := conn.Identify(t.Context()); err != nil || system.Flushed < base.Stop {
		t.Errorf("afterwards: %v, %v", system, err)
	}
}

// An archive that cannot be stored ends the base backup, and the server gives it up.
func TestABaseBackupEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	s := ours(t)
	for name, each := range map[string]struct {
		do   func(Archive) error
		want error
	}{
		"at once":      {func(Archive) error { return errFull }, errFull},
		"in it":        {func(a Archive) error { _, err := io.CopyN(io.Discard, a, 1<<20); return errors.Join(err, errFull) }, errFull},
		"nothing read": {func(Archive) error { return nil }, errUnread},
		"partly read":  {func(a Archive) error { _, err := io.CopyN(io.Discard, a, 1<<20); return err }, errUnread},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := s.dial(t, "&application_name="+strings.ReplaceAll(name, " ", "-"))
			if _, err := conn.BaseBackup(t.Context(), func(int64, int64) {}, each.do); !errors.Is(err, each.want) {
				t.Errorf("got %v", err)
			}
			conn.Close()
		})
	}
	t.Run("nobody waits", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		_, err := s.dial(t, "").BaseBackup(ctx, func(int64, int64) {}, func(a Archive) error {
			cancel()
			_, err := io.Copy(io.Discard, a)
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// unpack makes a data directory of a base backup.
func unpack(t *testing.T, s *server, archive, data string) {
	t.Helper()
	put := func(path string, mode os.FileMode, from io.Reader) error {
		if mode.IsDir() {
			return errors.Join(os.MkdirAll(path, 0o700), os.Chmod(path, 0o700))
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, from)
		return errors.Join(err, f.Close())
	}
	if err := put(data, os.ModeDir, nil); err != nil {
		t.Fatal(err)
	}
	s.own(t, data)
	from := tar.NewReader(open(t, archive))
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(data, h.Name)
		if err := put(path, h.FileInfo().Mode(), from); err != nil {
			t.Fatal(err)
		}
		s.own(t, path)
	}
}
