package breached

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"io"
)

var (
	// ErrFormat says that something is no filter that Build has made.
	ErrFormat = errors.New("breached: this is no filter of breached passwords")
	// ErrDamaged says that a filter was cut off or changed on its way.
	ErrDamaged = errors.New("breached: the filter is damaged: its length or checksum is not the one it names")
)

// magic begins a filter's file; the digit is the form of what follows.
const magic = "AWBREAC1"

const headerSize = len(magic) + 8 + 8 + sha256.Size

func (h Header) encode() []byte {
	out := binary.BigEndian.AppendUint64([]byte(magic), uint64(h.Entries))
	out = binary.BigEndian.AppendUint64(out, uint64(h.Blocks))
	return append(out, h.Checksum[:]...)
}

// Filter is a filter's file that is being read.
type Filter struct {
	Header
	from io.Reader
}

// Open reads the header of a filter's file: nothing, ErrFormat, or the error of
// reading.
func Open(r io.Reader) (*Filter, error) {
	raw := make([]byte, headerSize)
	switch _, err := io.ReadFull(r, raw); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, ErrFormat
	case err != nil:
		return nil, err
	}
	f := &Filter{from: r}
	f.Entries, f.Blocks = int64(binary.BigEndian.Uint64(raw[8:])), int64(binary.BigEndian.Uint64(raw[16:]))
	copy(f.Checksum[:], raw[24:])
	// With too few blocks for its entries it would take all passwords for listed ones.
	if string(raw[:len(magic)]) != magic || f.Entries < 0 || f.Entries > maxEntries || f.Blocks != blocksFor(f.Entries) {
		return nil, ErrFormat
	}
	return f, nil
}

// Size is the length of the whole file.
func (h Header) Size() int64 { return int64(headerSize) + h.Blocks*blockSize }

// each gives every block to take, in order, and then says whether they were
// the right ones.
func (f *Filter) each(take func(number int64, bits []byte) error) error {
	check, bits := sha256.New(), make([]byte, blockSize)
	for number := range f.Blocks {
		switch _, err := io.ReadFull(f.from, bits); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return ErrDamaged
		case err != nil:
			return err
		}
		check.Write(bits)
		if err := take(number, bits); err != nil {
			return err
		}
	}
	if n, _ := io.ReadFull(f.from, bits[:1]); n != 0 {
		return ErrDamaged
	}
	if subtle.ConstantTimeCompare(check.Sum(nil), f.Checksum[:]) != 1 {
		return ErrDamaged
	}
	return nil
}
