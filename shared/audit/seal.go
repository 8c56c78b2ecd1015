package audit

import (
	"bytes"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

const (
	// Batch is how many events a seal covers at the most.
	Batch = 1000
	// Straggling is how long before a seal was made an event may lie that is found when
	// its place is sealed already. What comes later still stays uncovered, which a check
	// says.
	Straggling = 6 * time.Hour
)

// Seal covers events. Seals are numbered from 1 on, and each holds the hash of the one
// before.
type Seal struct {
	bun.BaseModel `bun:"table:audit_seals"`

	Seq int64 `bun:"seq"`
	// Late: its events came when their place was sealed already.
	Late bool `bun:"late"`
	// FromAt and ToAt are of its first and its last event, in one month.
	FromAt time.Time `bun:"from_at"`
	ToAt   time.Time `bun:"to_at"`
	// UntilAt and UntilID are how far the log is sealed: where the next one begins.
	UntilAt time.Time `bun:"until_at"`
	UntilID uuid.UUID `bun:"until_id"`
	Rows    int64     `bun:"rows"`
	// Total are its rows and those of all seals before.
	Total    int64  `bun:"total"`
	Events   ids    `bun:"events"`
	RowsHash []byte `bun:"rows_hash"`
	// KeptFrom is from when on events were kept (AUDIT_RETENTION) when it was made.
	KeptFrom time.Time `bun:"kept_from"`
	Previous []byte    `bun:"previous"`
	Hash     []byte    `bun:"hash"`
	SealedAt time.Time `bun:"sealed_at"`
}

const sealColumns = "seq, late, from_at, to_at, until_at, until_id, rows, total, events, rows_hash, kept_from, previous, hash, sealed_at"

// noHash is what the first seal has of the one before.
var noHash = make([]byte, sha256.Size)

// sum is what the hash has to be.
func (s Seal) sum() []byte {
	return digest(
		"authway audit seal 1", strconv.FormatInt(s.Seq, 10), strconv.FormatBool(s.Late), stamp(s.FromAt), stamp(s.ToAt),
		stamp(s.UntilAt), s.UntilID.String(), strconv.FormatInt(s.Rows, 10), strconv.FormatInt(s.Total, 10), string(s.RowsHash),
		stamp(s.KeptFrom), string(s.Previous), stamp(s.SealedAt),
	)
}

// follows is what the next seal has of this one, which may be none.
func (s Seal) follows() []byte {
	if s.Seq == 0 {
		return noHash
	}
	return s.Hash
}

// next is the seal of rows behind s, as of a moment.
func (s Seal) next(rows []row, late bool, now time.Time, keep time.Duration) Seal {
	first, last := rows[0], rows[len(rows)-1]
	n := Seal{
		Seq: s.Seq + 1, Late: late, FromAt: first.At, ToAt: last.At, UntilAt: last.At, UntilID: last.ID,
		Rows: int64(len(rows)), Total: s.Total + int64(len(rows)), Previous: s.follows(),
		SealedAt: later(now.UTC().Truncate(time.Microsecond), s.SealedAt),
	}
	if late {
		n.UntilAt, n.UntilID = s.UntilAt, s.UntilID
	}
	// What was dropped under a shorter retention does not come back under a longer one.
	n.KeptFrom = later(n.SealedAt.Add(-keep), s.KeptFrom)
	h := newRowsHash()
	for _, r := range rows {
		n.Events = append(n.Events, r.ID)
		h.add(r.ID, r.RowHash)
	}
	n.RowsHash = h.Sum(nil)
	n.Hash = n.sum()
	return n
}

// droppable is before when events may have been dropped by then: months are dropped
// whole.
func (s Seal) droppable() time.Time { return month(s.KeptFrom) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func month(at time.Time) time.Time {
	at = at.UTC()
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// ofOneMonth is the beginning of rows that lies in one month.
func ofOneMonth(rows []row) []row {
	for i, r := range rows {
		if !month(r.At).Equal(month(rows[0].At)) {
			return rows[:i]
		}
	}
	return rows
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// rowsHash is over the ids and the hashes of rows, in their order.
type rowsHash struct{ hash.Hash }

func newRowsHash() rowsHash { return rowsHash{sha256.New()} }

func (h rowsHash) add(id uuid.UUID, hash []byte) {
	_, _ = h.Write(id[:])
	_, _ = h.Write(hash)
}

// ids are an array of PostgreSQL's.
type ids []uuid.UUID

// Value is for the driver.
func (i ids) Value() (driver.Value, error) {
	texts := make([]string, len(i))
	for n, id := range i {
		texts[n] = id.String()
	}
	return "{" + strings.Join(texts, ",") + "}", nil
}

// Scan is for the driver.
func (i *ids) Scan(src any) error {
	var text string
	switch src := src.(type) {
	case string:
		text = src
	case []byte:
		text = string(src)
	default:
		return fmt.Errorf("audit: ids of type %T", src)
	}
	*i = nil
	text = strings.Trim(text, "{}")
	if text == "" {
		return nil
	}
	for each := range strings.SplitSeq(text, ",") {
		id, err := uuid.Parse(each)
		if err != nil {
			return fmt.Errorf("audit: ids: %w", err)
		}
		*i = append(*i, id)
	}
	return nil
}

// Line is an event as it leaves for the log of the process. It has what the database
// has, so that what is missing there is found here.
type Line struct {
	ID        uuid.UUID       `json:"id"`
	At        string          `json:"at"`
	TenantID  *uuid.UUID      `json:"tenant_id"`
	Action    string          `json:"action"`
	Outcome   string          `json:"outcome"`
	ActorKind string          `json:"actor_kind"`
	ActorID   string          `json:"actor_id"`
	SubjectID string          `json:"subject_id"`
	ClientID  string          `json:"client_id"`
	RequestID string          `json:"request_id"`
	IP        string          `json:"ip"`
	Detail    json.RawMessage `json:"detail"`
	RowHash   string          `json:"row_hash"`
	Seal      int64           `json:"seal"`
	Late      bool            `json:"late,omitempty"`
}

func (r row) line(s Seal) Line {
	return Line{
		ID: r.ID, At: stamp(r.At), TenantID: r.TenantID, Action: r.Action, Outcome: r.Outcome, ActorKind: r.ActorKind,
		ActorID: r.ActorID, SubjectID: r.SubjectID, ClientID: r.ClientID, RequestID: r.RequestID, IP: r.IP,
		Detail: r.Detail, RowHash: hex.EncodeToString(r.RowHash), Seal: s.Seq, Late: s.Late,
	}
}

// holds reports whether the row is what was written.
func (r row) holds() bool { return bytes.Equal(r.hash(), r.RowHash) }
