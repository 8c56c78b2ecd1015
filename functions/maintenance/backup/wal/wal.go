package wal

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// LSN is a position in the WAL, in bytes from its beginning (PostgreSQL 8.20,
// pg_lsn).
type LSN uint64

// String is the form that PostgreSQL prints: two hexadecimal numbers.
func (l LSN) String() string { return fmt.Sprintf("%X/%X", uint32(l>>32), uint32(l)) }

var errLSN = errors.New("wal: not a position such as 16/B374D848")

// ParseLSN reads what String writes.
func ParseLSN(text string) (LSN, error) {
	high, low, ok := strings.Cut(text, "/")
	if !ok {
		return 0, errLSN
	}
	h, err := strconv.ParseUint(high, 16, 32)
	if err != nil {
		return 0, errLSN
	}
	l, err := strconv.ParseUint(low, 16, 32)
	if err != nil {
		return 0, errLSN
	}
	return LSN(h<<32 | l), nil
}

// MarshalText makes an LSN of a JSON document readable.
func (l LSN) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (l *LSN) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLSN(string(text))
	return err
}

// Timeline numbers a history of the cluster. A promotion, and so a restore to a
// point in time, begins another one.
type Timeline uint32

// Size is the length of a segment in bytes. It is the cluster's for good: 16 MiB
// unless initdb was told otherwise, a power of two from 1 MiB to 1 GiB.
type Size uint64

// DefaultSize is initdb's.
const DefaultSize Size = 16 << 20

// Valid reports whether a cluster can have segments of that size.
func (s Size) Valid() bool { return s >= 1<<20 && s <= 1<<30 && s&(s-1) == 0 }

// Start is where the segment of l begins.
func (s Size) Start(l LSN) LSN { return l &^ LSN(s-1) }

// Number is the segment that l lies in.
func (s Size) Number(l LSN) uint64 { return uint64(l) / uint64(s) }

// Offset is where l lies in its segment.
func (s Size) Offset(l LSN) uint64 { return uint64(l) & uint64(s-1) }

// Last is the segment of the last byte before l: of a position at a segment's
// very beginning, the one before.
func (s Size) Last(l LSN) uint64 {
	if l == 0 {
		return 0
	}
	return s.Number(l - 1)
}

// FileName is PostgreSQL's name of a segment: timeline, then the two halves of
// the number.
func (s Size) FileName(t Timeline, number uint64) string {
	per := uint64(1<<32) / uint64(s)
	return fmt.Sprintf("%08X%08X%08X", uint32(t), uint32(number/per), uint32(number%per))
}

var errFileName = errors.New("wal: not the name of a segment")

// ParseFileName reads what FileName writes.
func (s Size) ParseFileName(name string) (Timeline, uint64, error) {
	if len(name) != 24 || strings.ToUpper(name) != name {
		return 0, 0, errFileName
	}
	var parts [3]uint64
	for i := range parts {
		n, err := strconv.ParseUint(name[8*i:8*i+8], 16, 32)
		if err != nil {
			return 0, 0, errFileName
		}
		parts[i] = n
	}
	per := uint64(1<<32) / uint64(s)
	if parts[0] == 0 || parts[2] >= per {
		return 0, 0, errFileName
	}
	return Timeline(parts[0]), parts[1]*per + parts[2], nil
}
