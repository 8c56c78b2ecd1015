package restore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/shared/config"
)

func history(t *testing.T, s *store.Store, timeline wal.Timeline, text string) wal.History {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	h := wal.History{Timeline: timeline, SHA256: hex.EncodeToString(sum[:])}
	err := s.Write(t.Context(), h.Key(), func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestFetchedSegmentIsWhole(t *testing.T) {
	t.Parallel()
	k, o := ours(t)
	_, objects := k.segments(t)
	for _, o2 := range objects {
		to := filepath.Join(t.TempDir(), "RECOVERYXLOG")
		if err := Fetch(t.Context(), o.Store, o.Identities, o2.FileName(), to); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(to)
		if err != nil || len(got) != int(o2.Size) {
			t.Fatalf("%s: %d bytes, %v", o2.FileName(), len(got), err)
		}
		if len(bytes.Trim(got[o2.Used:], "\x00")) != 0 || len(bytes.Trim(got[:o2.Used], "\x00")) == 0 {
			t.Errorf("%s: it is not the stored beginning and then zeros", o2.FileName())
		}
		if rest, _ := os.ReadDir(filepath.Dir(to)); len(rest) != 1 {
			t.Errorf("left behind: %v", rest)
		}
	}
	if objects[len(objects)-1].Whole() {
		t.Error("no segment was unfinished")
	}
}

func TestFetchedHistory(t *testing.T) {
	t.Parallel()
	_, o := ours(t)
	const text = "1\t0/3000000\tno recovery target specified\n"
	h := history(t, o.Store, 2, text)
	to := filepath.Join(t.TempDir(), "RECOVERYHISTORY")
	if err := Fetch(t.Context(), o.Store, o.Identities, h.FileName(), to); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(to); err != nil || string(got) != text {
		t.Errorf("got %q, %v", got, err)
	}
}

// While a restore runs, an incremental backup removes the beginning of a segment
// that it stores further.
func TestRemovedBeginningIsReplacedByALongerOne(t *testing.T) {
	t.Parallel()
	k, o := ours(t)
	_, objects := k.segments(t)
	planned := objects[len(objects)-1]
	planned.Used -= 8
	planned.SHA256 = strings.Repeat("0", 64)
	to := filepath.Join(t.TempDir(), "segment")
	from := source{o.Store, o.Identities}
	if err := from.segment(t.Context(), planned, to); err != nil {
		t.Fatal(err)
	}
	planned.Used += 16
	if err := from.segment(t.Context(), planned, to); !errors.Is(err, store.ErrAbsent) {
		t.Errorf("a shorter one will do: %v", err)
	}
}

// PostgreSQL ends a recovery at what is at most 125, as if there were no more WAL.
func TestFetchStatuses(t *testing.T) {
	t.Parallel()
	k, _ := ours(t)
	paths, objects := k.segments(t)
	whole := objects[1].FileName()
	flip(t, paths[0])
	settings := map[string]string{"BACKUP_URL": "file://" + k.store(), "BACKUP_IDENTITY": k.identity}
	without := func(name string) map[string]string { return map[string]string{name: settings[name]} }
	for name, test := range map[string]struct {
		settings map[string]string
		words    []string
		want     int
	}{
		"a segment":                    {settings, []string{whole}, 0},
		"one that is not there":        {settings, []string{"0000000100000000000000FF"}, 1},
		"a timeline that is not there": {settings, []string{"00000009.history"}, 1},
		"no file of WAL":               {settings, []string{"../etc/passwd"}, 1},
		"one that is damaged":          {settings, []string{objects[0].FileName()}, 200},
		"no identity":                  {without("BACKUP_URL"), []string{whole}, 200},
		"no store":                     {without("BACKUP_IDENTITY"), []string{whole}, 200},
		"no such storage":              {map[string]string{"BACKUP_URL": "x://y", "BACKUP_IDENTITY": k.identity}, []string{whole}, 200},
		"too many words":               {settings, []string{whole, "x"}, 200},
		"no words":                     {settings, nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := filepath.Join(t.TempDir(), "to")
			words := test.words
			if words != nil {
				words = append([]string{words[0], to}, words[1:]...)
			}
			var complaints strings.Builder
			if got := FetchCommand(t.Context(), words, config.Map(test.settings), &complaints); got != test.want {
				t.Errorf("the status is %d, want %d: %s", got, test.want, complaints.String())
			}
			if _, err := os.Stat(to); (err == nil) != (test.want == 0) {
				t.Errorf("the file: %v", err)
			}
			if strings.Contains(complaints.String(), k.identity) {
				t.Error("it tells the identity")
			}
		})
	}
}
