package replica

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

func TestSegmentsHaveASize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wal.Size{
		"1MB": 1 << 20, "16MB": 16 << 20, "64MB": 64 << 20, "1GB": 1 << 30, "1024kB": 1 << 20, "16777216B": 16 << 20,
		// Not sizes of segments, or not sizes.
		"": 0, "16": 0, "MB": 0, "0MB": 0, "3MB": 0, "2GB": 0, "512kB": 0, "16 MB": 0, "16mb": 0, "-16MB": 0, "16MB ": 0, "16TB": 0,
		"4294967297MB": 0, "1.5MB": 0, "16MB16": 0,
	} {
		if got, err := parseSize(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
}

// What a server says is an error of its own where somebody can do something about it.
func TestWhatTheServerRefusesIsTold(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]error{"28000": ErrRefused, "42501": ErrRefused, "0A000": ErrRefused, "55006": ErrBusy} {
		if err := told(&pgconn.PgError{Code: code, Message: "no"}); !errors.Is(err, want) {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, err := range []error{told(&pgconn.PgError{Code: "58P01"}), told(context.DeadlineExceeded)} {
		if err == nil || errors.Is(err, ErrRefused) || errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
	}
	if told(nil) != nil {
		t.Error("nothing is an error")
	}
}

func FuzzCopyStream(f *testing.F) {
	f.Add([]byte("nbase.tar\x00\x00"))
	f.Add([]byte("n16384.tar\x00/var/space\x00"))
	f.Add([]byte("nno end"))
	f.Add([]byte("m"))
	f.Add([]byte("dsome bytes"))
	f.Add(binary.BigEndian.AppendUint64([]byte("p"), 1<<20))
	f.Add([]byte("p short"))
	f.Add([]byte("x"))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, message []byte) {
		s := &copyStream{progress: func(int64) {}}
		took, err := s.take(message)
		switch {
		case err != nil && (took || s.next != nil || s.rest != nil):
			t.Errorf("%q is refused and taken", message)
		case took && message[0] == 'd' && len(s.rest) != len(message)-1:
			t.Errorf("%q: %d bytes", message, len(s.rest))
		case took && message[0] != 'd' && s.next == nil:
			t.Errorf("%q begins nothing", message)
		}
	})
}

// What is in the stream is checked before anything of it is kept.
func FuzzWALStream(f *testing.F) {
	data := binary.BigEndian.AppendUint64([]byte("w"), 1<<24)
	data = binary.BigEndian.AppendUint64(data, 1<<25)
	data = binary.BigEndian.AppendUint64(data, 0)
	f.Add(append(data, "some WAL"...))
	f.Add([]byte("k"))
	f.Add(make([]byte, 18))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, message []byte) {
		// Nothing can be acknowledged here: there is no server.
		if len(message) > 17 && message[0] == 'k' {
			message[17] = 0
		}
		tick := time.NewTicker(alive)
		defer tick.Stop()
		s := &shelf{}
		d := &drain{c: &Conn{Segment: 1 << 20, alive: alive}, keeper: s, timeline: 1, at: 1 << 24, alive: tick}
		if len(message) > 25+1<<19 {
			return
		}
		err := d.take(t.Context(), message)
		kept := 0
		if d.segment != nil {
			if err := d.keep(); err != nil {
				t.Error(err)
			}
			kept = len(s.segments[0].data)
		}
		if got := int(d.at - 1<<24); got != kept || err != nil && got != 0 {
			t.Errorf("%q leads to %s: %v", message, d.at, err)
		}
	})
}
