package breached

import (
	"crypto/sha1"
	"encoding/binary"
)

const (
	// blockSize is the size of one block in bytes: a row that PostgreSQL keeps in
	// its page.
	blockSize = 1024
	blockBits = blockSize * 8

	bitsPerEntry = 20
	probes       = 14

	// maxBlocks is more than six billion entries need.
	maxBlocks  = 1 << 24
	maxEntries = maxBlocks * blockBits / bitsPerEntry

	// FalseAlarms bounds the chance that a password which is in no list is taken
	// for a listed one.
	FalseAlarms = 1e-4
)

// Sum names a password in a list.
type Sum [sha1.Size]byte

// SumOf is the name of a password.
func SumOf(password string) Sum { return sha1.Sum([]byte(password)) }

// prefix orders sums as a sorted list does.
func (s Sum) prefix() uint32 { return binary.BigEndian.Uint32(s[:4]) }

// blockOf says in which of n blocks a sum is: in the same order as the sums.
// Store.Contains says the same in SQL.
func blockOf(prefix uint32, n int64) int64 { return int64(prefix) * n >> 32 }

// each calls do with the place of every probe within the block. The places are
// a quadratic progression of three parts of the sum that are independent of
// each other and of the block (Dillinger and Manolios, 2004): a linear one of
// two parts has so few patterns that two entries often share theirs.
func (s Sum) each(do func(bit uint32)) {
	place, step, turn := s.word(8), s.word(12), s.word(16)
	for range probes {
		do(place % blockBits)
		place += step
		step += turn
	}
}

func (s Sum) word(at int) uint32 { return binary.BigEndian.Uint32(s[at : at+4]) }

func (s Sum) addTo(block []byte) {
	s.each(func(bit uint32) { block[bit/8] |= 1 << (bit % 8) })
}

func (s Sum) in(block []byte) bool {
	found := true
	s.each(func(bit uint32) { found = found && block[bit/8]&(1<<(bit%8)) != 0 })
	return found
}
