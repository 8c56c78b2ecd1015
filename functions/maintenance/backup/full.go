package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/replica"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/functions/maintenance/job"
)

// FullJob takes a base backup.
const FullJob = "backup.full"

// fullDeadline is for databases of some hundred gigabytes. What is longer than an
// event may take is run as a Job.
const fullDeadline = 6 * time.Hour

// dayHour is when a day begins for backups (UTC): a base backup is due then, and a
// copy of the configuration.
const dayHour = 2

// Full is due once a day from 02:00 UTC on, and whenever the youngest base backup
// cannot be continued to now.
func (r *Replicator) Full() job.Job {
	return job.Job{Name: FullJob, Deadline: fullDeadline, Due: r.fullDue, Now: r.can, Do: r.full}
}

func (r *Replicator) fullDue(ctx context.Context, now time.Time) (bool, error) {
	if !r.Replicates() {
		return false, nil
	}
	c, err := catalog.Read(ctx, r.Store)
	if err != nil || len(c.Backups) == 0 {
		return err == nil, err
	}
	youngest := c.Backups[len(c.Backups)-1]
	if youngest.Began.Before(lastHour(now, dayHour)) {
		return true, nil
	}
	return !leadsOn(c), nil
}

func (r *Replicator) full(ctx context.Context) (string, error) {
	conn, err := r.Connect(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	system, err := conn.Identify(ctx)
	if err != nil {
		return "", err
	}
	superuser, err := r.Beat.Superuser(ctx)
	if err != nil {
		return "", err
	}
	if err := r.belongs(ctx, conn); err != nil {
		return "", err
	}
	// Before the base backup: from its start on no WAL may be lost.
	if _, err := r.slot(ctx, conn); err != nil {
		return "", err
	}
	began := r.Clock.Now().UTC()
	b := catalog.Backup{ID: wal.Stamp(began), Began: began, System: system.ID, Superuser: superuser, Server: conn.Server, Segment: conn.Segment}
	base, err := conn.BaseBackup(ctx, func(done, total int64) { job.Progress(ctx, done, total+1) }, func(a replica.Archive) error {
		f, err := r.file(ctx, b, a)
		b.Files = append(b.Files, f)
		return err
	})
	if err != nil {
		return "", err
	}
	b.Timeline, b.Start, b.Stop = base.Timeline, base.Start, base.Stop
	if err := whole(b, base); err != nil {
		return "", err
	}
	if b.Consistent, err = r.Beat.Mark(ctx); err != nil {
		return "", err
	}
	if err := r.drainThrough(ctx, b); err != nil {
		return "", err
	}
	b.Ended = r.Clock.Now().UTC()
	if err := r.describe(ctx, b); err != nil {
		return "", err
	}
	r.note(ctx, r.Noted.Full(ctx, r.Slot, b.Ended, b.Bytes(), b.Consistent))
	return fmt.Sprintf("base backup %s is whole: %d files, %d bytes stored, WAL from %s to %s", b.ID, len(b.Files), b.Bytes(), b.Start, b.Stop), nil
}

// file stores one file of a base backup.
func (r *Replicator) file(ctx context.Context, b catalog.Backup, a replica.Archive) (catalog.File, error) {
	f := catalog.File{Name: a.Name, Tablespace: a.Tablespace}
	if !catalog.ValidFile(f.Name) {
		return f, fmt.Errorf("backup: the server sends an archive called %q", f.Name)
	}
	if f.Name == catalog.Main {
		f.Tablespace = ""
	}
	err := r.Store.Write(ctx, b.Key(f.Name), func(w io.Writer) error {
		sealed, err := envelope.Seal(w, r.Recipients)
		if err != nil {
			return err
		}
		if f.Bytes, err = io.Copy(sealed, a); err != nil {
			return err
		}
		if err := sealed.Close(); err != nil {
			return err
		}
		f.Size, f.SHA256 = sealed.Size(), sealed.SHA256()
		return nil
	})
	return f, err
}

// whole checks that everything that was announced has come.
func whole(b catalog.Backup, base replica.Base) error {
	wanted := []string{catalog.Main, catalog.Manifest}
	for oid := range base.Tablespaces {
		wanted = append(wanted, oid+".tar")
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(b.Files, func(f catalog.File) bool { return f.Name == name }) {
			return fmt.Errorf("backup: the server has sent no %s", name)
		}
	}
	if len(b.Files) != len(wanted) {
		return fmt.Errorf("backup: the server has sent %d files where %d were announced", len(b.Files), len(wanted))
	}
	return nil
}

// drainThrough drains until the WAL that a base backup needs is stored. Somebody
// else may be at the slot, who stores it just as well, but one cannot tell how far.
func (r *Replicator) drainThrough(ctx context.Context, b catalog.Backup) error {
	// The first connection may have stood idle for hours.
	conn, err := r.Connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		d, err := r.drain(ctx, conn)
		switch {
		case err == nil && d.timeline != b.Timeline:
			return fmt.Errorf("backup: the server changed from timeline %d to %d during the base backup: take another one", b.Timeline, d.timeline)
		case err == nil && d.to < b.Stop:
			return fmt.Errorf("backup: WAL is stored up to %s, and the base backup needs it up to %s", d.to, b.Stop)
		case err == nil:
			return r.holds(ctx, conn.Segment, b.Timeline, b.Start, b.Stop)
		case !errors.Is(err, replica.ErrBusy):
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(r.Retry):
		}
	}
}

// errHole: the slot was lost or dropped meanwhile.
var errHole = errors.New("backup: the server removed WAL that the base backup needs: raise max_slot_wal_keep_size")

// holds is an error unless the store has the WAL from start to stop, whoever has
// put it there.
func (r *Replicator) holds(ctx context.Context, size wal.Size, t wal.Timeline, start, stop wal.LSN) error {
	next := size.Number(start)
	for found, err := range r.Store.List(ctx, wal.SegmentPrefix(t)) {
		if err != nil {
			return err
		}
		o, err := wal.ParseKey(found.Key)
		switch {
		case err != nil || o.Size != size || o.Number < next:
		case o.Number > next:
			return errHole
		case o.End() >= stop:
			return nil
		case o.Whole():
			next++
		}
	}
	return errHole
}

// describe makes the backup count.
func (r *Replicator) describe(ctx context.Context, b catalog.Backup) error {
	return r.Store.Write(ctx, b.Key(catalog.Description), func(w io.Writer) error {
		to := json.NewEncoder(w)
		to.SetIndent("", "  ")
		return to.Encode(b)
	})
}
