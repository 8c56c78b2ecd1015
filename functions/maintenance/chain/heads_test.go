package chain

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/telemetry"
	"github.com/authway/authway/shared/tokens"
)

func TestNamesSortAsNumbersDo(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, seq := range []int64{1, 9, 10, 99_999, 100_000, 999_999_999_999} {
		key := Key(seq)
		if back, ok := parseKey(key, Prefix); !ok || back != seq {
			t.Errorf("%s is read as %d", key, back)
		}
		keys = append(keys, key)
	}
	if !slices.IsSorted(keys) || keys[0] != "audit/000000000001.jws" {
		t.Errorf("got %v", keys)
	}
	for _, key := range []string{"", "audit/", "audit/1.jws", "audit/000000000000.jws", "audit/-00000000001.jws", "audit/00000000000x.jws", "audit/000000000001", "base/000000000001.jws", "audit/x/000000000001.jws"} {
		if seq, ok := parseKey(key, Prefix); ok {
			t.Errorf("%q is read as %d", key, seq)
		}
	}
}

func fill(t *testing.T, n *tokens.Notary, count int64) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for seq := int64(1); seq <= count; seq++ {
		put(t, s, n, Key(seq), seq)
	}
	return s
}

func put(t *testing.T, s *store.Store, n *tokens.Notary, key string, seq int64) {
	t.Helper()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	text, err := json.Marshal(audit.HeadOf(audit.Seal{Seq: seq, Total: seq, UntilAt: at, UntilID: uuid.New(), Hash: make([]byte, 32)}, "https://auth.example.com", 0, at))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := n.Sign(tokens.AuditHead, text)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), key, []byte(jws)); err != nil {
		t.Fatal(err)
	}
}

func aNotary(t *testing.T) *tokens.Notary {
	t.Helper()
	key, err := tokens.NewNotaryKey()
	if err != nil {
		t.Fatal(err)
	}
	n, err := tokens.ParseNotary(key)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func read(t *testing.T, h Heads) (all []audit.Stored) {
	t.Helper()
	stored, err := h.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for s, err := range stored {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

func TestTheNewestAreReadAndSomeOfTheOthers(t *testing.T) {
	t.Parallel()
	n := aNotary(t)
	s := fill(t, n, 12)
	for newest, want := range map[int]int{0: 12, 3: 3 + 3, 100: 12} {
		all := read(t, Heads{Store: s, Prefix: Prefix, Notary: n, Newest: newest})
		looked := 0
		for i, h := range all {
			if h.Seq != int64(i+1) || h.Forged != "" || h.Read && h.Head.Seq != h.Seq {
				t.Errorf("got %+v", h)
			}
			if h.Read {
				looked++
			}
		}
		if len(all) != 12 || looked != want || !all[11].Read {
			t.Errorf("%d: %d of %d were read", newest, looked, len(all))
		}
	}
}

func TestWhatIsNoSignatureOfOursIsSaidToBe(t *testing.T) {
	t.Parallel()
	n := aNotary(t)
	s := fill(t, n, 1)
	put(t, s, aNotary(t), Key(2), 2)
	put(t, s, n, Key(3), 1)
	for key, text := range map[string]string{Key(4): "", Key(5): strings.Repeat("x", 100_000), "audit/readme.txt": "no", "auditors.txt": "no"} {
		if err := s.Put(t.Context(), key, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	all := read(t, Heads{Store: s, Prefix: Prefix, Notary: n})
	want := []string{"", "none of the keys", "it is the signature of seal 1", "none of the keys", "none of the keys"}
	if len(all) != len(want) {
		t.Fatalf("got %+v", all)
	}
	for i, h := range all {
		if !strings.HasPrefix(h.Forged, want[i]) || (h.Forged == "") != (want[i] == "") {
			t.Errorf("%d: %q, want %q", h.Seq, h.Forged, want[i])
		}
	}
}

// A log of a higher level is still the copy of the audit log.
func TestEventsAreToldWhateverTheLevelIs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := Sealer{Clock: clock.NewFixed(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)), Log: telemetry.NewLogger(&out, "maintenance", slog.LevelError)}
	if err := s.say(t.Context(), "audit", slog.Any("audit", audit.Line{Action: "x", Detail: json.RawMessage(`{"a":"b"}`), Seal: 7})); err != nil {
		t.Fatal(err)
	}
	var line struct {
		Time  string
		Msg   string
		Audit map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%s: %v", &out, err)
	}
	if line.Time != "2026-05-01T12:00:00Z" || line.Msg != "audit" || line.Audit["seal"] != 7.0 || line.Audit["detail"].(map[string]any)["a"] != "b" {
		t.Errorf("got %s", &out)
	}
}
