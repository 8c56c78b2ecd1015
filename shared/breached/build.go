package breached

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Header is the beginning of a filter's file.
type Header struct {
	// Entries is how many different sums are in the filter.
	Entries int64
	// Blocks is how many blocks follow.
	Blocks int64
	// Checksum is SHA-256 of all blocks.
	Checksum [sha256.Size]byte
}

// Build writes the filter of the list in r to w. The list has one sum in
// hexadecimal on each line, which a colon and the number of times that it was
// seen may follow, and is sorted by sum. Sums that were seen fewer than seen
// times are left out; one without a number was seen once.
//
// It holds one block, whatever the size of the list, and reads the list twice:
// how many blocks there are follows from how many sums. An error names the line
// that is wrong, and is found before anything is written.
func Build(w io.WriteSeeker, r io.ReadSeeker, seen int64) (Header, error) {
	h, err := measure(r, seen)
	if err != nil {
		return h, err
	}
	out := bufio.NewWriterSize(w, 1<<20)
	if _, err := out.Write(h.encode()); err != nil {
		return h, fmt.Errorf("breached: write the filter: %w", err)
	}
	if err := h.blocks(r, seen, out); err != nil {
		return h, err
	}
	if err := out.Flush(); err != nil {
		return h, fmt.Errorf("breached: write the filter: %w", err)
	}
	// Once more, with the checksum.
	_, err = w.Seek(0, io.SeekStart)
	if err == nil {
		_, err = w.Write(h.encode())
	}
	if err != nil {
		return h, fmt.Errorf("breached: write the filter: %w", err)
	}
	return h, nil
}

// Of is the filter of a few passwords.
func Of(passwords []string) ([]byte, error) {
	list := strings.NewReader(Sums(passwords))
	h, err := measure(list, 0)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if err := h.blocks(list, 0, &body); err != nil {
		return nil, err
	}
	return append(h.encode(), body.Bytes()...), nil
}

// Sums is the list of some passwords, as Build takes it.
func Sums(passwords []string) string {
	lines := make([]string, len(passwords))
	for i, password := range passwords {
		lines[i] = fmt.Sprintf("%X\n", SumOf(password))
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "")
}

// measure reads the whole list and says what the filter needs.
func measure(r io.Reader, seen int64) (Header, error) {
	var h Header
	if err := scan(r, seen, func(Sum) error { h.Entries++; return nil }); err != nil {
		return h, err
	}
	h.Blocks = blocksFor(h.Entries)
	if h.Blocks > maxBlocks {
		return h, fmt.Errorf("breached: the list has %d sums, which is more than a filter holds", h.Entries)
	}
	return h, nil
}

// blocksFor is how many blocks some entries need.
func blocksFor(entries int64) int64 {
	return max(1, (entries*bitsPerEntry+blockBits-1)/blockBits)
}

// blocks writes the blocks, and notes their checksum.
func (h *Header) blocks(r io.ReadSeeker, seen int64, w io.Writer) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("breached: read the list again: %w", err)
	}
	check := sha256.New()
	block, number := make([]byte, blockSize), int64(0)
	finish := func() error {
		check.Write(block)
		if _, err := w.Write(block); err != nil {
			return fmt.Errorf("breached: write the filter: %w", err)
		}
		clear(block)
		number++
		return nil
	}
	err := scan(r, seen, func(s Sum) error {
		for of := blockOf(s.prefix(), h.Blocks); number < of; {
			if err := finish(); err != nil {
				return err
			}
		}
		s.addTo(block)
		return nil
	})
	for err == nil && number < h.Blocks {
		err = finish()
	}
	h.Checksum = [sha256.Size]byte(check.Sum(nil))
	return err
}

var (
	errLine  = errors.New("is no SHA-1 sum in hexadecimal, with or without a colon and a number")
	errOrder = errors.New("comes before the one above it; sort the list by its sums first")
)

// scan gives every different sum of a list to take.
func scan(r io.Reader, seen int64, take func(Sum) error) error {
	lines := bufio.NewScanner(r)
	var former Sum
	number, some := 0, false
	for lines.Scan() {
		number++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		sum, times, err := parseLine(line)
		if err == nil && some && bytes.Compare(sum[:], former[:]) < 0 {
			err = errOrder
		}
		if err != nil {
			return fmt.Errorf("breached: line %d %w", number, err)
		}
		if times < seen || some && sum == former {
			continue
		}
		former, some = sum, true
		if err := take(sum); err != nil {
			return err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("breached: line %d %w", number+1, errLine)
	} else if err != nil {
		return fmt.Errorf("breached: read the list: %w", err)
	}
	return nil
}

func parseLine(line []byte) (sum Sum, times int64, err error) {
	name, count, counted := bytes.Cut(line, []byte(":"))
	if len(name) != hex.EncodedLen(sha1.Size) {
		return sum, 0, errLine
	}
	if _, err := hex.Decode(sum[:], name); err != nil {
		return sum, 0, errLine
	}
	if !counted {
		return sum, 1, nil
	}
	if times, err = strconv.ParseInt(string(count), 10, 64); err != nil || times < 0 {
		return sum, 0, errLine
	}
	return sum, times, nil
}
