package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// DB is a pool and IDB a pool or a transaction, for functions: they hand the
// database to the stores and do not query it themselves.
type (
	DB  = bun.DB
	IDB = bun.IDB
)

// Config says how to reach the database.
type Config struct {
	// URL is a postgres:// URL or a keyword/value string, as libpq takes it.
	URL string
	// Password replaces the one in URL when it is not empty.
	Password string
	// MaxConns bounds the pool. 0 means 8: enough for a function whose requests
	// are bounded by the hash budget, and small against max_connections when
	// the autoscaler adds instances.
	MaxConns int
	// Application is shown in pg_stat_activity.
	Application string
}

// connectTimeout bounds one attempt to reach the server. A sign-in that waits
// longer than this is better served by an honest "try again".
const connectTimeout = 2 * time.Second

// Open makes a pool. The error is about Config alone: no connection is made.
func Open(c Config) (*DB, error) {
	parsed, err := pgx.ParseConfig(c.URL)
	if err != nil {
		// The parser's text repeats the URL, password included.
		return nil, errors.New("postgres: DATABASE_URL is not a PostgreSQL connection string")
	}
	if c.Password != "" {
		parsed.Password = c.Password
	}
	if parsed.ConnectTimeout == 0 {
		parsed.ConnectTimeout = connectTimeout
	}
	// bun writes the arguments into the text, so that no two statements are the same: kept
	// prepared, each would be asked for twice and push another one out. In one round trip it
	// takes two thirds of the time, and goes through a pool of connections (PgBouncer).
	parsed.DefaultQueryExecMode = pgx.QueryExecModeExec
	if c.Application != "" {
		parsed.RuntimeParams["application_name"] = c.Application
	}
	pool := sql.OpenDB(stdlib.GetConnector(*parsed))
	conns := c.MaxConns
	if conns == 0 {
		conns = 8
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	// An older revision must be able to read rows to which a newer migration
	// has added columns.
	return bun.NewDB(pool, pgdialect.New(), bun.WithDiscardUnknownColumns()), nil
}

// InTx runs do in one transaction. No call to another server may be made
// inside: a slow Hydra must not hold a database connection.
func InTx(ctx context.Context, db *DB, do func(ctx context.Context, tx IDB) error) error {
	return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return do(ctx, tx) })
}

// Look runs read in one transaction that changes nothing, and in which everything is of
// one moment.
func Look(ctx context.Context, db *DB, read func(ctx context.Context, tx IDB) error) error {
	return db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, func(ctx context.Context, tx bun.Tx) error { return read(ctx, tx) })
}

// Unreachable reports whether err means that PostgreSQL could not be asked (it
// is down, starting, stopping, or too slow). An answer that says no, and every
// error that is not about the connection, is not that: trying again would not
// help.
func Unreachable(err error) bool {
	if answered, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch answered.Code[:2] {
		case "08", "53", "57": // connection, resources, operator intervention
			return true
		}
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, broken := range []error{
		driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, context.DeadlineExceeded, context.Canceled,
	} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return pgconn.SafeToRetry(err)
}

// Ping reports whether the database answers.
func Ping(ctx context.Context, db *DB) error {
	if err := db.PingContext(ctx); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}
