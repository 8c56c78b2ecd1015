package restore

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/bundle"
	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/shared/config"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for words, says := range map[string]string{
		"--list":     "",
		"--to d":     "",
		"--config d": "",
		"--to d --at 2026-11-24T15:04:05Z --timeline 2 --tablespace 16384=/x --tablespace 16385=/y --user u": "",
		"--to d --at latest":                      "",
		"--to d --at 2026-11-24T15:04:05.5+09:00": "",
		"":                                "say where to",
		"--at latest":                     "say where to",
		"--config d --at latest":          "say where to",
		"--list --to d":                   "stands alone",
		"--to d extra":                    `"extra" is not understood`,
		"--to d --at yesterday":           "a moment such as",
		"--to d --at 2026-11-24T15:04:05": "a moment such as",
		"--to d --tablespace 16384":       "OID=DIR",
		"--to d --tablespace fast=/x":     "OID=DIR",
		"--to d --tablespace 1=/x --tablespace 1=/y": "OID=DIR",
		"--to d --timeline 4294967297":               "no timeline",
		"--force":                                    "not defined",
	} {
		_, err := parse(strings.Fields(words))
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: says %v", words, err)
		}
	}
	a, err := parse([]string{"--to", "d", "--at", "2026-11-24T15:04:05.25+09:00"})
	if want := time.Date(2026, 11, 24, 6, 4, 5, 250e6, time.UTC); err != nil || !a.At.Equal(want) || targetTime(a.At) != "2026-11-24 06:04:05.250000+00" {
		t.Errorf("got %v, %v", a.At, err)
	}
}

func TestCommandStatuses(t *testing.T) {
	t.Parallel()
	k, _ := ours(t)
	all := map[string]string{"BACKUP_URL": "file://" + k.store(), "BACKUP_IDENTITY": k.identity}
	for name, test := range map[string]struct {
		settings    map[string]string
		words, says string
		want        int
	}{
		"no words":       {all, "", "maintenance restore --list", 64},
		"nowhere":        {map[string]string{"BACKUP_IDENTITY": k.identity}, "--list", "BACKUP_URL", 78},
		"no identity":    {map[string]string{"BACKUP_URL": all["BACKUP_URL"]}, "--to x", "BACKUP_IDENTITY", 78},
		"a wrong moment": {all, "--to /nowhere/at/all --at 2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z cannot be restored", 1},
		"no bundle":      {all, "--config /nowhere/at/all", "no bundle", 1},
		"an empty store": {map[string]string{"BACKUP_URL": "file://" + t.TempDir(), "BACKUP_IDENTITY": k.identity}, "--to /nowhere/at/all", "no base backup", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, complaints strings.Builder
			got := Command(t.Context(), strings.Fields(test.words), config.Map(test.settings), &out, &complaints)
			if got != test.want || !strings.Contains(complaints.String(), test.says) || out.Len() > 0 {
				t.Errorf("the status is %d, out %q, complaints %q", got, out.String(), complaints.String())
			}
			if strings.Contains(complaints.String(), k.identity) {
				t.Error("it tells the identity")
			}
		})
	}
}

func TestCommandLists(t *testing.T) {
	t.Parallel()
	k, o := ours(t)
	c, err := catalog.Read(t.Context(), o.Store)
	if err != nil {
		t.Fatal(err)
	}
	w := c.Windows()[0]
	var out, complaints strings.Builder
	// Without an identity: whoever looks needs none.
	if got := Command(t.Context(), []string{"--list"}, config.Map(map[string]string{"BACKUP_URL": "file://" + k.store()}), &out, &complaints); got != 0 {
		t.Fatal(got, complaints.String())
	}
	for _, want := range []string{moment(w.From) + " to " + moment(w.To), w.Backup, "tablespace " + k.tablespace, "PostgreSQL 15", "0 bundles"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out.String())
		}
	}
}

func TestCommandRestores(t *testing.T) {
	t.Parallel()
	k, o := ours(t)
	settings := map[string]string{"BACKUP_URL": "file://" + k.store(), "BACKUP_IDENTITY": k.identity, "POSTGRES_BIN": k.programs}
	words := []string{"--to", o.To, "--at", o.At.Format(time.RFC3339Nano), "--tablespace", k.tablespace + "=" + o.Tablespaces[k.tablespace]}
	var out, complaints strings.Builder
	if got := Command(t.Context(), words, config.Map(settings), &out, &complaints); got != 0 {
		t.Fatal(got, complaints.String())
	}
	for _, want := range []string{
		"restored to " + moment(o.At) + ": the last transaction in it committed at ", "s before; nothing after it is in it",
		"are left out", "database postgres, ", "on timeline 2", o.To,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out.String())
		}
	}
	for _, want := range []string{"files: 100%", "wal: 100%"} {
		if !strings.Contains(complaints.String(), want) {
			t.Errorf("no %q in %s", want, complaints.String())
		}
	}
	// Again into the same folder.
	if got := Command(t.Context(), words, config.Map(settings), &out, &complaints); got != 1 || !strings.Contains(complaints.String(), "is not empty") {
		t.Errorf("the second time: %d, %s", got, complaints.String())
	}
}

func TestCommandWritesTheConfiguration(t *testing.T) {
	t.Parallel()
	k, o := ours(t)
	for _, day := range []int{2, 1} {
		c := bundle.Contents{Index: bundle.Index{Taken: time.Date(2026, 11, day, 2, 0, 0, 0, time.UTC)}, Files: map[string][]byte{
			bundle.IndexFile: []byte("{}"), bundle.SettingsFile: []byte("{}"), "kubernetes/secrets/s.json": {byte('0' + day)},
		}}
		if _, err := c.Store(t.Context(), o.Store, k.recipients); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(t.TempDir(), "config")
	settings := config.Map(map[string]string{"BACKUP_URL": "file://" + k.store(), "BACKUP_IDENTITY": k.identity})
	var out, complaints strings.Builder
	if got := Command(t.Context(), []string{"--config", dir}, settings, &out, &complaints); got != 0 || !strings.Contains(out.String(), "2026-11-02") {
		t.Fatal(got, out.String(), complaints.String())
	}
	secret := filepath.Join(dir, "kubernetes", "secrets", "s.json")
	info, err := os.Stat(secret)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if content, err := os.ReadFile(secret); err != nil || string(content) != "2" {
		t.Errorf("it is not the latest: %q, %v", content, err)
	}
	if got := Command(t.Context(), []string{"--config", dir}, settings, &out, &complaints); got != 1 || !strings.Contains(complaints.String(), "not empty") {
		t.Errorf("the second time: %d, %s", got, complaints.String())
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 1 << 30: "1.1 GB", 5e15: "5000.0 TB"} {
		if got := size(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

// Each disk has to have room for what goes to it, and no more.
func TestRoomIsCountedByDisk(t *testing.T) {
	t.Parallel()
	const gigabyte = 1 << 30
	a, b := t.TempDir(), t.TempDir()
	r := restoration{Options: Options{To: filepath.Join(a, "data"), Tablespaces: map[string]string{"1": filepath.Join(a, "1"), "2": b}}}
	r.plan.Backup.Segment = 16 << 20
	r.plan.Segments = make([]wal.Object, 64)
	r.plan.Backup.Files = []catalog.File{
		{Name: catalog.Main, Bytes: gigabyte}, {Name: "1.tar", Bytes: gigabyte}, {Name: "2.tar", Bytes: gigabyte}, {Name: catalog.Manifest, Bytes: 1},
	}
	for _, test := range []struct {
		a, b int64
		full string
	}{
		{3*gigabyte + spare, gigabyte, ""},
		{3*gigabyte + spare - 1, gigabyte, filepath.Join(a, "1")},
		{9 * gigabyte, gigabyte - 1, b},
		{gigabyte, gigabyte, filepath.Join(a, "data")},
	} {
		r.room = func(dir string) (room, error) {
			if dir == a {
				return room{free: test.a, disk: "a"}, nil
			}
			return room{free: test.b, disk: "b"}, nil
		}
		err := r.fits()
		if (err == nil) != (test.full == "") || err != nil && !strings.Contains(err.Error(), "room for "+test.full+":") {
			t.Errorf("%d and %d: says %v", test.a, test.b, err)
		}
	}
}

func TestAccountHasToReachThePlace(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := &account{name: "stranger", uid: 1 << 20, gid: 1 << 20}
	if err := stranger.reaches(filepath.Join(closed, "data", "not", "there")); err == nil || !strings.Contains(err.Error(), "stranger") {
		t.Errorf("through a folder that is closed: %v", err)
	}
	if err := stranger.reaches("/data"); err != nil {
		t.Error(err)
	}
	var ourselves *account
	if err := ourselves.reaches(filepath.Join(closed, "data")); err != nil {
		t.Error(err)
	}
}

// An earlier recovery's settings that ALTER SYSTEM has left would be a second
// target, or a second way to get WAL.
func TestRecoverySettingsAreAllSaid(t *testing.T) {
	t.Parallel()
	r := restoration{Options: Options{At: time.Date(2026, 11, 24, 15, 4, 5, 0, time.UTC)}}
	r.plan.Timeline = 7
	args := r.arguments("/home")
	for _, want := range []string{
		"recovery_target=", "recovery_target_lsn=", "recovery_target_name=", "recovery_target_xid=", "restore_command=exit 1",
		"recovery_target_time=2026-11-24 15:04:05.000000+00", "recovery_target_action=promote", "recovery_target_timeline=7",
		"archive_mode=off", "listen_addresses=", "unix_socket_directories=/home", "recovery_end_command=", "primary_conninfo=",
	} {
		if !slices.Contains(args, want) {
			t.Errorf("%s is missing", want)
		}
	}
}
