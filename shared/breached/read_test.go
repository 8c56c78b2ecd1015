package breached

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// A header may say what it likes: what it takes to read a filter is one block.
func TestCountsInAHeaderCostNothing(t *testing.T) {
	header := Header{Entries: maxBlocks * blockBits / bitsPerEntry, Blocks: maxBlocks}
	text := append(header.encode(), make([]byte, blockSize)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Open(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.each(func(int64, []byte) error { return nil }); !errors.Is(err, ErrDamaged) {
		t.Errorf("a filter that is cut off: got %v", err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<10 {
		t.Errorf("%d bytes were allocated for a file of %d", took, len(text))
	}
}

func FuzzOpen(f *testing.F) {
	good, err := Of([]string{"password1234"})
	if err != nil {
		f.Fatal(err)
	}
	many := Header{Blocks: maxBlocks, Entries: 1 << 62}
	changed := bytes.Clone(good)
	changed[len(changed)-1] ^= 1
	entries := bytes.Clone(good)
	binary.BigEndian.PutUint64(entries[len(magic):], 1<<40)
	for _, seed := range [][]byte{
		good, good[:headerSize-1], good[:headerSize], good[:headerSize+100], good[1:], changed, entries,
		append(bytes.Clone(good), 0), many.encode(), append(many.encode(), good...), []byte(strings.Repeat("\xff", 100)),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		filter, err := Open(iotest.HalfReader(bytes.NewReader(text)))
		if err != nil {
			if filter != nil || !errors.Is(err, ErrFormat) {
				t.Fatalf("got %+v, %v", filter, err)
			}
			return
		}
		h := filter.Header
		if h.Entries < 0 || h.Blocks < 1 || h.Blocks > maxBlocks || h.Blocks != blocksFor(h.Entries) || !bytes.HasPrefix(text, h.encode()) {
			t.Fatalf("the header is read as %+v", h)
		}
		var blocks []byte
		err = filter.each(func(number int64, bits []byte) error {
			if number != int64(len(blocks)/blockSize) || len(bits) != blockSize {
				t.Fatalf("block %d has %d bytes", number, len(bits))
			}
			blocks = append(blocks, bits...)
			return nil
		})
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
		whole := int64(len(text)) == h.Size() && bytes.Equal(append(h.encode(), blocks...), text) && sha256.Sum256(blocks) == h.Checksum
		if whole != (err == nil) {
			t.Fatalf("a file of %d bytes for one of %d, of which %d were given out: %v", len(text), h.Size(), len(blocks), err)
		}
	})
}
