package intake

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/intake/lines"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/intake"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/tenant"
)

// run is an upload under way.
type run struct {
	*API
	intake.Import

	home   tenant.Tenant
	runner uuid.UUID
	// mailed says that invitations wait to leave.
	mailed bool
}

// batch is some records.
type batch struct {
	began    time.Time
	entries  []lines.Entry
	found    []intake.Finding
	trouble  string
	position int64
	columns  []string
	// made and changed are the ids of accounts, for the record.
	made, changed []uuid.UUID
	counts        intake.Counts
}

// fail says of a line why it is none.
func (b *batch) fail(line int64, faults ...lines.Fault) {
	for _, f := range faults {
		b.found = append(b.found, intake.Finding{Line: line, Code: f.Code, Field: f.Field})
	}
	b.counts.Failed++
}

// fill reads records until it is enough, and returns why it stopped before.
func (b *batch) fill(r *run, reader *lines.Reader) error {
	from := reader.Position
	b.columns = r.Columns
	for len(b.entries) < batchLines && reader.Position-from < batchBytes && b.trouble == "" && r.Clock.Now().Sub(b.began) < batchTime {
		record, err := reader.Next()
		if err != nil {
			return err
		}
		b.position = reader.Position
		b.take(r.Format, record)
	}
	return nil
}

func (b *batch) take(format string, record lines.Record) {
	if format == intake.CSV && len(b.columns) == 0 {
		columns, trouble := lines.Header(record)
		if b.columns, b.trouble = columns, trouble; trouble != "" {
			b.fail(record.Line, lines.Fault{Code: trouble})
		}
		return
	}
	if record.Fault != "" {
		b.fail(record.Line, lines.Fault{Code: record.Fault})
		return
	}
	if len(strings.TrimSpace(string(record.Text))) == 0 {
		return
	}
	read := lines.JSON
	if format == intake.CSV {
		read = lines.Columns(b.columns).Entry
	}
	entry, faults := read(record)
	if len(faults) > 0 {
		b.fail(record.Line, faults...)
		return
	}
	b.entries = append(b.entries, entry)
}

// commit does a batch, and says in the same transaction that it is done. It does so
// even if whoever sent it is gone.
func (r *run) commit(ctx context.Context, reader *lines.Reader, b *batch, last bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitWithin)
	defer cancel()
	state, err := reader.State()
	if err != nil {
		return err
	}
	next := r.Import
	err = postgres.InTx(ctx, r.DB, func(ctx context.Context, tx postgres.IDB) error {
		now := r.Clock.Now()
		store := intake.Store{DB: tx}
		if err := store.Own(ctx, r.ID, r.runner); err != nil {
			return err
		}
		if err := r.apply(ctx, tx, b, now); err != nil {
			return err
		}
		next.Position, next.Line, next.Reading, next.Columns = reader.Position, reader.Line, state, b.columns
		if next.Columns == nil {
			next.Columns = []string{}
		}
		next.Created, next.Updated = next.Created+b.counts.Created, next.Updated+b.counts.Updated
		next.Skipped, next.Failed = next.Skipped+b.counts.Skipped, next.Failed+b.counts.Failed
		next.Runner = &r.runner
		next.State, next.Trouble = stateAfter(next, b, last)
		if err := store.Advance(ctx, next, b.found, now); err != nil {
			return err
		}
		return r.record(ctx, tx, now, next, b)
	})
	if err != nil {
		return err
	}
	r.Import = next
	return nil
}

func stateAfter(i intake.Import, b *batch, last bool) (state, trouble string) {
	switch {
	case b.trouble != "":
		return intake.Failed, b.trouble
	case i.Failed > intake.MaxFindings:
		return intake.Failed, lines.FaultMany
	case last && i.Position >= i.Size:
		return intake.Done, ""
	}
	return intake.Open, ""
}

// record writes down whose accounts were made and changed, and at the end how many.
func (r *run) record(ctx context.Context, tx postgres.IDB, now time.Time, i intake.Import, b *batch) error {
	change := access.Change{Action: audit.ActionImported, Tenant: r.home.ID, Object: i.ID.String(), More: map[string]string{}}
	if i.State != intake.Open {
		change.More = countsOf(i)
		change.More["state"] = i.State
	}
	for name, ids := range map[string][]uuid.UUID{"made": b.made, "changed": b.changed} {
		if len(ids) > 0 {
			change.More[name] = joined(ids)
		}
	}
	if len(change.More) == 0 {
		return nil
	}
	return access.Record(ctx, tx, now, change)
}

func joined(ids []uuid.UUID) string {
	texts := make([]string, len(ids))
	for n, id := range ids {
		texts[n] = id.String()
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}
