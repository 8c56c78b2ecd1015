package lines

import (
	"bytes"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// MaxRecord is what a record may weigh.
const MaxRecord = 64 << 10

// bom begins files of some editors and spreadsheets.
var bom = []byte("\xef\xbb\xbf")

// Record is a line, or in CSV the lines of one row.
type Record struct {
	// Line is the number of its first line, from 1.
	Line int64
	// Text is without the line's end, and good until the next call of Next.
	Text []byte
	// Fault says that it is no record.
	Fault string
}

// Reader reads records.
type Reader struct {
	in   io.Reader
	csv  bool
	last bool

	buffer []byte
	from   int
	ended  error
	sum    hash.Hash
	// Position and Line are how many bytes and lines have been given out.
	Position, Line int64
}

// Start says where a Reader begins.
type Start struct {
	CSV bool
	// Last says that the end of the stream is that of the file.
	Last bool
	// Position, Line and State are what another Reader had come to.
	Position, Line int64
	State          []byte
}

// NewReader reads what follows Start.
func NewReader(in io.Reader, s Start) (*Reader, error) {
	r := &Reader{in: in, csv: s.CSV, last: s.Last, sum: sha256.New(), Position: s.Position, Line: s.Line}
	if len(s.State) > 0 {
		if err := r.sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(s.State); err != nil {
			return nil, fmt.Errorf("lines: the state of the sum: %w", err)
		}
	}
	return r, nil
}

// State is what a Reader that goes on has to be told.
func (r *Reader) State() ([]byte, error) { return r.sum.(encoding.BinaryMarshaler).MarshalBinary() }

// Sum is SHA-256 of what has been given out, in hexadecimal digits.
func (r *Reader) Sum() string { return hex.EncodeToString(r.sum.Sum(nil)) }

// SumOf is the sum that a state stands for.
func SumOf(state []byte) (string, error) {
	r, err := NewReader(nil, Start{State: state})
	if err != nil {
		return "", err
	}
	return r.Sum(), nil
}

// Pass takes bytes that are done already from a stream and adds them up.
func Pass(in io.Reader, n int64) (string, error) {
	sum := sha256.New()
	if _, err := io.CopyN(sum, in, n); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Next is the next record that is whole. It returns io.EOF when there is none, and the
// stream's error when that has broken: what came of a record by then is not lost, it
// has not been given out.
func (r *Reader) Next() (Record, error) {
	for {
		record, size, lines, found := r.cut()
		if found {
			r.take(size, lines)
			return record, nil
		}
		if len(r.buffer)-r.from > MaxRecord {
			return r.skip()
		}
		if r.ended != nil {
			return Record{}, r.ended
		}
		r.fill()
	}
}

const chunk = 32 << 10

func (r *Reader) fill() {
	if r.from > 0 {
		r.buffer = r.buffer[:copy(r.buffer, r.buffer[r.from:])]
		r.from = 0
	}
	if cap(r.buffer)-len(r.buffer) < chunk {
		grown := make([]byte, len(r.buffer), MaxRecord+2*chunk)
		copy(grown, r.buffer)
		r.buffer = grown
	}
	n, err := r.in.Read(r.buffer[len(r.buffer) : len(r.buffer)+chunk])
	r.buffer = r.buffer[:len(r.buffer)+n]
	if err != nil {
		r.ended = err
	}
}

// over says that nothing follows what is in the buffer.
func (r *Reader) over() bool { return r.last && errors.Is(r.ended, io.EOF) }

// cut finds a record at the beginning of the buffer: what it is, what it weighs, and
// how many lines it has.
func (r *Reader) cut() (record Record, size int, lines int64, found bool) {
	rest := r.buffer[r.from:]
	if len(rest) == 0 {
		return Record{}, 0, 0, false
	}
	record.Line = r.Line + 1
	end := bytes.IndexByte(rest, '\n')
	if r.csv {
		end = endOfRow(rest)
	}
	if end < 0 {
		first := bytes.IndexByte(rest, '\n')
		tooLong := len(rest) > MaxRecord
		switch {
		case first >= 0 && (tooLong || r.over()):
			// A quotation mark is open. The line that has it is at fault, and not those behind it.
			record.Fault = FaultQuote
			return record, first + 1, 1, true
		case r.over() && !tooLong:
			record.Text = r.plain(rest)
			return record, len(rest), 1, true
		}
		return Record{}, 0, 0, false
	}
	if end > MaxRecord {
		record.Fault = FaultLong
	} else {
		record.Text = r.plain(rest[:end])
	}
	return record, end + 1, int64(bytes.Count(rest[:end+1], []byte{'\n'})), true
}

// plain is the text without what is around it.
func (r *Reader) plain(text []byte) []byte {
	if r.Position == 0 {
		text = bytes.TrimPrefix(text, bom)
	}
	return bytes.TrimSuffix(text, []byte{'\r'})
}

func (r *Reader) take(size int, lines int64) {
	r.sum.Write(r.buffer[r.from : r.from+size])
	r.from += size
	r.Position += int64(size)
	r.Line += lines
}

// skip passes over a line that is longer than the buffer. If the stream breaks before
// its end, the line counts for nothing, like any other.
func (r *Reader) skip() (Record, error) {
	before, err := r.State()
	if err != nil {
		return Record{}, err
	}
	position := r.Position
	for {
		rest := r.buffer[r.from:]
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			r.take(end+1, 1)
			return Record{Line: r.Line, Fault: FaultLong}, nil
		}
		r.take(len(rest), 0)
		if r.over() {
			r.Line++
			return Record{Line: r.Line, Fault: FaultLong}, nil
		}
		if r.ended != nil {
			r.Position = position
			return Record{}, errors.Join(r.sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(before), r.ended)
		}
		r.fill()
	}
}

// endOfRow is where the line ends that ends a row (RFC 4180, section 2), or -1. A
// quotation mark in the middle of a cell opens nothing: that row is at fault by itself.
func endOfRow(text []byte) int {
	quoted, begins := false, true
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '"' && i+1 < len(text) && text[i+1] == '"':
			i++
		case quoted && c == '"':
			quoted = false
		case quoted:
		case c == '"' && begins:
			quoted, begins = true, false
		case c == '\n':
			return i
		default:
			begins = c == ','
		}
		if i == 2 && bytes.HasPrefix(text, bom) {
			begins = true
		}
	}
	return -1
}
