package recovery_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"
)

// prints are a hash of all rows for each table of a database.
type prints map[string]string

// tablesOf are those with rows of their own.
func tablesOf(ctx context.Context, db bun.IDB) (names []string, err error) {
	err = db.NewRaw(`SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY 1`).Scan(ctx, &names)
	return names, err
}

func printsOf(ctx context.Context, db bun.IDB) (prints, error) {
	names, err := tablesOf(ctx, db)
	if err != nil {
		return nil, err
	}
	all := prints{}
	for _, name := range names {
		var said string
		if err := db.NewRaw("SELECT count(*) || ' rows, ' || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM "+name+" t").
			Scan(ctx, &said); err != nil {
			return nil, err
		}
		all[name] = said
	}
	return all, nil
}

// standstill holds all tables of the databases as they are while it takes their
// prints, and returns the server's time meanwhile: who writes waits.
func standstill(t *testing.T, databases ...*bun.DB) (at time.Time, all []prints) {
	t.Helper()
	var err error
	// Who waits for us may hold what we want next. We give way (55P03) before PostgreSQL
	// looks for a deadlock, or the one it ends may be somebody's sign-in.
	for range 200 {
		if at, all, err = tryStandstill(t.Context(), databases); err == nil {
			return at, all
		}
		if !strings.Contains(err.Error(), "55P03") {
			break
		}
	}
	t.Fatal(err)
	return at, all
}

func tryStandstill(ctx context.Context, databases []*bun.DB) (at time.Time, all []prints, err error) {
	var held []bun.Tx
	defer func() {
		for _, tx := range held {
			_ = tx.Rollback()
		}
	}()
	for _, db := range databases {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return at, nil, err
		}
		held = append(held, tx)
		names, err := tablesOf(ctx, tx)
		if err != nil {
			return at, nil, err
		}
		if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = '100ms'"); err != nil {
			return at, nil, err
		}
		if _, err := tx.ExecContext(ctx, "LOCK TABLE "+strings.Join(names, ", ")+" IN SHARE MODE"); err != nil {
			return at, nil, err
		}
	}
	for _, tx := range held {
		said, err := printsOf(ctx, tx)
		if err != nil {
			return at, nil, err
		}
		all = append(all, said)
	}
	err = held[0].NewRaw("SELECT clock_timestamp()").Scan(ctx, &at)
	return at, all, err
}

// equal fails the test unless a restored database has the same tables with the same
// rows.
func (want prints) equal(t *testing.T, what string, db *bun.DB) {
	t.Helper()
	got, err := printsOf(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 {
		t.Fatal("there is nothing to compare")
	}
	for name, rows := range want {
		if got[name] != rows {
			t.Errorf("%s: %s has %s, want %s", what, name, orNothing(got[name]), rows)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: there was no table %s", what, name)
		}
	}
}

func orNothing(said string) string {
	if said == "" {
		return "gone"
	}
	return said
}

// ledger is a table into which one writer writes rows, one after the other, so that
// each moment has its number of rows.
type ledger struct {
	db   *bun.DB
	stop context.CancelFunc
	over chan error
	asks chan chan entry
}

// entry is a moment, and how many rows had been committed by then.
type entry struct {
	at   time.Time
	rows int
}

func newLedger(t *testing.T, db *bun.DB) *ledger {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE ledger (n integer PRIMARY KEY, filling text NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	l := &ledger{db: db, stop: stop, over: make(chan error, 1), asks: make(chan chan entry)}
	go func() { l.over <- l.write(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-l.over; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	return l
}

// pace is between two rows: a segment of WAL is full after some ten seconds.
const pace = 5 * time.Millisecond

func (l *ledger) write(ctx context.Context) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := 1; ; n++ {
		// Some of it is long, so that segments of WAL come to their end.
		if _, err := l.db.ExecContext(ctx, "INSERT INTO ledger VALUES (?, (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 200)))", n); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case asked := <-l.asks:
			e := entry{rows: n}
			if err := l.db.NewRaw("SELECT clock_timestamp()").Scan(ctx, &e.at); err != nil {
				return err
			}
			asked <- e
		case <-tick.C:
		}
	}
}

// now is a moment between two rows.
func (l *ledger) now(t *testing.T) entry {
	t.Helper()
	asked := make(chan entry, 1)
	select {
	case l.asks <- asked:
		return <-asked
	case err := <-l.over:
		l.over <- nil
		t.Fatalf("the ledger has ended: %v", err)
	}
	return entry{}
}

// holds fails the test unless the restored ledger has the rows of the moment: all
// of them and no more.
func (l *ledger) holds(t *testing.T, db *bun.DB, want entry) {
	t.Helper()
	var rows, last int
	if err := db.NewRaw("SELECT count(*), coalesce(max(n), 0) FROM ledger").Scan(t.Context(), &rows, &last); err != nil {
		t.Fatal(err)
	}
	if rows != want.rows || last != want.rows {
		t.Errorf("at %s: %d rows up to %d, want %d", want.at, rows, last, want.rows)
	}
}
