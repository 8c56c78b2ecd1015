package recovery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Witness is what a database said of a time that was over. A copy of a later moment
// says the same of it.
type Witness struct {
	// Since and Until bound the audit log's part; accounts and credentials are all from
	// before Until.
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`

	Accounts    int64 `json:"accounts"`
	Credentials int64 `json:"credentials"`
	// Purged are accounts that were removed from Until on.
	Purged int64 `json:"purged"`
	// Events are rows of the audit log, and SHA256 a hash over all of them in order.
	Events int64  `json:"events"`
	SHA256 string `json:"sha256"`
}

// The part of the audit log that is looked at, and how long before now it ends:
// what is still being written then is not in it.
const (
	witnessed = 24 * time.Hour
	settled   = time.Minute
)

// Hear asks a database about the day before now.
func Hear(ctx context.Context, db *bun.DB, now time.Time) (Witness, error) {
	until := now.Add(-settled).UTC().Truncate(time.Microsecond)
	return hear(ctx, db, until.Add(-witnessed), until)
}

func hear(ctx context.Context, db *bun.DB, since, until time.Time) (Witness, error) {
	w := Witness{Since: since, Until: until}
	err := db.NewRaw("SELECT accounts, credentials, purged, events, events_sha256 FROM recovery_witness(?, ?)", since, until).
		Scan(ctx, &w.Accounts, &w.Credentials, &w.Purged, &w.Events, &w.SHA256)
	if err != nil {
		return Witness{}, fmt.Errorf("recovery: witness: %w", err)
	}
	return w, nil
}

// Confront asks a copy of a later moment the same. What it says is returned with an
// error when rows of the audit log are missing or are not what they were, or more
// accounts are missing than were removed.
func (w Witness) Confront(ctx context.Context, db *bun.DB) (Witness, error) {
	now, err := hear(ctx, db, w.Since, w.Until)
	if err != nil {
		return Witness{}, err
	}
	var wrong []error
	if now.Events != w.Events {
		wrong = append(wrong, fmt.Errorf("recovery: %d rows of the audit log from %s to %s, and there were %d",
			now.Events, w.Since.Format(time.RFC3339), w.Until.Format(time.RFC3339), w.Events))
	} else if now.SHA256 != w.SHA256 {
		wrong = append(wrong, fmt.Errorf("recovery: the audit log from %s to %s is not what it was", w.Since.Format(time.RFC3339), w.Until.Format(time.RFC3339)))
	}
	if missing := w.Accounts - now.Accounts; missing > now.Purged-w.Purged {
		wrong = append(wrong, fmt.Errorf("recovery: %d accounts are missing, and %d were removed", missing, now.Purged-w.Purged))
	}
	return now, errors.Join(wrong...)
}
