package audit

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// match holds rows against the seal in whose span they lie.
type match struct {
	walk *walk
	seal Seal
	// place is where the seal has an event, and found the hashes of those that are there.
	place map[uuid.UUID]int
	found [][]byte
	// strangers are those that it does not have: a late seal does, or none.
	strangers []stranger
}

type stranger struct {
	id uuid.UUID
	at time.Time
}

func newMatch(w *walk, s Seal) *match {
	m := &match{walk: w, seal: s, place: make(map[uuid.UUID]int, len(s.Events)), found: make([][]byte, len(s.Events))}
	for i, id := range s.Events {
		m.place[id] = i
	}
	return m
}

func (m *match) row(r row) {
	if i, ok := m.place[r.ID]; ok && m.found[i] == nil {
		m.found[i] = r.RowHash
		m.walk.report.Rows++
		if m.seal.Late {
			m.walk.report.Late++
		}
		m.walk.holds(r, m.seal.Seq)
		return
	}
	// Beyond the bound nothing is named any more, but counted.
	if len(m.strangers) < mostStrangers {
		m.strangers = append(m.strangers, stranger{r.ID, r.At})
		return
	}
	m.walk.report.Found++
}

// mostStrangers is how many events may come late in the span of one seal.
const mostStrangers = 100 * Batch

func (m *match) end(ctx context.Context) error {
	if err := m.sort(ctx); err != nil {
		return err
	}
	var missing []uuid.UUID
	h := newRowsHash()
	for i, id := range m.seal.Events {
		if m.found[i] == nil {
			missing = append(missing, id)
			continue
		}
		h.add(id, m.found[i])
	}
	s, r := m.seal, m.walk.report
	switch {
	case len(missing) == 0:
		if !bytes.Equal(h.Sum(nil), s.RowsHash) {
			r.add(Finding{What: RowsRewritten, Seal: s.Seq, From: &s.FromAt, To: &s.ToAt,
				Why: "its events are there, and one of them at least has another content or hash than when it was sealed; the log lines of this seal have the hashes"})
		}
		if r.First == 0 {
			r.First = s.Seq
		}
	case s.ToAt.Before(m.walk.droppable):
		r.Dropped += int64(len(missing))
		r.First = 0
	case len(missing) > mostNamed:
		named := make([]string, mostNamed)
		for i := range named {
			named[i] = missing[i].String()
		}
		r.add(Finding{What: RowMissing, Seal: s.Seq, From: &s.FromAt, To: &s.ToAt,
			Why: fmt.Sprintf("%d of its %d events are not there: %s, …", len(missing), s.Rows, strings.Join(named, ", "))})
	default:
		for _, id := range missing {
			r.add(Finding{What: RowMissing, Seal: s.Seq, Event: &id, From: &s.FromAt, To: &s.ToAt, Why: "it was sealed, and is not there"})
		}
	}
	return nil
}

// sort tells strangers that came late from those that nobody has sealed.
func (m *match) sort(ctx context.Context) error {
	for begin := 0; begin < len(m.strangers); begin += Batch {
		some := m.strangers[begin:min(begin+Batch, len(m.strangers))]
		all := make(ids, len(some))
		for i, s := range some {
			all[i] = s.id
		}
		var sealed []uuid.UUID
		err := m.walk.DB.NewRaw(`SELECT DISTINCT e.id FROM audit_seals AS s, unnest(s.events) AS e (id)
			WHERE s.late AND s.events && ?::uuid[] AND e.id = ANY (?::uuid[])`, all, all).Scan(ctx, &sealed)
		if err != nil {
			return fmt.Errorf("audit: late seals: %w", err)
		}
		late := make(map[uuid.UUID]bool, len(sealed))
		for _, id := range sealed {
			late[id] = true
		}
		for _, s := range some {
			m.judge(s, late[s.id])
		}
	}
	return nil
}

func (m *match) judge(s stranger, late bool) {
	if late {
		return
	}
	_, twice := m.place[s.id]
	if !twice && !s.at.Before(m.walk.last.SealedAt.Add(-Straggling)) {
		m.walk.report.Waiting++
		return
	}
	m.walk.report.add(Finding{What: RowAdded, Seal: m.seal.Seq, Event: &s.id, From: &s.at, To: &s.at,
		Why: "it lies where everything was sealed, and no seal has it"})
}
