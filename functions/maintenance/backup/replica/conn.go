package replica

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/shared/problem"
)

var (
	// ErrRefused: the server lets nobody replicate, or not this role.
	ErrRefused = errors.New("replica: the server refuses replication")
	// ErrBusy: somebody else is at the slot.
	ErrBusy = errors.New("replica: the slot is in use")
	// ErrOld: the server is older than the form in which base backups are sent here.
	ErrOld = errors.New("replica: the server is older than PostgreSQL 15")
)

// readBuffer halves the time that the system spends on a copy: messages are 8 KiB.
const readBuffer = 256 << 10

// connectTime bounds how long a connection may take to be made.
const connectTime = 10 * time.Second

// Conn is a connection for replication. It is for one command at a time.
type Conn struct {
	pg *pgconn.PgConn
	// Server is PostgreSQL's version, such as 15.18.
	Server string
	// Segment is the length of the cluster's segments of WAL.
	Segment wal.Size

	// alive is how often the server hears of us while a segment is being stored.
	alive time.Duration
}

// alive: the server hangs up after wal_sender_timeout, a minute by default.
const alive = 10 * time.Second

// Dial connects to the server of address (a postgres:// URL). password, if it is
// not empty, goes in place of the address's.
func Dial(ctx context.Context, address, password string) (*Conn, error) {
	config, err := pgconn.ParseConfig(address)
	if err != nil {
		return nil, errors.New("replica: the address cannot be read")
	}
	if password != "" {
		config.Password = password
	}
	config.RuntimeParams["replication"] = "yes"
	config.RuntimeParams["application_name"] = "authway-backup"
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, readBuffer), w)
	}
	config.ConnectTimeout = connectTime
	// A peer that is gone without a word is noticed in a minute: no answer is waited for
	// that the server would have to give by itself.
	config.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 3,
	}}).DialContext
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, told(err)
	}
	c := &Conn{pg: pg, alive: alive}
	if err := c.look(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// look finds out with whom we speak.
func (c *Conn) look(ctx context.Context) error {
	c.Server, _, _ = strings.Cut(c.pg.ParameterStatus("server_version"), " ")
	digits := regexp.MustCompile(`^\d+`).FindString(c.Server)
	if major, err := strconv.Atoi(digits); err != nil || major < 15 {
		return fmt.Errorf("%w: it is %s", ErrOld, c.Server)
	}
	row, err := c.row(ctx, "SHOW wal_segment_size")
	if err != nil {
		return err
	}
	c.Segment, err = parseSize(row[0])
	return err
}

// Close ends the connection at once.
func (c *Conn) Close() {
	done, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.pg.Close(done)
}

// interrupt ends what is read and written when ctx is over. The library would watch
// ctx for each message anew, which are a hundred thousand in a few gigabytes.
func (c *Conn) interrupt(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = c.pg.Conn().SetDeadline(time.Unix(1, 0)) })
}

// because adds why it was interrupted.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && err != nil {
		return errors.Join(cause, err)
	}
	return err
}

// told gives what people can do something about an error of its own.
func told(err error) error {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("replica: %w", context.Canceled)
	case !ok:
		return fmt.Errorf("replica: %s", problem.Redact(err.Error()))
	// No line in pg_hba.conf; no right to replicate; the role may not log in.
	case refused.Code == "28000", refused.Code == "42501", refused.Code == "0A000":
		return fmt.Errorf("%w: %s (SQLSTATE %s)", ErrRefused, refused.Message, refused.Code)
	case refused.Code == "55006":
		return fmt.Errorf("%w: %s", ErrBusy, refused.Message)
	}
	return fmt.Errorf("replica: %w", err)
}

// System is what a server says about itself.
type System struct {
	// ID is the cluster's, the same on all its copies.
	ID       string
	Timeline wal.Timeline
	// Flushed is up to where its WAL is durable.
	Flushed wal.LSN
}

// Identify asks the server who it is and how far it is.
func (c *Conn) Identify(ctx context.Context) (System, error) {
	s, err := pglogrepl.IdentifySystem(ctx, c.pg)
	if err != nil {
		return System{}, told(err)
	}
	return System{ID: s.SystemID, Timeline: wal.Timeline(s.Timeline), Flushed: wal.LSN(s.XLogPos)}, nil
}

// History is how a timeline came to be.
func (c *Conn) History(ctx context.Context, t wal.Timeline) (wal.History, error) {
	h, err := pglogrepl.TimelineHistory(ctx, c.pg, int32(t))
	if err != nil {
		return wal.History{}, told(err)
	}
	return wal.ParseHistory(t, h.Content)
}

// row is the one row of a command's answer. What is NULL is empty.
func (c *Conn) row(ctx context.Context, command string) ([]string, error) {
	answers, err := c.pg.Exec(ctx, command).ReadAll()
	if err != nil {
		return nil, told(err)
	}
	if len(answers) != 1 || len(answers[0].Rows) != 1 {
		return nil, fmt.Errorf("replica: %s has no answer", command)
	}
	row := make([]string, len(answers[0].Rows[0]))
	for i, value := range answers[0].Rows[0] {
		row[i] = string(value)
	}
	return row, nil
}

var sizes = map[string]wal.Size{"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}

// parseSize reads an amount such as 16MB (PostgreSQL 20.1.1).
func parseSize(text string) (wal.Size, error) {
	unit := strings.TrimLeft(text, "0123456789")
	n, err := strconv.ParseUint(strings.TrimSuffix(text, unit), 10, 32)
	size := wal.Size(n) * sizes[unit]
	if err != nil || !size.Valid() {
		return 0, fmt.Errorf("replica: segments of WAL are said to have %q", text)
	}
	return size, nil
}
