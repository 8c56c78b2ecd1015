package backup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// The header of a page of WAL (PostgreSQL, access/xlog_internal.h): magic, info,
// timeline, position. The first of a segment goes on with the system's identifier
// and the lengths of a segment and of a page.
const (
	pageHeader  = 24
	firstHeader = 40
	// leastPage and mostPage are what a server can be built with.
	leastPage, mostPage = 1 << 10, 1 << 16
)

// pages are those of one segment, as they are checked.
type pages struct {
	object  wal.Object
	history wal.History
	order   binary.ByteOrder
	// empty: a page was without content. What follows a forced switch of segments is.
	empty bool
}

// pages checks what is in a segment: that it is as long as its name says, of this
// cluster, and that every page is the one that belongs there.
func (k *check) pages(r io.Reader, o wal.Object) error {
	head := make([]byte, min(firstHeader, o.Used))
	if _, err := io.ReadFull(r, head); err != nil {
		return short(err)
	}
	if len(head) < firstHeader {
		return nothingLeft(r)
	}
	p := &pages{object: o, history: wal.History{Timeline: o.Timeline}}
	if h, ok := k.catalog.History(o.Timeline); ok {
		p.history = h
	}
	size, err := p.first(head, k.system())
	if err != nil {
		return err
	}
	page := make([]byte, size)
	have := copy(page, head)
	for at := o.Start(); at < o.End(); at += wal.LSN(size) {
		page = page[:min(uint64(size), uint64(o.End()-at))]
		if _, err := io.ReadFull(r, page[have:]); err != nil {
			return short(err)
		}
		if err := p.check(page, at); err != nil {
			return err
		}
		have = 0
	}
	return nothingLeft(r)
}

// system is the identifier of the cluster whose store it is.
func (k *check) system() string {
	if n := len(k.catalog.Backups); n > 0 {
		return k.catalog.Backups[n-1].System
	}
	return ""
}

// first reads the first header: the server's order of bytes, and the length of a
// page.
func (p *pages) first(head []byte, system string) (int, error) {
	for _, p.order = range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if uint64(p.order.Uint32(head[32:])) != uint64(p.object.Size) {
			continue
		}
		if is := strconv.FormatUint(p.order.Uint64(head[24:]), 10); system != "" && is != system {
			return 0, fmt.Errorf("%w: it is WAL of another cluster (%s)", errContents, is)
		}
		if size := p.order.Uint32(head[36:]); size >= leastPage && size <= mostPage && size&(size-1) == 0 {
			return int(size), nil
		}
	}
	return 0, fmt.Errorf("%w: it does not begin as a segment of WAL", errContents)
}

func (p *pages) check(page []byte, at wal.LSN) error {
	if p.empty || len(page) >= 2 && p.order.Uint16(page) == 0 {
		if p.empty = true; len(bytes.Trim(page, "\x00")) > 0 {
			return fmt.Errorf("%w: WAL follows an empty page at %s", errContents, at)
		}
		return nil
	}
	if len(page) < pageHeader {
		return nil
	}
	if is := wal.LSN(p.order.Uint64(page[8:])); is != at {
		return fmt.Errorf("%w: at %s is the page of %s", errContents, at, is)
	}
	if is, want := wal.Timeline(p.order.Uint32(page[4:])), p.history.At(at); is != want {
		return fmt.Errorf("%w: the page at %s is of timeline %d and not %d", errContents, at, is, want)
	}
	return nil
}

// short says of a segment that ends early what it is; other errors pass.
func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the segment is shorter than its name says", errContents)
	}
	return err
}

func nothingLeft(r io.Reader) error {
	n, err := io.Copy(io.Discard, r)
	if err == nil && n > 0 {
		return fmt.Errorf("%w: the segment is longer than its name says", errContents)
	}
	return err
}
