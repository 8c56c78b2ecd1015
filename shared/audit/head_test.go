package audit

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func someHead() Head {
	at := time.Date(2026, 5, 1, 12, 0, 0, 123456000, time.UTC)
	s := Seal{Seq: 7, Total: 700, UntilAt: at, UntilID: uuid.MustParse("01a227d7-92ea-7587-9655-4ab93bb0a62a"), Hash: make([]byte, 32)}
	return HeadOf(s, "https://auth.example.com", 6, at.Add(time.Minute))
}

func TestAHeadIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	h := someHead()
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseHead(text)
	if err != nil || again != h {
		t.Errorf("%s is read as %+v, %v", text, again, err)
	}
	for from, to := range map[string]string{
		`"seq":7`: `"seq":0`, `"rows":700`: `"rows":6`, `"after":6`: `"after":7`, `"hash":"00`: `"hash":"0`, `"until":"2026`: `"until":"0000`,
		`"time":"2026-05-01T12:01:00.123456Z"`: `"time":null`, `"until_id":"01a2`: `"until_id":"x1a2`, `{`: `[{`,
	} {
		wrong := strings.Replace(string(text), from, to, 1)
		if wrong == string(text) {
			t.Fatalf("%s is not in %s", from, text)
		}
		if h, err := ParseHead([]byte(wrong)); !errors.Is(err, ErrHead) || h != (Head{}) {
			t.Errorf("%s: %+v, %v", wrong, h, err)
		}
	}
}

// A head fits its seal, and none that differs in anything.
func TestAHeadFitsItsSealAlone(t *testing.T) {
	t.Parallel()
	h := someHead()
	s := Seal{Seq: 7, Total: 700, UntilAt: h.UntilAt, UntilID: h.UntilID, Hash: make([]byte, 32)}
	if !h.Fits(s) {
		t.Error("it does not fit its own")
	}
	for name, change := range map[string]func(*Seal){
		"number": func(s *Seal) { s.Seq++ }, "rows": func(s *Seal) { s.Total++ }, "time": func(s *Seal) { s.UntilAt = s.UntilAt.Add(1) },
		"id": func(s *Seal) { s.UntilID[0]++ }, "hash": func(s *Seal) { s.Hash = append([]byte{1}, s.Hash[1:]...) },
	} {
		other := s
		change(&other)
		if h.Fits(other) {
			t.Errorf("it fits one of another %s", name)
		}
	}
}

// Nothing of a seal can be changed under its hash.
func TestASealsHashCoversEverything(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	rows := []row{{ID: uuid.New(), At: at, RowHash: make([]byte, 32)}, {ID: uuid.New(), At: at.Add(time.Second), RowHash: make([]byte, 32)}}
	good := Seal{}.next(rows, false, at.Add(time.Hour), leastKeep)
	for name, change := range map[string]func(*Seal){
		"seq": func(s *Seal) { s.Seq++ }, "late": func(s *Seal) { s.Late = true }, "from": func(s *Seal) { s.FromAt = s.FromAt.Add(1) },
		"to": func(s *Seal) { s.ToAt = s.ToAt.Add(1) }, "until": func(s *Seal) { s.UntilAt = s.UntilAt.Add(1) }, "until id": func(s *Seal) { s.UntilID[0]++ },
		"rows": func(s *Seal) { s.Rows++ }, "total": func(s *Seal) { s.Total++ }, "rows' hash": func(s *Seal) { s.RowsHash = noHash },
		"kept from": func(s *Seal) { s.KeptFrom = s.KeptFrom.Add(1) }, "previous": func(s *Seal) { s.Previous = good.Hash }, "sealed": func(s *Seal) { s.SealedAt = s.SealedAt.Add(1) },
	} {
		other := good
		if change(&other); string(other.sum()) == string(good.Hash) {
			t.Errorf("%s is not covered", name)
		}
	}
	swapped := Seal{}.next([]row{rows[1], rows[0]}, false, at.Add(time.Hour), leastKeep)
	if string(swapped.RowsHash) == string(good.RowsHash) {
		t.Error("the order of rows is not covered")
	}
}

func FuzzParseHead(f *testing.F) {
	text, err := json.Marshal(someHead())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"seq":1,"rows":1e3,"hash":"` + strings.Repeat("0", 64) + `"}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := ParseHead(text)
		if err != nil {
			if !errors.Is(err, ErrHead) {
				t.Fatalf("got %v", err)
			}
			return
		}
		written, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseHead(written); err != nil || again.Seq != h.Seq || again.Hash != h.Hash || !again.UntilAt.Equal(h.UntilAt) {
			t.Fatalf("%s was written as %s: %v", text, written, err)
		}
	})
}
