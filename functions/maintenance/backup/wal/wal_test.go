package wal_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

func TestLSN(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wal.LSN{
		"0/0": 0, "16/B374D848": 0x16B374D848, "0/7BE4EBE0": 0x7BE4EBE0, "FFFFFFFF/FFFFFFFF": ^wal.LSN(0), "1/0": 1 << 32,
	} {
		if got, err := wal.ParseLSN(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "/", "1", "1/", "/1", "1/2/3", "100000000/0", "0/100000000", "-1/0", "x/0", " 0/0", "0/0 "} {
		if got, err := wal.ParseLSN(text); err == nil {
			t.Errorf("%q: got %s", text, got)
		}
	}
	var read struct{ At wal.LSN }
	if err := json.Unmarshal([]byte(`{"At":"1/2"}`), &read); err != nil || read.At != 1<<32|2 {
		t.Errorf("got %v, %v", read, err)
	}
	if text, err := json.Marshal(read); err != nil || string(text) != `{"At":"1/2"}` {
		t.Errorf("got %s, %v", text, err)
	}
	if json.Unmarshal([]byte(`{"At":"one"}`), &read) == nil {
		t.Error("a position that is none is read")
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		size   wal.Size
		at     wal.LSN
		number uint64
		last   uint64
		name   string
	}{
		{16 << 20, 0, 0, 0, "000000010000000000000000"},
		{16 << 20, 1, 0, 0, "000000010000000000000000"},
		{16 << 20, 16 << 20, 1, 0, "000000010000000000000001"},
		{16 << 20, 16<<20 + 1, 1, 1, "000000010000000000000001"},
		{16 << 20, 0x7BE4EBE0, 0x7B, 0x7B, "00000001000000000000007B"},
		{16 << 20, 1 << 32, 0x100, 0xFF, "000000010000000100000000"},
		{1 << 20, 1<<32 + 1<<20, 0x1001, 0x1000, "000000010000000100000001"},
		{1 << 30, 5 << 30, 5, 4, "000000010000000100000001"},
	} {
		if got := c.size.Number(c.at); got != c.number {
			t.Errorf("%s of %d: segment %d", c.at, c.size, got)
		}
		if got := c.size.Last(c.at); got != c.last {
			t.Errorf("%s of %d: last segment %d", c.at, c.size, got)
		}
		if got := c.size.FileName(1, c.number); got != c.name {
			t.Errorf("%s of %d: %s", c.at, c.size, got)
		}
		if got := c.size.Start(c.at) + wal.LSN(c.size.Offset(c.at)); got != c.at {
			t.Errorf("%s of %d: start and offset make %s", c.at, c.size, got)
		}
		if timeline, number, err := c.size.ParseFileName(c.name); err != nil || timeline != 1 || number != c.number {
			t.Errorf("%s: got %d, %d, %v", c.name, timeline, number, err)
		}
	}
	for _, name := range []string{
		"", "000000000000000000000001", "0000000100000000000000001", "00000001000000000000000a", "000000010000000000000100",
		"00000001000000000000000G", "+00000010000000000000001", "00000002.history",
	} {
		if timeline, number, err := wal.DefaultSize.ParseFileName(name); err == nil {
			t.Errorf("%q: got %d, %d", name, timeline, number)
		}
	}
	for size, want := range map[wal.Size]bool{0: false, 1 << 19: false, 1 << 20: true, 3 << 20: false, 16 << 20: true, 1 << 30: true, 1 << 31: false} {
		if size.Valid() != want {
			t.Errorf("%d: got %v", size, !want)
		}
	}
}

var hash = strings.Repeat("0123456789abcdef", 4)

func TestObject(t *testing.T) {
	t.Parallel()
	o := wal.Object{Timeline: 2, Number: 0x17B, Size: 16 << 20, Used: 0x6400, Until: time.Date(2026, 11, 24, 2, 15, 0, 5e6, time.UTC), SHA256: hash}
	const key = "wal/00000002/00000002000000010000007B_00006400-01000000_20261124T021500.005Z_"
	if got := o.Key(); got != key+hash {
		t.Errorf("got %s", got)
	}
	if o.Whole() || o.Start() != 0x17B000000 || o.End() != 0x17B006400 {
		t.Errorf("got %v, %s to %s", o.Whole(), o.Start(), o.End())
	}
	unknown := o
	unknown.Until, unknown.Used = time.Time{}, 16<<20
	for _, want := range []wal.Object{o, unknown} {
		if got, err := wal.ParseKey(want.Key()); err != nil || got != want {
			t.Errorf("got %v, %v", got, err)
		}
	}
	for name, changed := range map[string]string{
		"another folder":        strings.Replace(key, "/00000002/", "/00000001/", 1),
		"longer than a segment": strings.Replace(key, "_00006400", "_01000001", 1),
		"empty":                 strings.Replace(key, "_00006400", "_00000000", 1),
		"a size of no cluster":  strings.Replace(key, "-01000000", "-01000001", 1),
		"no time":               strings.Replace(key, "20261124T", "20261324T", 1),
		"a time of its own":     strings.Replace(key, ".005Z", ".05Z", 1),
		"no such segment":       strings.Replace(key, "0000007B", "0000017B", 1),
		"something before it":   "x" + key,
	} {
		if got, err := wal.ParseKey(changed + hash); err == nil {
			t.Errorf("%s: got %v", name, got)
		}
	}
	for _, sum := range []string{"", hash[1:], strings.ToUpper(hash), hash + "0", hash + "\n"} {
		if got, err := wal.ParseKey(key + sum); err == nil {
			t.Errorf("hash %q: got %v", sum, got)
		}
	}
}

// Names are sorted by time, also where it is written with fewer digits or elsewhere.
func TestStamp(t *testing.T) {
	t.Parallel()
	early := time.Date(2026, 11, 24, 23, 59, 59, 999_999_999, time.UTC)
	late := time.Date(2026, 11, 25, 1, 0, 0, 1e6, time.FixedZone("", 3600))
	if a, b := wal.Stamp(early), wal.Stamp(late); a != "20261124T235959.999Z" || b != "20261125T000000.001Z" || a >= b {
		t.Errorf("got %s, %s", a, b)
	}
	if got, err := wal.ParseStamp(wal.Stamp(late)); err != nil || !got.Equal(late) {
		t.Errorf("got %s, %v", got, err)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("wal/00000002/00000002000000010000007B_00006400-01000000_20261124T021500.005Z_" + hash)
	f.Add("wal/00000001/0000000100000FFF00000FFF_00100000-00100000_00010101T000000.000Z_" + hash)
	f.Fuzz(func(t *testing.T, key string) {
		o, err := wal.ParseKey(key)
		if err != nil {
			return
		}
		if o.Key() != key || o.Used == 0 || o.Used > uint64(o.Size) || o.Timeline == 0 {
			t.Errorf("%q: got %v", key, o)
		}
	})
}
