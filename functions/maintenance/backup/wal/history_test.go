package wal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// As PostgreSQL writes it after two promotions.
const written = "1\t0/5000148\tno recovery target specified\n\n2\t0/9000000\tbefore 2026-11-24 10:00:00+00\n"

func TestHistory(t *testing.T) {
	t.Parallel()
	h, err := wal.ParseHistory(3, []byte("# made by hand\n"+written))
	if err != nil || !slices.Equal(h.Before, []wal.Switch{{From: 1, At: 0x5000148}, {From: 2, At: 0x9000000}}) {
		t.Fatalf("got %v, %v", h, err)
	}
	for at, want := range map[wal.LSN]wal.Timeline{0: 1, 0x5000147: 1, 0x5000148: 2, 0x8FFFFFF: 2, 0x9000000: 3, ^wal.LSN(0): 3} {
		if got := h.At(at); got != want {
			t.Errorf("%s is on %d", at, got)
		}
	}
	h.SHA256 = hash
	if h.FileName() != "00000003.history" || h.Key() != "history/00000003.history_"+hash {
		t.Errorf("got %s, %s", h.FileName(), h.Key())
	}
	if timeline, sum, err := wal.ParseHistoryKey(h.Key()); err != nil || timeline != 3 || sum != hash {
		t.Errorf("got %d, %s, %v", timeline, sum, err)
	}
}

func TestHistoryRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "only a comment": "# 1\t0/1\n", "no position": "1\n", "no timeline": "x\t0/1\n", "timeline 0": "0\t0/1\n",
		"itself": "3\t0/1\n", "a later one": "4\t0/1\n", "a position that is none": "1\tlater\n",
		"one twice": "1\t0/1\treason\n1\t0/2\treason\n", "the wrong order": "2\t0/1\treason\n1\t0/2\treason\n",
		"backwards": "1\t0/2\treason\n2\t0/1\treason\n", "a line without end": "1\t0/1\t" + strings.Repeat("x", 1<<17),
	} {
		if h, err := wal.ParseHistory(3, []byte(text)); err == nil {
			t.Errorf("%s: got %v", name, h)
		}
	}
	for _, key := range []string{
		"history/00000001.history_" + hash, "history/00000002.history", "history/2.history_" + hash, "history/00000002.history_" + hash + "0",
		"x/history/00000002.history_" + hash,
	} {
		if timeline, _, err := wal.ParseHistoryKey(key); err == nil {
			t.Errorf("%s: got %d", key, timeline)
		}
	}
}

func FuzzParseHistory(f *testing.F) {
	f.Add([]byte(written))
	f.Add([]byte("1 0/0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := wal.ParseHistory(3, text)
		if err != nil {
			return
		}
		for i, s := range h.Before {
			if s.From == 0 || s.From >= 3 || i > 0 && (s.From <= h.Before[i-1].From || s.At < h.Before[i-1].At) {
				t.Errorf("got %v", h.Before)
			}
		}
		if h.At(^wal.LSN(0)) != 3 && h.Before[len(h.Before)-1].At != ^wal.LSN(0) {
			t.Errorf("%v does not lead to its timeline", h.Before)
		}
	})
}
