package backup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/problem"
)

// VerifyJob reads backups back.
const VerifyJob = "backup.verify"

const (
	verifyDeadline = 9 * time.Minute
	// verifyEvery is a day, less what an event may be early or late.
	verifyEvery = 20 * time.Hour
)

// Verifier reads backups back: that they are there, and are what was written. With
// identities it opens them too, and looks at every file and every page of WAL.
type Verifier struct {
	// Store is nil where no backups are kept.
	Store *store.Store
	// Identities are empty where backups are made: they cannot be opened there.
	Identities envelope.Identities
	Clock      clock.Clock
	// Since is the last time that the job succeeded, or the zero time.
	Since func(ctx context.Context) (time.Time, error)
	Log   *slog.Logger
}

// What is wrong with an object.
const (
	Missing    = "missing"
	Damaged    = "damaged"
	WrongKey   = "wrong key"
	Hole       = "gap"
	Unreadable = "unreadable"
)

// Finding is something that is wrong.
type Finding struct {
	// Name is of an object in the store, or PostgreSQL's name of a segment that is not
	// there.
	Name string
	// What is Missing, Damaged, WrongKey, Hole or Unreadable.
	What string
	// Why says it in words.
	Why string
}

func (f Finding) String() string { return f.What + ": " + f.Name + ": " + f.Why }

// Report is what was looked at and found.
type Report struct {
	Backups, Segments, Bundles int
	// Bytes were read from the store.
	Bytes int64
	// Opened: they were decrypted, and not only hashed.
	Opened   bool
	Findings []Finding
}

func (r Report) String() string {
	how := "hashes"
	if r.Opened {
		how = "contents"
	}
	return fmt.Sprintf("read back %d base backups, %d objects of WAL and %d copies of the configuration, %d bytes: %s as written",
		r.Backups, r.Segments, r.Bundles, r.Bytes, how)
}

// mostNamed bounds the findings that an error names.
const mostNamed = 10

// Err is nil when nothing was found.
func (r Report) Err() error {
	if len(r.Findings) == 0 {
		return nil
	}
	var said []string
	for _, f := range r.Findings[:min(len(r.Findings), mostNamed)] {
		said = append(said, f.What+": "+f.Name)
	}
	if more := len(r.Findings) - mostNamed; more > 0 {
		said = append(said, fmt.Sprintf("and %d more", more))
	}
	return errors.New("backup: backups are not what they should be (take a new one with maintenance run backup.full --now): " + strings.Join(said, ", "))
}

// Job is backup.verify.
func (v Verifier) Job() job.Job {
	return job.Job{Name: VerifyJob, Deadline: verifyDeadline, Due: v.due, Do: v.do}
}

func (v Verifier) due(ctx context.Context, now time.Time) (bool, error) {
	if v.Store == nil {
		return false, nil
	}
	last, err := v.Since(ctx)
	if err != nil || now.Sub(last) <= verifyEvery {
		return false, err
	}
	// Of a store without backups nothing can be said, and it would not be looked at again
	// today. It may hold what others put there, such as signatures of the audit log.
	for _, prefix := range []string{catalog.BasePrefix, catalog.ConfigPrefix, wal.Prefix} {
		for _, err := range v.Store.List(ctx, prefix) {
			return err == nil, err
		}
	}
	return false, nil
}

func (v Verifier) do(ctx context.Context) (string, error) {
	r, err := v.Check(ctx, false)
	if err != nil {
		return "", err
	}
	return r.String(), r.Err()
}

// Check reads back the youngest base backup, all WAL from its start, the youngest
// copy of the configuration and one older base backup, another one each day; all is
// everything. The error is that it could not be done; what is wrong with backups is
// in the report. No memory is taken for contents but buffers.
func (v Verifier) Check(ctx context.Context, all bool) (Report, error) {
	c, err := catalog.Read(ctx, v.Store)
	if err != nil {
		return Report{}, err
	}
	k := &check{store: v.Store, identities: v.Identities, catalog: c, found: func(f Finding) {
		v.Log.ErrorContext(ctx, "backup verify", "finding", f.What, "name", f.Name, "why", problem.Redact(f.Why))
	}}
	k.report.Opened = len(v.Identities) > 0
	k.listed()
	work := chosen(c, v.Clock.Now(), all)
	k.total = work.bytes()
	if err := k.read(ctx, work); err != nil {
		return k.report, err
	}
	job.Progress(ctx, 1, 1)
	return k.report, nil
}

// turns is after how many days the ages of what is read begin anew. It is odd, and
// no more than the days for which base backups are kept: see older.
const turns = 29

// older chooses one of the base backups but the youngest. Each day it looks for one
// that is a day younger than the one of the day before was then, so that its choice
// moves on by two days each day. With one backup a day each is read once in its life.
func older(all []catalog.Backup, now time.Time) (catalog.Backup, bool) {
	if len(all) < 2 {
		return catalog.Backup{}, false
	}
	const day = 24 * time.Hour
	age := time.Duration(turns-now.Unix()/int64(day/time.Second)%turns) * day
	distance := func(b catalog.Backup) time.Duration { return now.Add(-age).Sub(b.Began).Abs() }
	return slices.MinFunc(all[:len(all)-1], func(a, b catalog.Backup) int {
		return int(min(max(distance(a)-distance(b), -1), 1))
	}), true
}
