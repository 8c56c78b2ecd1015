package restore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
)

const state = `SELECT count(*) || ' rows to ' || max(id) || ', doomed ' || (to_regclass('doomed') IS NOT NULL) ||
 ', fast ' || (SELECT count(*) FROM fast_rows) FROM rows`

func TestRestoreToAMoment(t *testing.T) {
	t.Parallel()
	_, o := ours(t)
	var stages []string
	o.Progress = func(stage string, done, total int64) {
		if n := len(stages); n == 0 || stages[n-1] != stage {
			stages = append(stages, stage)
		}
		if done > total {
			t.Errorf("%s: %d of %d", stage, done, total)
		}
	}
	got, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !got.LastCommit.Before(o.At) || o.At.Sub(got.LastCommit) > time.Minute || !got.Reached.After(o.At) ||
		got.Timeline != 2 || got.System != got.Backup.System || got.Fetched <= 0 || got.Recovered <= 0 || len(got.Databases) != 1 {
		t.Errorf("got %+v", got)
	}
	if strings.Join(stages[:2], " ") != StageFiles+" "+StageWAL {
		t.Errorf("stages are %v", stages)
	}
	for _, name := range []string{recoverySignal, controlBack, "postmaster.opts", "postmaster.pid", tablespaceMap} {
		if _, err := os.Stat(filepath.Join(o.To, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	if got := look[string](t, o, state); got != "100 rows to 100, doomed true, fast 1000" {
		t.Errorf("restored are %s", got)
	}
	err = filepath.WalkDir(filepath.Dir(o.To), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == filepath.Dir(o.To) {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode()&fs.ModeSymlink == 0 && info.Mode()&0o077 != 0 {
			t.Errorf("%s is open to others: %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRestoreToTheEdges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		at   func(catalog.Window) time.Time
		want string
	}{
		"the first moment":  {func(w catalog.Window) time.Time { return w.From }, "0 rows"},
		"the last moment":   {func(w catalog.Window) time.Time { return w.To }, "200 rows"},
		"as far as it goes": {func(catalog.Window) time.Time { return time.Time{} }, "200 rows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, o := ours(t)
			c, err := catalog.Read(t.Context(), o.Store)
			if err != nil {
				t.Fatal(err)
			}
			o.At = test.at(c.Windows()[0])
			if _, err := Run(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if got := look[string](t, o, "SELECT count(*) || ' rows' FROM rows"); got != test.want {
				t.Errorf("restored are %s", got)
			}
		})
	}
}

// What is refused, before anything is written.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*testing.T, kept, *Options)
		says   string
		is     func(error) bool
	}{
		"no place": {change: func(_ *testing.T, _ kept, o *Options) { o.To = "" }, says: "say where to"},
		"a folder that is not empty": {change: func(t *testing.T, _ kept, o *Options) {
			if err := os.MkdirAll(filepath.Join(o.To, "lost+found"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, says: "is not empty"},
		"too early": {change: func(_ *testing.T, _ kept, o *Options) { o.At = o.At.Add(-time.Hour) }, is: outside},
		"too late":  {change: func(_ *testing.T, _ kept, o *Options) { o.At = o.At.Add(time.Hour) }, is: outside},
		"another's identity": {change: func(t *testing.T, _ kept, o *Options) {
			other, _, err := envelope.Pair()
			if err != nil {
				t.Fatal(err)
			}
			if o.Identities, err = envelope.ParseIdentities(other); err != nil {
				t.Fatal(err)
			}
		}, is: func(err error) bool { return errors.Is(err, envelope.ErrIdentity) }},
		"a gap": {change: func(t *testing.T, k kept, o *Options) {
			paths, objects := k.segments(t)
			last := objects[len(objects)-1]
			for i, o := range objects {
				if o.Number == last.Number-1 {
					if err := os.Remove(paths[i]); err != nil {
						t.Fatal(err)
					}
				}
			}
			o.At = last.Until
		}, is: func(err error) bool {
			_, ok := errors.AsType[*catalog.GapError](err)
			return ok
		}},
		"a full disk": {change: func(_ *testing.T, _ kept, o *Options) {
			o.room = func(string) (room, error) { return room{free: 1 << 20}, nil }
		}, says: "are free"},
		"a tablespace without a place": {change: func(_ *testing.T, _ kept, o *Options) { o.Tablespaces = nil }, says: "--tablespace"},
		"a place without a tablespace": {change: func(_ *testing.T, _ kept, o *Options) { o.Tablespaces["7"] = o.To + "7" }, says: "no tablespace 7"},
		"a tablespace in the data":     {change: func(_ *testing.T, k kept, o *Options) { o.Tablespaces[k.tablespace] = o.To + "/x" }, says: "apart"},
		"another version": {change: func(t *testing.T, _ kept, o *Options) {
			o.Programs = t.TempDir()
			script := "#!/bin/sh\necho 'postgres (PostgreSQL) 16.2'\n"
			if err := os.WriteFile(filepath.Join(o.Programs, "postgres"), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
		}, says: "needs PostgreSQL 15"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, o := ours(t)
			test.change(t, k, &o)
			_, err := Run(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), test.says) || test.is != nil && !test.is(err) {
				t.Fatalf("says %v", err)
			}
			if _, err := os.Stat(filepath.Join(o.To, "PG_VERSION")); o.To != "" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

func outside(err error) bool {
	_, ok := errors.AsType[*catalog.OutsideError](err)
	return ok && strings.Contains(err.Error(), "Z to ")
}

func TestDamageIsNamedAndNothingStarts(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]func(*testing.T, kept) string{
		"base.tar": func(_ *testing.T, k kept) string {
			found, _ := filepath.Glob(filepath.Join(k.store(), "base", "*", "base.tar"))
			return found[0]
		},
		"a tablespace": func(_ *testing.T, k kept) string {
			found, _ := filepath.Glob(filepath.Join(k.store(), "base", "*", k.tablespace+".tar"))
			return found[0]
		},
		"a segment": func(t *testing.T, k kept) string {
			paths, objects := k.segments(t)
			for i, o := range objects {
				// The last one that is needed.
				if !o.Until.Before(k.moment) {
					return paths[i]
				}
			}
			t.Fatal("the archive ends before the moment")
			return ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, o := ours(t)
			damaged := path(t, k)
			flip(t, damaged)
			_, err := Run(t.Context(), o)
			key, _ := filepath.Rel(k.store(), damaged)
			if !errors.Is(err, envelope.ErrDamaged) || !strings.Contains(err.Error(), key) {
				t.Errorf("%s: says %v", key, err)
			}
			dead(t, o)
		})
	}
}

// Between WAL and recovery.signal there is all that a server needs to come up at
// another moment than the one asked for.
func TestInterruptedRestoreStartsNowhere(t *testing.T) {
	t.Parallel()
	for _, at := range []string{StageFiles, StageWAL} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			_, o := ours(t)
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			o.Progress = func(stage string, done, total int64) {
				// After its last byte, so that as much is there as can be.
				if stage == at && done == total {
					kill()
				}
			}
			if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
				t.Fatalf("says %v", err)
			}
			if _, err := os.Stat(o.To); err != nil {
				t.Fatalf("it was over before it began: %v", err)
			}
			dead(t, o)
		})
	}
}

// All files are there, and no WAL was replayed yet.
func TestUnrecoveredFilesDoNotStart(t *testing.T) {
	t.Parallel()
	_, o := ours(t)
	o.Progress, o.room = func(string, int64, int64) {}, measure
	r, err := prepare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.unpack(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(o.To, control)); err != nil {
		t.Fatal(err)
	}
	dead(t, o)
}

// The number of a timeline that was left must not be given again.
func TestNewTimelineIsAboveAllKnown(t *testing.T) {
	t.Parallel()
	_, o := ours(t)
	history(t, o.Store, 2, "1\t0/1\tno recovery target specified\n")
	o.Timeline = 1
	got, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got.Timeline != 3 {
		t.Errorf("the new timeline is %d", got.Timeline)
	}
}
