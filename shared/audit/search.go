package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/paging"
)

// Scanned is how many rows of an index a page reads at most, whatever it looks for:
// what is rare among many is found page by page, each in constant time.
const Scanned = 5_000

// Filter says which events are looked for. What is empty does not matter.
type Filter struct {
	// TenantID is the tenant whose events they are; uuid.Nil means all events, those of
	// no tenant among them.
	TenantID uuid.UUID
	// From and To bound the time, the end not included.
	From, To time.Time
	// Action is one, or the beginning of many if it ends in a dot.
	Action                                     string
	Actor, Subject, Client, Outcome, RequestID string
	IP                                         string
}

// Found is an event that was written down.
type Found struct {
	Event
	ID uuid.UUID
	At time.Time
}

// Entry is an event as those see it who read the log.
type Entry struct {
	Found
	RequestID string
}

// Page is what was found.
type Page struct {
	Entries []Entry
	// Next is the cursor of what follows, or "" at the end. There may be more even if
	// nothing was found: then the log was read down to Reached.
	Next    string
	Reached time.Time
}

// condition is a column and the value that it has to have.
type condition struct {
	column string
	value  any
}

// conditions are the columns that an index is read by, the most selective first, and
// those that its rows are held against. An id that is unique or of one person leads;
// which of the others does is a matter of how many share it.
func (f Filter) conditions() (lead, rest []condition) {
	add := func(set bool, column string, value any) {
		if set {
			rest = append(rest, condition{column, value})
		}
	}
	ofTenant := f.TenantID != uuid.Nil
	exact := f.Action != "" && !strings.HasSuffix(f.Action, ".")
	add(f.RequestID != "", "request_id", f.RequestID)
	add(f.Subject != "", "subject_id", f.Subject)
	add(f.Actor != "", "actor_id", f.Actor)
	add(f.IP != "", "ip", f.IP)
	add(f.Client != "", "client_id", f.Client)
	add(ofTenant, "tenant_id", f.TenantID)
	add(exact, "action", f.Action)
	switch {
	case len(rest) == 2 && ofTenant && exact:
		lead, rest = rest, nil
	case len(rest) > 0:
		lead, rest = rest[:1:1], rest[1:]
	}
	add(f.Outcome != "", "outcome", f.Outcome)
	return lead, rest
}

// partial are the columns whose index leaves out what is empty, which a statement has
// to say that it does not look for.
var partial = map[string]bool{"request_id": true, "actor_id": true, "ip": true, "client_id": true}

func equal(q *bun.SelectQuery, all []condition) *bun.SelectQuery {
	for _, c := range all {
		if q = q.Where("? = ?", bun.Ident(c.column), c.value); partial[c.column] {
			q = q.Where("? <> ''", bun.Ident(c.column))
		}
	}
	return q
}

// begins is what an action has to begin with, if that is what is looked for.
func (f Filter) begins(q *bun.SelectQuery) *bun.SelectQuery {
	if strings.HasSuffix(f.Action, ".") {
		q = q.Where("starts_with(action, ?)", f.Action)
	}
	return q
}

// moment is the time as the indexes have it that are read by what leads. The other
// two, of all events and of a subject's, have it as it is.
const (
	moment = "timezone('UTC', at)"
	asTime = "timezone('UTC', ?::timestamptz)"
)

// within bounds the time twice: the column says which partitions need not be looked
// at, and the expression where an index begins and ends.
func (f Filter) within(q *bun.SelectQuery) *bun.SelectQuery {
	if !f.From.IsZero() {
		q = q.Where("at >= ?", f.From).Where(moment+" >= "+asTime, f.From)
	}
	if !f.To.IsZero() {
		q = q.Where("at < ?", f.To).Where(moment+" < "+asTime, f.To)
	}
	return q
}

// all is what the filter finds, in no order.
func (f Filter) all(db bun.IDB, columns string) *bun.SelectQuery {
	lead, rest := f.conditions()
	q := db.NewSelect().Model((*row)(nil)).ModelTableExpr("audit_events").ColumnExpr(columns)
	return f.begins(equal(equal(f.within(q), lead), rest))
}

// scan reads an index backwards from where at and id are, or from its end.
func (f Filter) scan(db bun.IDB, columns string, lead []condition, at time.Time, id uuid.UUID) *bun.SelectQuery {
	q := f.within(equal(db.NewSelect().Model((*row)(nil)).ModelTableExpr("audit_events").ColumnExpr(columns), lead))
	by, as := moment, asTime
	if len(lead) == 0 || lead[0].column == "subject_id" {
		by, as = "at", "?"
	}
	if !at.IsZero() {
		q = q.Where("at <= ?", at).Where("("+by+", id) < ("+as+", ?)", at, id)
	}
	return q.OrderExpr(by + " DESC, id DESC")
}

const entryColumns = "id, at, tenant_id, action, outcome, actor_kind, actor_id, subject_id, client_id, request_id, ip, detail"

// Search returns up to limit events before a cursor, the youngest first. An empty
// cursor begins at the youngest.
func Search(ctx context.Context, db bun.IDB, f Filter, cursor string, limit int64) (Page, error) {
	var at time.Time
	var id uuid.UUID
	if cursor != "" {
		var err error
		if at, id, err = paging.Read(cursor); err != nil {
			return Page{}, err
		}
	}
	lead, rest := f.conditions()
	read, sifts := limit+1, len(rest) > 0 || strings.HasSuffix(f.Action, ".")
	if sifts {
		read = Scanned
	}
	var rows []row
	inner := f.scan(db, entryColumns, lead, at, id).Limit(read)
	outer := db.NewSelect().Model(&rows).ModelTableExpr("(?) AS scanned", inner).ColumnExpr(entryColumns)
	if err := f.begins(equal(outer, rest)).OrderExpr("at DESC, id DESC").Limit(limit + 1).Scan(ctx); err != nil {
		return Page{}, fmt.Errorf("audit: search: %w", err)
	}
	var p Page
	if int64(len(rows)) > limit {
		rows = rows[:limit]
		p.Next, p.Reached = paging.Cursor(rows[limit-1].At, rows[limit-1].ID), rows[limit-1].At
	} else if sifts {
		// Whether there was more to read than was read.
		var last []row
		if err := f.scan(db, "id, at", lead, at, id).Offset(Scanned-1).Limit(1).Scan(ctx, &last); err != nil {
			return Page{}, fmt.Errorf("audit: search: %w", err)
		}
		if len(last) > 0 {
			p.Next, p.Reached = paging.Cursor(last[0].At, last[0].ID), last[0].At
		}
	}
	var err error
	p.Entries, err = entries(rows)
	return p, err
}

func entries(rows []row) ([]Entry, error) {
	all := make([]Entry, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.entry(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (r row) entry() (Entry, error) {
	e := Entry{RequestID: r.RequestID, Found: Found{ID: r.ID, At: r.At.UTC(), Event: Event{
		Action: r.Action, Outcome: r.Outcome, ActorKind: r.ActorKind, ActorID: r.ActorID,
		SubjectID: r.SubjectID, ClientID: r.ClientID, IP: r.IP,
	}}}
	if r.TenantID != nil {
		e.TenantID = *r.TenantID
	}
	if err := json.Unmarshal(r.Detail, &e.Detail); err != nil {
		return Entry{}, fmt.Errorf("audit: the detail of %s: %w", r.ID, err)
	}
	return e, nil
}

// Get returns the event of that time and id, of the tenant if one is given, or
// ErrUnknown.
func Get(ctx context.Context, db bun.IDB, tenantID uuid.UUID, at time.Time, id uuid.UUID) (Entry, error) {
	var rows []row
	q := db.NewSelect().Model(&rows).ModelTableExpr("audit_events").ColumnExpr(entryColumns).Where("at = ? AND id = ?", at, id)
	if tenantID != uuid.Nil {
		q = q.Where("tenant_id = ?", tenantID)
	}
	if err := q.Scan(ctx); err != nil {
		return Entry{}, fmt.Errorf("audit: get: %w", err)
	}
	if len(rows) == 0 {
		return Entry{}, ErrUnknown
	}
	return rows[0].entry()
}

// Each gives all that the filter finds to do, the oldest first, one at a time. It
// reads as fast as do takes them, and ends with do's error.
func Each(ctx context.Context, db bun.IDB, f Filter, do func(Entry) error) error {
	rows, err := f.all(db, entryColumns).OrderExpr("at, id").Rows(ctx)
	if err != nil {
		return fmt.Errorf("audit: read: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.ID, &r.At, &r.TenantID, &r.Action, &r.Outcome, &r.ActorKind, &r.ActorID, &r.SubjectID,
			&r.ClientID, &r.RequestID, &r.IP, &r.Detail); err != nil {
			return fmt.Errorf("audit: read: %w", err)
		}
		e, err := r.entry()
		if err != nil {
			return err
		}
		if err := do(e); err != nil {
			return err
		}
	}
	return rows.Err()
}
