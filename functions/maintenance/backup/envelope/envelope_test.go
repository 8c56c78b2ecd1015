package envelope_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/authway/authway/functions/maintenance/backup/envelope"
)

func pair(t *testing.T) (envelope.Identities, envelope.Recipients) {
	t.Helper()
	identity, recipient, err := envelope.Pair()
	if err != nil {
		t.Fatal(err)
	}
	with, err := envelope.ParseIdentities("# a comment\n" + identity + "\n")
	if err != nil {
		t.Fatal(err)
	}
	to, err := envelope.ParseRecipients(recipient)
	if err != nil {
		t.Fatal(err)
	}
	return with, to
}

func sealed(t *testing.T, content []byte, to envelope.Recipients) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := envelope.Seal(&b, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(b.Bytes()); w.SHA256() != hex.EncodeToString(sum[:]) || w.Size() != int64(b.Len()) {
		t.Errorf("it says %d bytes, %s", w.Size(), w.SHA256())
	}
	return b.Bytes()
}

func opened(b []byte, with envelope.Identities) ([]byte, error) {
	r, err := envelope.Open(bytes.NewReader(b), with)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(r)
}

// noise does not get smaller.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func TestEachRecipientCanOpenIt(t *testing.T) {
	t.Parallel()
	ours, toUs := pair(t)
	theirs, toThem := pair(t)
	other, _ := pair(t)
	for _, content := range [][]byte{nil, []byte("short"), bytes.Repeat([]byte("rows "), 1<<20), noise(1 << 20)} {
		b := sealed(t, content, append(toUs, toThem...))
		for _, with := range []envelope.Identities{ours, theirs, append(other, ours...)} {
			if got, err := opened(b, with); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes: got %d, %v", len(content), len(got), err)
			}
		}
		if _, err := opened(b, other); !errors.Is(err, envelope.ErrIdentity) || errors.Is(err, envelope.ErrDamaged) {
			t.Errorf("somebody else: got %v", err)
		}
	}
}

// Whatever byte is another, and wherever it ends: an error, and never less or other
// content than was sealed.
func TestDamage(t *testing.T) {
	t.Parallel()
	with, to := pair(t)
	content := noise(200)
	b := sealed(t, content, to)
	told := func(what string, i int, changed []byte) {
		got, err := opened(changed, with)
		if !errors.Is(err, envelope.ErrDamaged) && !errors.Is(err, envelope.ErrIdentity) {
			t.Errorf("byte %d %s: got %d bytes, %v", i, what, len(got), err)
		}
		if len(got) > 0 && !bytes.HasPrefix(content, got) {
			t.Errorf("byte %d %s: other content was handed out", i, what)
		}
	}
	for i := range b {
		for _, flip := range []byte{1, 0x80} {
			changed := bytes.Clone(b)
			changed[i] ^= flip
			told("changed", i, changed)
		}
		told("is the end", i, b[:i])
	}
	told("too many", len(b), append(bytes.Clone(b), 0))
}

// A large one that is cut off between two of its pieces.
func TestNothingIsSilentlyShort(t *testing.T) {
	t.Parallel()
	with, to := pair(t)
	b := sealed(t, noise(5<<20), to)
	for cut := len(b) % (64 << 10); cut < len(b); cut += 64 << 10 {
		for _, n := range []int{cut, max(cut-1, 0), cut + 16} {
			if _, err := opened(b[:min(n, len(b)-1)], with); !errors.Is(err, envelope.ErrDamaged) {
				t.Errorf("%d of %d bytes: got %v", n, len(b), err)
			}
		}
	}
}

func TestAnErrorOfTheSourceIsNoDamage(t *testing.T) {
	t.Parallel()
	with, to := pair(t)
	b := sealed(t, noise(1<<20), to)
	broken := errors.New("the line is dead")
	for _, n := range []int{0, 10, len(b) / 2, len(b)} {
		r, err := envelope.Open(io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(broken)), with)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if !errors.Is(err, broken) || errors.Is(err, envelope.ErrDamaged) {
			t.Errorf("after %d bytes: got %v", n, err)
		}
	}
}

// Errors about keys do not repeat them.
func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	identity, recipient, err := envelope.Pair()
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(identity, "1", "2", 1)
	for _, text := range []string{"", "# nothing", broken, recipient} {
		if _, err := envelope.ParseIdentities(text); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("got %v", err)
		}
	}
	for _, text := range []string{"", "age1", identity} {
		if _, err := envelope.ParseRecipients(text); err == nil || strings.Contains(err.Error(), identity) {
			t.Errorf("got %v", err)
		}
	}
	if all, err := envelope.ParseRecipients(recipient + "," + recipient); err != nil || len(all) != 2 {
		t.Errorf("got %d, %v", len(all), err)
	}
}

// What is sealed and opened takes the same memory at any length. It is not run
// beside others, whose memory would be counted.
func TestMemoryIsConstant(t *testing.T) {
	with, to := pair(t)
	r, w := io.Pipe()
	const total = 96 << 20
	go func() {
		s, err := envelope.Seal(w, to)
		if err == nil {
			_, err = io.CopyN(s, rand.NewChaCha8([32]byte{}), total)
		}
		if err == nil {
			err = s.Close()
		}
		w.CloseWithError(err)
	}()
	content, err := envelope.Open(r, with)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Close() }()
	living := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	first := uint64(0)
	for range total / (16 << 20) {
		if _, err := io.CopyN(io.Discard, content, 16<<20); err != nil {
			t.Fatal(err)
		}
		switch now := living(); {
		case first == 0:
			first = now
		case now > first+4<<20:
			t.Fatalf("%d bytes are in use, and %d were in the beginning", now, first)
		}
	}
	if _, err := content.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("got %v", err)
	}
	if first > 48<<20 {
		t.Errorf("%d bytes are in use", first)
	}
}

// What encoders are used again for does not meet: two envelopes that are open at
// once, and one that is written to after it was closed.
func TestEnvelopesDoNotShare(t *testing.T) {
	t.Parallel()
	with, to := pair(t)
	texts := [2]string{strings.Repeat("one ", 100_000), strings.Repeat("the other ", 100_000)}
	for range 3 {
		var out [2]bytes.Buffer
		var sealed [2]*envelope.Writer
		for i := range sealed {
			var err error
			if sealed[i], err = envelope.Seal(&out[i], to); err != nil {
				t.Fatal(err)
			}
		}
		for i, w := range sealed {
			if _, err := io.WriteString(w, texts[i]); err != nil {
				t.Fatal(err)
			}
		}
		for i, w := range sealed {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte("more")); err == nil || w.Close() == nil {
				t.Error("it is closed, and takes more")
			}
			r, err := envelope.Open(&out[i], with)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != texts[i] {
				t.Errorf("%d bytes came out, %v", len(got), err)
			}
		}
	}
}

func TestAnEnvelopeIsNotLongerThanItCanBe(t *testing.T) {
	t.Parallel()
	_, to := pair(t)
	for _, n := range []int{0, 1, 1 << 20, 16 << 20} {
		noise := make([]byte, n)
		_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
		if got := len(sealed(t, noise, to)); got > envelope.Most(n) {
			t.Errorf("%d bytes became %d, more than %d", n, got, envelope.Most(n))
		}
	}
}
