package audit

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"
)

// unsignedFor is how long a seal may be without a signature where seals are signed.
const unsignedFor = time.Hour

// clockSkew is how much clocks may differ of those that make seals and that check them.
const clockSkew = 5 * time.Minute

// Given is what a check goes by besides the database.
type Given struct {
	Now time.Time
	// From is the seal that it begins with. What is before is taken as it is.
	From int64
	// Heads are those that lie outside of the database, by their number, the lowest
	// first. Without them nothing shows that the whole chain was made anew, or cut off.
	Heads iter.Seq2[Stored, error]
	// Sign says that seals are signed here: one that no signature covers after an hour
	// is a finding.
	Sign bool
	// Progress, if it is there, is told how many of how many events were looked at.
	Progress func(done, total int64)
}

// walk is a check under way.
type walk struct {
	Chain
	given  Given
	report *Report
	// last is the last seal when it began.
	last Seal
	// droppable is before when retention may have dropped events.
	droppable time.Time
	// before is the seal before. It is linked if it is known to be that, or if there is
	// none before the first.
	before Seal
	linked bool
	// bare is the first seal that no signature covers so far.
	bare *Seal

	heads *heads
}

// seals is how many seals are read at once.
const seals = 20

// Check holds the log against its seals, the seals against each other, and the chain
// against the heads that were signed. What is sealed or comes while it reads is no
// finding, nor is what retention has dropped: a seal of a month that had ended before
// the retention that was in force then, or is now, may lack its events. No retention is
// shorter than 90 days, so that no seal that somebody forges hides what is younger.
//
// The error is that it could not be done; what is wrong is in the report. It reads one
// seal's events at a time.
func (c Chain) Check(ctx context.Context, g Given) (*Report, error) {
	w := &walk{Chain: c, given: g, report: &Report{Findings: []Finding{}, Unverified: g.Heads == nil}}
	if err := w.begin(ctx); err != nil {
		return nil, err
	}
	defer w.heads.stop()
	for _, step := range []func(context.Context) error{w.forks, w.all, w.cutOff, w.signed, w.behindLast} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	w.report.pair()
	w.report.Sound = w.report.Found == 0
	return w.report, nil
}

func (w *walk) begin(ctx context.Context) (err error) {
	w.heads = pull(w.given.Heads)
	if w.last, err = w.Head(ctx); err != nil {
		return err
	}
	w.report.Last, w.report.Until = w.last.Seq, w.last.UntilAt.UTC()
	w.droppable = month(w.given.Now.Add(-w.Keep))
	if w.timely(w.last) {
		w.droppable = later(w.droppable, w.last.droppable())
	}
	w.given.From = max(w.given.From, 1)
	if w.linked = w.given.From == 1; w.linked {
		return nil
	}
	w.before, err = w.At(ctx, w.given.From-1)
	w.linked = w.before.Seq > 0
	w.before.Seq = w.given.From - 1
	return err
}

// timely reports whether a seal's times can be: it does not say that events could be
// dropped which had to be kept, and is not of the future.
func (w *walk) timely(s Seal) bool {
	return !s.SealedAt.After(w.given.Now.Add(clockSkew)) && !s.KeptFrom.After(s.SealedAt.Add(-leastKeep))
}

// leastKeep is the shortest retention that there is.
const leastKeep = 90 * 24 * time.Hour

func (w *walk) all(ctx context.Context) error {
	at := w.before.Seq
	for {
		var page []Seal
		err := w.DB.NewSelect().Model(&page).ColumnExpr(sealColumns).Where("seq > ? AND seq <= ?", at, w.last.Seq).
			OrderExpr("seq, sealed_at").Limit(seals).Scan(ctx)
		if err != nil {
			return fmt.Errorf("audit: seals: %w", err)
		}
		for _, s := range page {
			if s.Seq == w.before.Seq {
				continue // Of the two, forks has told.
			}
			if err := w.one(ctx, s); err != nil {
				return err
			}
			if w.given.Progress != nil {
				w.given.Progress(s.Total, w.last.Total)
			}
		}
		if len(page) < seals {
			return nil
		}
		at = page[len(page)-1].Seq
	}
}

// forks finds seals of one number, and behind one seal. The database refuses them, if
// nobody has taken its keys away.
func (w *walk) forks(ctx context.Context) error {
	var found []int64
	err := w.DB.NewRaw(`SELECT seq FROM audit_seals GROUP BY seq HAVING count(*) > 1
		UNION SELECT max(seq) FROM audit_seals GROUP BY previous HAVING count(*) > 1 AND min(seq) < max(seq) ORDER BY 1 LIMIT 100`).Scan(ctx, &found)
	if err != nil {
		return fmt.Errorf("audit: seals: %w", err)
	}
	for _, seq := range found {
		w.report.add(Finding{What: ChainForked, Seal: seq, Why: "there are two seals of this number, or behind the one before it"})
	}
	return nil
}

func (w *walk) one(ctx context.Context, s Seal) error {
	if s.Seq > w.before.Seq+1 && (w.linked || w.before.Seq >= w.given.From) {
		from, to := w.before.UntilAt, s.FromAt
		w.report.add(Finding{What: SealMissing, Seal: w.before.Seq + 1, From: &from, To: &to,
			Why: fmt.Sprintf("seals %d to %d are not there", w.before.Seq+1, s.Seq-1)})
		w.linked = false
	}
	wrong := w.wrong(s)
	if wrong != "" {
		w.report.add(Finding{What: SealChanged, Seal: s.Seq, From: &s.FromAt, To: &s.ToAt, Why: wrong})
	}
	w.report.Seals++
	if err := w.rows(ctx, s, wrong == ""); err != nil {
		return err
	}
	if w.bare == nil {
		w.bare = &s
	}
	if err := w.headsUpTo(s); err != nil {
		return err
	}
	w.before, w.linked = s, wrong == ""
	return nil
}

// wrong is what is wrong with a seal by itself, or behind the one before.
func (w *walk) wrong(s Seal) string {
	switch {
	case !bytes.Equal(s.sum(), s.Hash):
		return "its columns do not fit its hash"
	case s.Rows != int64(len(s.Events)) || s.Rows == 0:
		return "it does not name as many events as it has"
	case !w.timely(s):
		return "it was made at a time, or for a retention, that cannot be"
	case !month(s.FromAt).Equal(month(s.ToAt)):
		return "it has events of more than one month"
	case !s.Late && (s.UntilID != s.Events[len(s.Events)-1] || !s.UntilAt.Equal(s.ToAt)):
		return "it does not end with its last event"
	case !w.linked:
		return ""
	case !bytes.Equal(s.Previous, w.before.follows()):
		return "it does not follow the seal before it"
	case s.Total != w.before.Total+s.Rows || s.SealedAt.Before(w.before.SealedAt) || s.KeptFrom.Before(w.before.KeptFrom):
		return "it does not go on where the seal before it ended"
	case s.Late && (s.UntilID != w.before.UntilID || !s.UntilAt.Equal(w.before.UntilAt)), !s.Late && s.UntilAt.Before(w.before.UntilAt):
		return "it does not go on from where the seal before it ended"
	}
	return ""
}

// What a seal is held against: all that lies in its span, or the events that it names.
const (
	ofSpan = `SELECT ` + rowColumns + ` FROM audit_events WHERE at >= ? AND (at, id) > (?, ?) AND at <= ? AND (at, id) <= (?, ?) ORDER BY at, id`
	ofSeal = `SELECT ` + rowColumns + ` FROM audit_events WHERE at BETWEEN ? AND ? AND id = ANY (?::uuid[]) ORDER BY at, id`
)

// rows holds the events of a seal against it.
func (w *walk) rows(ctx context.Context, s Seal, whole bool) error {
	m := newMatch(w, s)
	query, args := ofSeal, []any{s.FromAt, s.ToAt, s.Events}
	if whole && !s.Late {
		from, id := w.before.UntilAt, w.before.UntilID
		if !w.linked {
			// Where the seal before has ended is not known: this one's first event is.
			from, id = s.FromAt, before(s.Events[0])
		}
		query, args = ofSpan, []any{from, from, id, s.UntilAt, s.UntilAt, s.UntilID}
	}
	if err := w.each(ctx, m.row, query, args...); err != nil {
		return err
	}
	return m.end(ctx)
}

// each gives the rows of a query to do. Its statement is over before do asks for
// another.
func (w *walk) each(ctx context.Context, do func(row), query string, args ...any) error {
	rows, err := w.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("audit: read: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := r.scan(rows); err != nil {
			return err
		}
		do(r)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("audit: read: %w", err)
	}
	return nil
}

func (r *row) scan(rows *sql.Rows) error {
	err := rows.Scan(&r.ID, &r.At, &r.TenantID, &r.Action, &r.Outcome, &r.ActorKind, &r.ActorID, &r.SubjectID,
		&r.ClientID, &r.RequestID, &r.IP, &r.Detail, &r.RowHash)
	if err != nil {
		return fmt.Errorf("audit: read: %w", err)
	}
	return nil
}

// before is the id right before another, as PostgreSQL orders them.
func before(id uuid.UUID) uuid.UUID {
	for i := len(id) - 1; i >= 0; i-- {
		id[i]--
		if id[i] != 0xff {
			break
		}
	}
	return id
}

// behindLast holds what no seal covers yet against its own hash.
func (w *walk) behindLast(ctx context.Context) error {
	return w.each(ctx, func(r row) {
		w.report.Unsealed++
		w.holds(r, 0)
	}, `SELECT `+rowColumns+` FROM audit_events WHERE at >= ? AND (at, id) > (?, ?) ORDER BY at, id`, w.last.UntilAt, w.last.UntilAt, w.last.UntilID)
}

// holds finds a row that is not what was written.
func (w *walk) holds(r row, seal int64) {
	if !r.holds() {
		w.report.add(Finding{What: RowChanged, Seal: seal, Event: &r.ID, From: &r.At, To: &r.At, Why: "its columns do not fit its hash"})
	}
}
