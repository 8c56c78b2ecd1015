package intake

import (
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Formats of files.
const (
	JSONLines = "jsonl"
	CSV       = "csv"
)

// What is done with an account that is there already.
const (
	Skip   = "skip"
	Fail   = "fail"
	Update = "update"
)

// States.
const (
	// Open waits for content, or is being read.
	Open      = "open"
	Done      = "done"
	Cancelled = "cancelled"
	Failed    = "failed"
)

// Abandoned is the Trouble of an import whose file did not come to its end.
const Abandoned = "abandoned"

const (
	// Hold is how long somebody who reads may be silent.
	Hold = time.Minute
	// Keep is how long an import can be looked at after anything was done with it.
	Keep = 30 * 24 * time.Hour
	// Patience is how long an open import waits for the rest of its file.
	Patience = 24 * time.Hour
	// MaxFindings is how many lines may be wrong: a file with more is another file than
	// was meant.
	MaxFindings = 100_000
)

var (
	// ErrUnknown says that the tenant has no such import.
	ErrUnknown = errors.New("intake: unknown")
	// ErrHeld says that somebody else reads at this moment.
	ErrHeld = errors.New("intake: another upload is under way")
	// ErrOver says that the import is done, cancelled or failed.
	ErrOver = errors.New("intake: over")
	// ErrLost says that somebody else has taken over, or cancelled it.
	ErrLost = errors.New("intake: taken over or cancelled")
)

// Counts are what became of lines.
type Counts struct {
	Created int64 `bun:"created"`
	Updated int64 `bun:"updated"`
	Skipped int64 `bun:"skipped"`
	Failed  int64 `bun:"failed"`
}

// Import is one file.
type Import struct {
	bun.BaseModel `bun:"table:imports"`

	ID              uuid.UUID `bun:"id,pk"`
	TenantID        uuid.UUID `bun:"tenant_id"`
	Name            string    `bun:"name"`
	Format          string    `bun:"format"`
	DryRun          bool      `bun:"dry_run"`
	OnExisting      string    `bun:"on_existing"`
	SendInvitations bool      `bun:"send_invitations"`
	// Size is what the whole file weighs. It is done at that Position.
	Size int64 `bun:"size"`
	// Position and Line are how much is done.
	Position int64 `bun:"position"`
	Line     int64 `bun:"line"`
	// Reading is the state of a running SHA-256 of what is done.
	Reading []byte `bun:"reading"`
	// Columns are a CSV file's, once its header has been read.
	Columns []string `bun:"columns,array"`
	Counts
	State string `bun:"state"`
	// Trouble is the code of why it failed.
	Trouble string `bun:"trouble"`
	// Creator is the account or the client that may send content.
	Creator    string     `bun:"creator"`
	Runner     *uuid.UUID `bun:"runner"`
	HeldUntil  *time.Time `bun:"held_until"`
	CreatedAt  time.Time  `bun:"created_at"`
	UpdatedAt  time.Time  `bun:"updated_at"`
	FinishedAt *time.Time `bun:"finished_at"`
}

// Running reports whether somebody reads at that moment.
func (i Import) Running(now time.Time) bool {
	return i.State == Open && i.HeldUntil != nil && now.Before(*i.HeldUntil)
}

// Finding is what is to be said of a line: a code, and the field that it is about.
type Finding struct {
	Line  int64  `bun:"line"`
	Code  string `bun:"code"`
	Field string `bun:"field"`
}
