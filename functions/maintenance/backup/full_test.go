package backup

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// A base backup is due once a day from two o'clock on, and when the last one leads
// nowhere.
func TestABaseBackupIsDue(t *testing.T) {
	t.Parallel()
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	for name, test := range map[string]struct {
		began []time.Time
		// wal are the segments that are stored; the base backups need 5.
		wal  []uint64
		now  time.Time
		want bool
	}{
		"none":                          {nil, nil, at(24, 1), true},
		"yesterday's, before two":       {[]time.Time{at(23, 2)}, []uint64{5, 6}, at(24, 1), false},
		"yesterday's, at two":           {[]time.Time{at(23, 2)}, []uint64{5, 6}, at(24, 2), true},
		"yesterday's late one":          {[]time.Time{at(23, 23)}, []uint64{5, 6}, at(24, 3), true},
		"today's":                       {[]time.Time{at(23, 2), at(24, 2)}, []uint64{5, 6}, at(24, 23), false},
		"today's early one, before two": {[]time.Time{at(24, 0)}, []uint64{5, 6}, at(24, 1), false},
		"the chain is broken":           {[]time.Time{at(24, 2)}, []uint64{5, 6, 8}, at(24, 3), true},
		"its own WAL is not there":      {[]time.Time{at(24, 2)}, []uint64{6, 7}, at(24, 3), true},
		"no WAL at all":                 {[]time.Time{at(24, 2)}, nil, at(24, 3), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &Replicator{Settings: Settings{Store: opened(t, t.TempDir()), Method: MethodReplication}}
			for _, began := range test.began {
				described(t, r, began)
			}
			for _, n := range test.wal {
				o := wal.Object{Timeline: 1, Number: n, Size: wal.DefaultSize, Used: uint64(wal.DefaultSize), Until: at(24, 2), SHA256: strings.Repeat("a", 64)}
				if err := r.Store.Write(t.Context(), o.Key(), func(io.Writer) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
			if due, err := r.Full().Due(t.Context(), test.now); err != nil || due != test.want {
				t.Errorf("due: %v, %v", due, err)
			}
			r.Method = MethodExternal
			if due, err := r.Full().Due(t.Context(), test.now); err != nil || due {
				t.Errorf("where somebody else keeps the database: %v, %v", due, err)
			}
		})
	}
}

// described is a base backup as it is described.
func described(t *testing.T, r *Replicator, began time.Time) {
	t.Helper()
	b := catalog.Backup{
		ID: wal.Stamp(began), Began: began, Ended: began, Consistent: began, System: "1", Superuser: "postgres", Server: "15.18",
		Segment: wal.DefaultSize, Timeline: 1, Start: 5 * wal.LSN(wal.DefaultSize), Stop: 5*wal.LSN(wal.DefaultSize) + 100,
	}
	for _, name := range []string{catalog.Main, catalog.Manifest} {
		b.Files = append(b.Files, catalog.File{Name: name, Size: 1, SHA256: strings.Repeat("b", 64)})
		if err := r.Store.Write(t.Context(), b.Key(name), func(w io.Writer) error { _, err := w.Write([]byte("x")); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.describe(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}
