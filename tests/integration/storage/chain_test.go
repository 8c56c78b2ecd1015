package storage_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/tests/harness"
)

const auditKeep = 400 * 24 * time.Hour

// ledger is a log with its seals, as maintenance sees it.
type ledger struct {
	t     *testing.T
	db    harness.Database
	login *bun.DB
	owner *bun.DB
	// chain tells into lines.
	chain audit.Chain
	mu    sync.Mutex
	lines []audit.Line
	now   time.Time
}

func beginLedger(t *testing.T) *ledger {
	t.Helper()
	db := harness.NewDatabase(t)
	s := &ledger{t: t, db: db, login: db.As(t, "login"), owner: db.Owner(t), now: noon}
	s.chain = audit.Chain{DB: db.As(t, "maintenance"), Keep: auditKeep, Tell: func(_ context.Context, l audit.Line) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lines = append(s.lines, l)
		return nil
	}}
	return s
}

// write adds events at a time before now, a second from each other.
func (s *ledger) write(n int, ago time.Duration) {
	s.t.Helper()
	for i := range n {
		if err := audit.Append(s.t.Context(), s.login, s.now.Add(-ago+time.Duration(i)*time.Second), event()); err != nil {
			s.t.Fatal(err)
		}
	}
}

// many adds events by one statement, a millisecond from each other. Their hashes are
// none.
func (s *ledger) many(n int, ago time.Duration) {
	s.t.Helper()
	s.exec(`INSERT INTO audit_events (id, at, action, outcome, actor_kind, actor_id, subject_id, client_id, request_id, ip, detail, row_hash)
		SELECT gen_random_uuid(), ?::timestamptz + make_interval(secs => n * 0.001), 'x', 'success', 'system', '', '', '', '', '', '{}', sha256('')
		FROM generate_series(1, ?) AS n`, s.now.Add(-ago), n)
}

func (s *ledger) exec(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.owner.NewRaw(statement, args...).Exec(s.t.Context()); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

func (s *ledger) seal() audit.Made {
	s.t.Helper()
	made, err := s.chain.Seal(s.t.Context(), s.now, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

func (s *ledger) check() *audit.Report {
	s.t.Helper()
	r, err := s.chain.Check(s.t.Context(), audit.Given{Now: s.now})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// sound fails the test unless nothing is found.
func (s *ledger) sound(when string) *audit.Report {
	s.t.Helper()
	r := s.check()
	if !r.Sound || r.Found != 0 {
		s.t.Errorf("%s: %v", when, r.Findings)
	}
	return r
}

func (s *ledger) due() bool {
	s.t.Helper()
	due, err := s.chain.Due(s.t.Context(), s.now, false, false)
	if err != nil {
		s.t.Fatal(err)
	}
	return due
}

func TestSealsCoverWhatHasSettledOnce(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	if made := s.seal(); made.Seals != 0 || s.due() {
		t.Errorf("of nothing: %+v", made)
	}
	s.write(3, time.Hour)
	s.write(1, audit.Late-time.Second)
	if !s.due() {
		t.Error("three events have settled, and nothing is due")
	}
	made := s.seal()
	if made.Seals != 1 || made.Rows != 3 || made.Head.Seq != 1 || made.Head.Total != 3 || len(s.lines) != 3 {
		t.Errorf("%d lines, %+v", len(s.lines), made)
	}
	if s.due() {
		t.Error("it is due again")
	}
	if made := s.seal(); made.Seals != 0 || made.Head.Seq != 1 {
		t.Errorf("again: %+v", made)
	}
	r := s.sound("with one that has not settled")
	if r.Rows != 3 || r.Unsealed != 1 || r.Last != 1 || r.First != 1 || !r.Unverified {
		t.Errorf("got %+v", r)
	}
	s.now = s.now.Add(time.Minute)
	if made := s.seal(); made.Rows != 1 || made.Head.Seq != 2 || made.Head.Total != 4 {
		t.Errorf("later: %+v", made)
	}
	s.sound("with all")
}

// What is told has what the database has, in the order of the chain.
func TestEachEventIsToldWithItsSeal(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	s.write(2, time.Hour)
	s.seal()
	s.write(1, 30*time.Minute)
	s.seal()
	var want []string
	if err := s.owner.NewRaw(`SELECT id || ' ' || encode(row_hash, 'hex') || ' ' || ip || ' ' || detail FROM audit_events ORDER BY at, id`).Scan(t.Context(), &want); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range s.lines {
		got = append(got, fmt.Sprintf("%s %s %s %s", l.ID, l.RowHash, l.IP, l.Detail))
	}
	if !slices.Equal(got, want) || s.lines[1].Seal != 1 || s.lines[2].Seal != 2 {
		t.Errorf("told\n%q\nof\n%q", got, want)
	}
}

// Who is killed between telling and sealing tells again, and who fails to tell does not
// seal.
func TestWhatWasNotToldIsNotSealed(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	s.write(3, time.Hour)
	told := s.chain.Tell
	s.chain.Tell = func(ctx context.Context, l audit.Line) error {
		if len(s.lines) == 2 {
			return context.Canceled
		}
		return told(ctx, l)
	}
	if made, err := s.chain.Seal(t.Context(), s.now, 10); err == nil || made.Seals != 0 {
		t.Errorf("got %+v, %v", made, err)
	}
	s.chain.Tell = told
	if made := s.seal(); made.Rows != 3 || len(s.lines) != 5 {
		t.Errorf("%d lines, %+v", len(s.lines), made)
	}
	s.sound("after it")
}

// A batch costs one statement, whatever is in it.
func TestASealCostsOneStatement(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	s.many(5*audit.Batch+1, 3*time.Hour)
	counted := &counting{}
	s.chain.DB = s.db.As(t, "maintenance").WithQueryHook(counted)
	made := s.seal()
	// The head, what came late, and the first batch are three.
	if made.Seals != 6 || made.Rows != 5*audit.Batch+1 || counted.n > 6+3 {
		t.Errorf("%d statements for %+v", counted.n, made)
	}
}

type counting struct{ n int }

func (c *counting) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (c *counting) AfterQuery(context.Context, *bun.QueryEvent) { c.n++ }

func TestWhatComesLateIsSealedAndNamed(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	s.write(3, time.Hour)
	s.seal()
	// One in the middle of what is sealed, and one from before all of it.
	s.write(1, time.Hour-1500*time.Millisecond)
	s.write(1, 2*time.Hour)
	if r := s.sound("not sealed yet"); r.Waiting != 2 {
		t.Errorf("got %+v", r)
	}
	if !s.due() {
		t.Error("nothing is due")
	}
	s.lines = nil
	made := s.seal()
	if made.Seals != 1 || made.Late != 2 || !made.Head.Late || made.Head.UntilAt.Before(made.Head.ToAt) || len(s.lines) != 2 || !s.lines[0].Late {
		t.Errorf("%+v, %+v", s.lines, made)
	}
	if r := s.sound("sealed"); r.Late != 2 || r.Rows != 5 || r.Waiting != 0 {
		t.Errorf("got %+v", r)
	}
	if s.due() {
		t.Error("it is due again")
	}
	// After both, the log goes on.
	s.write(2, 10*time.Minute)
	s.seal()
	if r := s.sound("after it"); r.Rows != 7 || r.Last != 3 {
		t.Errorf("got %+v", r)
	}
	// What comes after hours is covered by nothing, and said to be.
	s.write(1, 24*time.Hour)
	s.seal()
	if r := s.check(); r.Found != 1 || r.Findings[0].What != audit.RowAdded {
		t.Errorf("got %+v", r)
	}
}

func TestManyAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	s.write(50, time.Hour)
	s.many(3*audit.Batch, 2*time.Hour)
	var all sync.WaitGroup
	var made [4]audit.Made
	for i := range made {
		all.Go(func() {
			var err error
			chain := s.chain
			chain.DB = s.db.As(t, "maintenance")
			for range 3 {
				m, e := chain.Seal(t.Context(), s.now, 1000)
				made[i].Rows += m.Rows
				if e != nil {
					err = e
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.seal()
	var rows, seals int64
	if err := s.owner.NewRaw("SELECT sum(rows), count(*) FROM audit_seals").Scan(t.Context(), &rows, &seals); err != nil {
		t.Fatal(err)
	}
	if rows != 3*audit.Batch+50 || seals < 4 {
		t.Errorf("%d rows in %d seals: %+v", rows, seals, made)
	}
	if r := s.check(); r.Rows != 3*audit.Batch+50 || slices.ContainsFunc(r.Findings, func(f audit.Finding) bool { return f.What != audit.RowChanged }) {
		t.Errorf("got %+v", r)
	}
}

// Who finds that another has made the seal stops, and has sealed nothing.
func TestWhoComesSecondStops(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	s.write(3, time.Hour)
	first := s.chain
	var once sync.Once
	first.Tell = func(ctx context.Context, _ audit.Line) (err error) {
		once.Do(func() {
			// The other one's clock is another one's.
			_, err = s.chain.Seal(ctx, s.now.Add(time.Second), 10)
		})
		return err
	}
	made, err := first.Seal(t.Context(), s.now, 10)
	if err != nil || !made.Elsewhere || made.Seals != 0 || made.Rows != 0 {
		t.Errorf("got %+v, %v", made, err)
	}
	s.write(3, 30*time.Minute)
	if made := s.seal(); made.Head.Seq != 2 || made.Rows != 3 || made.Elsewhere {
		t.Errorf("after it: %+v", made)
	}
	if r := s.sound("after it"); r.Rows != 6 {
		t.Errorf("got %+v", r)
	}
}

func TestSealsAreAppendOnlyEvenForTheOwner(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	s.write(1, time.Hour)
	s.seal()
	for _, statement := range []string{
		"UPDATE audit_seals SET rows = 2", "DELETE FROM audit_seals", "TRUNCATE audit_seals",
		"UPDATE audit_heads SET seq = 2", "DELETE FROM audit_heads", "TRUNCATE audit_heads",
	} {
		if _, err := s.owner.ExecContext(t.Context(), statement); err == nil || !contains(err.Error(), "append only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
