package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/authway/authway/shared/seal"
)

func masterKey(fill byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32))
}

func box(t *testing.T, keys ...string) *seal.Box {
	t.Helper()
	b, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRotation(t *testing.T) {
	t.Parallel()
	old := box(t, masterKey(1))
	sealed := old.Seal("flows.challenge", []byte("secret"))

	rotated := box(t, masterKey(2), masterKey(1))
	value, err := rotated.Open("flows.challenge", sealed)
	if err != nil || string(value) != "secret" {
		t.Fatalf("a value sealed under the old key: %q, %v", value, err)
	}
	fresh := rotated.Seal("flows.challenge", []byte("secret"))
	if _, err := old.Open("flows.challenge", fresh); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("the new key must seal, but the old one opens: %v", err)
	}
	if _, err := box(t, masterKey(2)).Open("flows.challenge", sealed); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("a dropped key must not open: %v", err)
	}
}

func TestReseal(t *testing.T) {
	t.Parallel()
	old, rotated := box(t, masterKey(1)), box(t, masterKey(2), masterKey(1))
	sealed := old.Seal("p", []byte("secret"))
	fresh, err := rotated.Reseal("p", sealed)
	if err != nil {
		t.Fatal(err)
	}
	if value, err := box(t, masterKey(2)).Open("p", fresh); err != nil || string(value) != "secret" {
		t.Errorf("the new key alone: %q, %v", value, err)
	}
	for name, key := range map[string]struct {
		sealed []byte
		id     seal.KeyID
	}{"old": {sealed, rotated.Keys()[1]}, "new": {fresh, rotated.Keys()[0]}} {
		if !bytes.HasPrefix(key.sealed, key.id[:]) || len(key.id.String()) != 8 {
			t.Errorf("the %s value does not begin with the id of its key", name)
		}
	}
	if _, err := rotated.Reseal("elsewhere", sealed); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("another place: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	b := box(t, masterKey(1))
	sealed := b.Seal("flows.challenge", []byte("secret"))
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	cases := map[string]struct {
		place  string
		sealed []byte
	}{
		"another place": {"flows.request_url", sealed},
		"a changed bit": {"flows.challenge", flipped},
		"cut short":     {"flows.challenge", sealed[:len(sealed)-1]},
		"only a key id": {"flows.challenge", sealed[:4]},
		"nothing":       {"flows.challenge", nil},
	}
	for name, c := range cases {
		if _, err := b.Open(c.place, c.sealed); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestSealIsDifferentEachTime(t *testing.T) {
	t.Parallel()
	b := box(t, masterKey(1))
	if bytes.Equal(b.Seal("p", []byte("x")), b.Seal("p", []byte("x"))) {
		t.Error("the same value sealed twice gave the same bytes")
	}
}

func TestBadMasterKeysAreNamedByPosition(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]string{
		"none":       nil,
		"not base64": {masterKey(1), "%%%secret%%%"},
		"too short":  {masterKey(1), base64.StdEncoding.EncodeToString([]byte("short-secret"))},
	} {
		_, err := seal.New(keys)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error repeats the key: %v", name, err)
		}
		if len(keys) > 0 && !strings.Contains(err.Error(), "master key 2") {
			t.Errorf("%s: the error does not say which key: %v", name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	b, err := seal.New([]string{masterKey(1)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("place", []byte("value"))
	f.Fuzz(func(t *testing.T, place string, value []byte) {
		opened, err := b.Open(place, b.Seal(place, value))
		if err != nil || !bytes.Equal(opened, value) {
			t.Fatalf("sealed %q, opened %q, %v", value, opened, err)
		}
		if _, err := b.Open(place, value); err == nil {
			t.Fatal("bytes that were never sealed opened")
		}
	})
}
