package parts

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

func folder(t *testing.T) *supervise.Folder {
	t.Helper()
	f, err := supervise.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestInspectPostgres(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)": 15,
		"postgres (PostgreSQL) 18beta1":                        18,
		"postgres (EnterpriseDB) x":                            0,
	} {
		dir := filepath.Dir(program(t, "postgres", "echo '"+says+"'"))
		if err := os.WriteFile(filepath.Join(dir, "initdb"), nil, 0o700); err != nil {
			t.Fatal(err)
		}
		p, err := inspectPostgres(t.Context(), dir)
		if (err == nil) != (want != 0) || p.major != want {
			t.Errorf("%s: got %v, %v", says, p, err)
		}
	}
	if _, err := inspectPostgres(t.Context(), t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without initdb: got %v", err)
	}
}

func TestServerArgs(t *testing.T) {
	t.Parallel()
	durable, throwaway := serverArgs("/d", 5, false), serverArgs("/d", 5, true)
	for _, want := range []string{"listen_addresses=127.0.0.1", "port=5", "wal_level=replica", "max_connections=300", "unix_socket_directories="} {
		if !slices.Contains(durable, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(strings.Join(durable, " "), "fsync") || !slices.Contains(throwaway, "fsync=off") {
		t.Error("fsync is off for data that is kept, or on for data that is not")
	}
}

func TestClusterVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got, err := clusterVersion(dir); got != 0 || err != nil {
		t.Errorf("no cluster: got %d, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "PG_VERSION"), []byte("16\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := clusterVersion(dir); got != 16 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
}

func TestClusterOfAnotherVersionIsNotTouched(t *testing.T) {
	t.Parallel()
	_, err := findPostgres(t.Context(), PostgresOptions{Folder: folder(t), Fetched: true, Say: func(string, ...any) {}}, nil, 99)
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 99") {
		t.Errorf("got %v", err)
	}
}

func TestPostmasterFileOfAKilledServerIsRemoved(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	stranger := exec.CommandContext(t.Context(), path, "1000")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	for name, text := range map[string]string{
		"of a stranger's process": strconv.Itoa(stranger.Process.Pid) + "\n/d\n",
		"of nobody":               "1073741824\n",
		"cut off":                 "",
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "postmaster.pid")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := clearPostmasterFile(dir); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the file stays", name)
		}
	}
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Error("a stranger was killed")
	}
}

func TestHomeIsInTheDataFolder(t *testing.T) {
	t.Parallel()
	f := folder(t)
	home, account, err := postgresHome(f, nil)
	if err != nil || account != nil || home != f.Path("postgres") {
		t.Fatalf("got %s, %v, %v", home, account, err)
	}
	info, err := os.Stat(home)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got %v, %v", info, err)
	}
}

func TestHomeIsWhereTheNoteSays(t *testing.T) {
	t.Parallel()
	f := folder(t)
	elsewhere := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(f.Path("postgres.location"), []byte(elsewhere+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if home, _, err := postgresHome(f, nil); err != nil || home != elsewhere {
		t.Errorf("got %s, %v", home, err)
	}
}

// pack writes an archive as npm does.
func pack(t *testing.T, entries map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "p.tgz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(file)
	archive := tar.NewWriter(zipped)
	for name, text := range entries {
		mode := int64(0o644)
		if strings.Contains(name, "/bin/") {
			mode = 0o6777
		}
		if err := archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: mode, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "into")
	err := unpack(pack(t, map[string]string{
		"package/native/bin/postgres":     "program",
		"package/native/lib/a.so.1.2":     "library",
		"package/package.json":            "not wanted",
		"package/native/../../../escaped": "evil",
		"/package/native/absolute":        "evil",
		"package/native/pg-symlinks.json": `[{"source":"native/lib/a.so.1.2","target":"native/lib/a.so"}]`,
	}), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := linkLibraries(dir); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "native", "bin", "postgres"))
	if err != nil || info.Mode() != 0o755 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "native", "lib", "a.so")); err != nil || string(got) != "library" {
		t.Errorf("got %q, %v", got, err)
	}
	var all []string
	_ = filepath.WalkDir(filepath.Dir(dir), func(path string, e fs.DirEntry, _ error) error {
		if !e.IsDir() {
			all = append(all, e.Name())
		}
		return nil
	})
	if slices.Sort(all); !slices.Equal(all, []string{"a.so", "a.so.1.2", "pg-symlinks.json", "postgres"}) {
		t.Errorf("got %v", all)
	}
}

func TestLinkOutsideThePackageIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "native"), 0o700); err != nil {
		t.Fatal(err)
	}
	list := `[{"source":"../../etc/passwd","target":"native/lib/a.so"}]`
	if err := os.WriteFile(filepath.Join(dir, "native", "pg-symlinks.json"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := linkLibraries(dir); err == nil {
		t.Error("a package links to what is not its own")
	}
}

func TestMiniredisAsksForItsPassword(t *testing.T) {
	t.Parallel()
	r, err := startMiniredis()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Stop(context.Background()) }()
	if !strings.HasPrefix(r.URL, "redis://:") || !strings.HasSuffix(r.URL, "/0") {
		t.Errorf("got %s", r.URL)
	}
}
