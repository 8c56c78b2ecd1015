package catalog

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// From a directory, with what does not count beside what does.
func TestRead(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	b := w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	w.whole(1, 2, 3, at(0))
	w.history(2, wal.Switch{From: 1, At: lsn(3, 8)})
	w.put(Bundle{Taken: at(time.Hour), SHA256: w.hash()}.Key(), "new", at(0))
	w.put(Bundle{Taken: at(0), SHA256: w.hash()}.Key(), "old", at(0))
	w.put("base/"+wal.Stamp(at(time.Hour))+"/base.tar", "not described", at(0))
	for key := range w.objects {
		text := w.texts[key]
		if text == "" {
			text = strings.Repeat("x", int(max(w.objects[key].Size, 1)))
		}
		if err := s.Write(t.Context(), key, func(to io.Writer) error { _, err := io.WriteString(to, text); return err }); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Read(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Backups) != 1 || c.Backups[0].ID != b.ID || len(c.Damaged) != 0 || len(c.Segments()) != 2 {
		t.Errorf("got %v, %q, %v", c.Backups, c.Damaged, c.Segments())
	}
	if len(c.Bundles) != 2 || !c.Bundles[1].Taken.Equal(at(time.Hour)) {
		t.Errorf("got %v", c.Bundles)
	}
	if h, ok := c.History(2); !ok || h.Before[0].At != lsn(3, 8) {
		t.Errorf("got %v", h)
	}
}

// What cannot be true does not count, says why, and costs nobody else anything.
func TestDamagedDescriptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(w *world, b *Backup)
		want  string
	}{
		"no JSON":             {func(w *world, b *Backup) { w.put(b.Key(Description), "{", b.Ended) }, "is no description"},
		"another ID":          {func(_ *world, b *Backup) { b.Began = b.Began.Add(time.Second) }, "is of another base backup"},
		"a file is not there": {func(w *world, b *Backup) { w.remove(b.Key("16400.tar")) }, "16400.tar is not there"},
		"a file is shorter": {func(w *world, b *Backup) { w.objects[b.Key(Main)] = store.Object{Key: b.Key(Main), Size: 8} },
			"base.tar has 8 bytes and not 9"},
		"another cluster":      {func(_ *world, b *Backup) { b.System = "12" }, "is of another cluster (12) than younger ones (7391)"},
		"another segment size": {func(_ *world, b *Backup) { b.Segment = 1 << 20 }, "is of another cluster"},
	} {
		w := newWorld()
		b := described(at(0), 1, lsn(1, 40), lsn(1, 400))
		w.base(b.Began, 1, b.Start, b.Stop)
		w.base(at(3*time.Hour), 1, lsn(2, 40), lsn(2, 400))
		w.whole(1, 1, 4, at(0))
		folder := b
		c.spoil(w, &b)
		if w.texts[folder.Key(Description)] != "{" && !strings.HasSuffix(w.texts[folder.Key(Description)], "]") {
			text, _ := json.Marshal(b)
			w.put(folder.Key(Description), string(text), b.Ended)
		}
		got := w.read(t)
		if len(got.Backups) != 1 || len(got.Damaged) != 1 || !strings.HasPrefix(got.Damaged[0], folder.Key(Description)+": ") || !strings.Contains(got.Damaged[0], c.want) {
			t.Errorf("%s: got %d backups, %q", name, len(got.Backups), got.Damaged)
		}
		if w := got.Windows(); len(w) != 1 || w[0].To != at(4*time.Hour) {
			t.Errorf("%s: got %v", name, w)
		}
	}
}

// A description is not read at any length.
func TestALongDescriptionIsDamaged(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	name := Folder(wal.Stamp(at(0))) + Description
	history := wal.History{Timeline: 2, SHA256: newWorld().hash()}.Key()
	for _, key := range []string{name, history} {
		if err := s.Write(t.Context(), key, func(to io.Writer) error {
			_, err := io.CopyN(to, endless{}, mostText+1)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Read(t.Context(), s)
	if want := []string{name + ": is longer than 1 MiB", history + ": is longer than 1 MiB"}; err != nil || !slices.Equal(c.Damaged, want) {
		t.Errorf("got %v, %v", c.Damaged, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// Two servers have begun a timeline: the younger one runs.
func TestDamagedHistories(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.base(at(0), 1, lsn(2, 40), lsn(2, 400))
	old := w.history(2, wal.Switch{From: 1, At: lsn(9, 8)})
	young := w.history(2, wal.Switch{From: 1, At: lsn(3, 8)})
	o := w.objects[young.Key()]
	o.Written = at(time.Hour)
	w.objects[young.Key()] = o
	changed := w.history(3, wal.Switch{From: 1, At: lsn(4, 8)})
	w.texts[changed.Key()] += "#"
	c := w.read(t)
	if h, ok := c.History(2); !ok || h.SHA256 != young.SHA256 {
		t.Errorf("got %v", h)
	}
	if _, ok := c.History(3); ok {
		t.Error("a history that was changed counts")
	}
	slices.Sort(c.Damaged)
	if len(c.Damaged) != 2 || !strings.HasPrefix(c.Damaged[0], old.Key()+": there is a younger") || !strings.HasPrefix(c.Damaged[1], changed.Key()+": does not have the hash") {
		t.Errorf("got %q", c.Damaged)
	}
}

func TestValidFile(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"base.tar": true, "16400.tar": true, "4294967295.tar": true, "backup_manifest": true,
		"4294967296.tar": false, "0.tar": false, "016400.tar": false, "../base.tar": false, "16400.tar/..": false,
		"base.tar.gz": false, "backup.json": false, "": false, ".tar": false, "-1.tar": false, "16400.tar\n": false,
	} {
		if got := ValidFile(name); got != want {
			t.Errorf("%q: got %v", name, got)
		}
	}
}

// Whatever is taken for a description names only files of its folder, lengths that
// can be added up and WAL that can be looked for.
func FuzzParseBackup(f *testing.F) {
	b := described(at(0), 1, lsn(1, 40), lsn(1, 400))
	text, _ := json.Marshal(b)
	f.Add(text)
	f.Add([]byte("{}"))
	f.Add([]byte(strings.Replace(string(text), "16400.tar", "../16400.tar", 1)))
	f.Add([]byte(strings.Replace(string(text), `"size":9`, `"size":9223372036854775807`, 1)))
	f.Add([]byte(strings.Replace(string(text), `"size":9`, `"size":-1`, 1)))
	f.Add([]byte(strings.Replace(string(text), `"timeline":1`, `"timeline":0`, 1)))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := ParseBackup(b.ID, text)
		if err != nil {
			return
		}
		for _, file := range got.Files {
			if !ValidFile(file.Name) || file.Size <= 0 || got.Bytes() < file.Size && len(got.Files) < 1000 {
				t.Errorf("got %v", file)
			}
		}
		if got.ID != b.ID || got.Timeline == 0 || !got.Segment.Valid() || got.Stop < got.Start {
			t.Errorf("got %v", got)
		}
		again, _ := json.Marshal(got)
		if _, err := ParseBackup(b.ID, again); err != nil {
			t.Errorf("what was written again is refused: %v", err)
		}
	})
}
