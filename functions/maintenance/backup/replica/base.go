package replica

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// manifestName is under which the manifest is handed out.
const manifestName = "backup_manifest"

// Base is where a base backup lies in the WAL.
type Base struct {
	Timeline    wal.Timeline
	Start, Stop wal.LSN
	// Tablespaces are where those besides the main one are on the server, by OID.
	Tablespaces map[string]string
}

// Archive is one part of a base backup, to be read to its end.
type Archive struct {
	// Name is base.tar, OID.tar or backup_manifest.
	Name string
	// Tablespace is where its files are on the server; empty for the main one.
	Tablespace string
	io.Reader
}

// errUnread: each must read what it is given.
var errUnread = errors.New("replica: an archive was not read to its end")

// BaseBackup copies the cluster: each is called with one archive after the other,
// the manifest last. progress is told how many bytes of about how many have come.
// The WAL between Start and Stop is not in it.
func (c *Conn) BaseBackup(ctx context.Context, progress func(done, total int64), each func(Archive) error) (Base, error) {
	defer c.interrupt(ctx)()
	b, err := c.baseBackup(ctx, progress, each)
	return b, because(ctx, err)
}

func (c *Conn) baseBackup(ctx context.Context, progress func(done, total int64), each func(Archive) error) (Base, error) {
	c.pg.Frontend().SendQuery(&pgproto3.Query{String: "BASE_BACKUP (LABEL 'authway', PROGRESS true, CHECKPOINT 'fast', " +
		"WAIT false, TABLESPACE_MAP true, MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256')"})
	if err := c.pg.Frontend().Flush(); err != nil {
		return Base{}, told(err)
	}
	b := Base{Tablespaces: map[string]string{}}
	var err error
	if b.Start, b.Timeline, err = c.position(ctx); err != nil {
		return b, err
	}
	total, err := c.tablespaces(ctx, b.Tablespaces)
	if err != nil {
		return b, err
	}
	s := &copyStream{pg: c.pg, progress: func(done int64) { progress(done, total) }}
	if err := s.all(each); err != nil {
		return b, err
	}
	if b.Stop, _, err = c.position(ctx); err != nil {
		return b, err
	}
	return b, c.settled(ctx)
}

// position is the answer with which a base backup begins and ends.
func (c *Conn) position(ctx context.Context) (wal.LSN, wal.Timeline, error) {
	rows, err := c.answer(ctx)
	if err != nil {
		return 0, 0, err
	}
	if len(rows) != 1 || len(rows[0]) != 2 {
		return 0, 0, errors.New("replica: a base backup without a position")
	}
	at, err := wal.ParseLSN(rows[0][0])
	if err != nil {
		return 0, 0, err
	}
	timeline, err := strconv.ParseUint(rows[0][1], 10, 32)
	return at, wal.Timeline(timeline), err
}

// tablespaces says where they are, and how long all of them are in bytes.
func (c *Conn) tablespaces(ctx context.Context, into map[string]string) (total int64, err error) {
	rows, err := c.answer(ctx)
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		if len(row) != 3 {
			return 0, errors.New("replica: a base backup without its tablespaces")
		}
		if kilobytes, err := strconv.ParseInt(row[2], 10, 64); err == nil {
			total += kilobytes << 10
		}
		if row[0] != "" {
			into[row[0]] = row[1]
		}
	}
	return total, nil
}

// answer reads one of the several answers to a command.
func (c *Conn) answer(ctx context.Context) (rows [][]string, err error) {
	for {
		m, err := c.pg.ReceiveMessage(ctx)
		if err != nil {
			return nil, told(err)
		}
		switch m := m.(type) {
		case *pgproto3.ErrorResponse:
			return nil, told(pgconn.ErrorResponseToPgError(m))
		case *pgproto3.DataRow:
			row := make([]string, len(m.Values))
			for i, value := range m.Values {
				row[i] = string(value)
			}
			rows = append(rows, row)
		case *pgproto3.CommandComplete:
			return rows, nil
		}
	}
}

// settled waits until the server takes the next command.
func (c *Conn) settled(ctx context.Context) error {
	for {
		m, err := c.pg.ReceiveMessage(ctx)
		if err != nil {
			return told(err)
		}
		switch m := m.(type) {
		case *pgproto3.ErrorResponse:
			return told(pgconn.ErrorResponseToPgError(m))
		case *pgproto3.ReadyForQuery:
			return nil
		}
	}
}

// copyStream is the one COPY of a base backup, in which the archives follow each
// other (PostgreSQL 55.4, BASE_BACKUP).
type copyStream struct {
	pg       *pgconn.PgConn
	progress func(done int64)
	// next is the archive whose beginning has been read; rest is of its data what has
	// been received and not read.
	next *Archive
	rest []byte
	over bool
}

func (s *copyStream) all(each func(Archive) error) error {
	if err := s.receive(); err != nil {
		return err
	}
	for !s.over {
		if s.next == nil {
			return errUnread
		}
		a := *s.next
		s.next = nil
		a.Reader = s
		if err := each(a); err != nil {
			return err
		}
	}
	return nil
}

// Read reads on in the archive that is open. It ends where the next one begins.
func (s *copyStream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.over || s.next != nil {
			return 0, io.EOF
		}
		if err := s.receive(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// receive takes the next message.
func (s *copyStream) receive() error {
	for {
		m, err := s.pg.ReceiveMessage(context.Background())
		if err != nil {
			return told(err)
		}
		switch m := m.(type) {
		case *pgproto3.ErrorResponse:
			return told(pgconn.ErrorResponseToPgError(m))
		case *pgproto3.CopyDone:
			s.over = true
			return nil
		case *pgproto3.CopyData:
			if took, err := s.take(m.Data); took || err != nil {
				return err
			}
		}
	}
}

// take reports whether the message is one to stop at.
func (s *copyStream) take(data []byte) (bool, error) {
	if len(data) == 0 {
		return false, errors.New("replica: an empty message in a base backup")
	}
	body := data[1:]
	switch data[0] {
	case 'd':
		s.rest = body
		return true, nil
	case 'm':
		s.next = &Archive{Name: manifestName}
		return true, nil
	case 'p':
		if len(body) == 8 {
			s.progress(int64(binary.BigEndian.Uint64(body)))
		}
		return false, nil
	case 'n':
		name, rest, _ := strings.Cut(string(body), "\x00")
		s.next = &Archive{Name: name, Tablespace: strings.TrimSuffix(rest, "\x00")}
		return true, nil
	}
	return false, fmt.Errorf("replica: a message of kind %q in a base backup", data[0])
}
