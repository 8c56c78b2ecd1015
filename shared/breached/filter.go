package breached

import (
	"bufio"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// blockSize is the size of one block in bytes: a row that PostgreSQL keeps in
	// one piece.
	blockSize = 4096
	blockBits = blockSize * 8

	bitsPerEntry = 12
	probes       = 8

	// FalseAlarms is the chance that a password which is in no list is taken for
	// a listed one, with blocks that are filled as Build fills them.
	FalseAlarms = 0.0036
)

// ErrFormat says that a file is not a filter that Build has made, or was cut
// off.
var ErrFormat = errors.New("breached: not a filter, or cut off")

var magic = [8]byte{'A', 'W', 'B', 'L', 'O', 'O', 'M', '1'}

// Sum names a password in a list.
type Sum [sha1.Size]byte

// SumOf is the name of a password.
func SumOf(password string) Sum { return sha1.Sum([]byte(password)) }

// block says in which of n blocks the probes of s are.
func (s Sum) block(n uint32) uint32 { return uint32(binary.BigEndian.Uint64(s[:8]) % uint64(n)) }

// each calls do with the place of every probe within the block. The places are
// an arithmetic progression of two independent parts of the sum (Kirsch and
// Mitzenmacher, 2006).
func (s Sum) each(do func(bit uint32)) {
	start, step := binary.BigEndian.Uint32(s[8:12]), binary.BigEndian.Uint32(s[12:16])|1
	for i := range uint32(probes) {
		do((start + i*step) % blockBits)
	}
}

func (s Sum) in(block []byte) bool {
	found := true
	s.each(func(bit uint32) { found = found && block[bit/8]&(1<<(bit%8)) != 0 })
	return found
}

// Build writes the filter of the list in r, of which entries are expected, to
// w. It holds the filter in memory: 1.5 bytes for each entry. Lines that are no
// sums are an error that names their number.
func Build(w io.Writer, r io.Reader, entries int) error {
	blocks := uint32(max(1, (entries*bitsPerEntry+blockBits-1)/blockBits))
	filter := make([]byte, int(blocks)*blockSize)
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if text == "" {
			continue
		}
		raw, err := hex.DecodeString(text)
		if err != nil || len(raw) != sha1.Size {
			return fmt.Errorf("breached: line %d is no SHA-1 sum", n)
		}
		sum := Sum(raw)
		block := filter[int(sum.block(blocks))*blockSize:][:blockSize]
		sum.each(func(bit uint32) { block[bit/8] |= 1 << (bit % 8) })
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("breached: read the list: %w", err)
	}
	header := append(magic[:], binary.BigEndian.AppendUint32(nil, blocks)...)
	for _, part := range [][]byte{header, filter} {
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("breached: write the filter: %w", err)
		}
	}
	return nil
}

// read gives every block of a filter to take, in order.
func read(r io.Reader, take func(blocks, index uint32, bits []byte) error) error {
	header := make([]byte, len(magic)+4)
	if _, err := io.ReadFull(r, header); err != nil || [8]byte(header[:8]) != magic {
		return ErrFormat
	}
	blocks := binary.BigEndian.Uint32(header[8:])
	if blocks == 0 {
		return ErrFormat
	}
	bits := make([]byte, blockSize)
	for index := range blocks {
		if _, err := io.ReadFull(r, bits); err != nil {
			return ErrFormat
		}
		if err := take(blocks, index, bits); err != nil {
			return err
		}
	}
	if n, _ := r.Read(make([]byte, 1)); n != 0 {
		return ErrFormat
	}
	return nil
}
