package postgres_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/authway/authway/shared/postgres"
)

func TestUnreachable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":             {nil, false},
		"a syntax error":      {&pgconn.PgError{Code: "42601"}, false},
		"a unique violation":  {&pgconn.PgError{Code: "23505"}, false},
		"too many clients":    {&pgconn.PgError{Code: "53300"}, true},
		"shutting down":       {&pgconn.PgError{Code: "57P01"}, true},
		"no row":              {sql.ErrNoRows, false},
		"a broken connection": {fmt.Errorf("read: %w", driver.ErrBadConn), true},
		"cut in the middle":   {fmt.Errorf("read: %w", io.ErrUnexpectedEOF), true},
		"an error of ours":    {errors.New("seal: does not open"), false},
	} {
		if got := postgres.Unreachable(c.err); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNobodyThereIsUnreachable(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(postgres.Config{URL: "postgres://user:hunter2@127.0.0.1:1/x"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	err = postgres.Ping(t.Context(), db)
	if !postgres.Unreachable(err) {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error repeats the password: %v", err)
	}
}

func TestOpenDoesNotRepeatTheAddress(t *testing.T) {
	t.Parallel()
	if _, err := postgres.Open(postgres.Config{URL: "postgres://user:hunter2@:port/x"}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}
