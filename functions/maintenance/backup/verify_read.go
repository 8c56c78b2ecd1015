package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/manifest"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/functions/maintenance/job"
)

// work is what a check reads.
type work struct {
	backups  []catalog.Backup
	segments []wal.Object
	bundles  []catalog.Bundle
}

// chosen is the work of a day, or all that there is.
func chosen(c *catalog.Catalog, now time.Time, all bool) work {
	if all {
		return work{backups: c.Backups, segments: c.Segments(), bundles: c.Bundles}
	}
	var w work
	if n := len(c.Backups); n > 0 {
		w.backups = c.Backups[n-1:]
		if b, ok := older(c.Backups, now); ok {
			w.backups = append(slices.Clone(w.backups), b)
		}
	}
	// What cannot be planned is among the findings as a gap.
	if p, err := c.Plan(time.Time{}, 0); err == nil {
		w.segments = p.Segments
	}
	if n := len(c.Bundles); n > 0 {
		w.bundles = c.Bundles[n-1:]
	}
	return w
}

// bytes is a measure of the work: of WAL what is inside.
func (w work) bytes() (sum int64) {
	for _, b := range w.backups {
		sum += b.Bytes()
	}
	for _, o := range w.segments {
		sum += int64(o.Used)
	}
	return sum
}

// check is one run.
type check struct {
	store       *store.Store
	identities  envelope.Identities
	catalog     *catalog.Catalog
	found       func(Finding)
	report      Report
	done, total int64
}

func (k *check) add(name, what, why string) {
	f := Finding{Name: name, What: what, Why: why}
	k.report.Findings = append(k.report.Findings, f)
	k.found(f)
}

// listed adds what the catalog knows without reading anything.
func (k *check) listed() {
	for _, d := range k.catalog.Damaged {
		name, why, _ := strings.Cut(d, ": ")
		k.add(name, Damaged, why)
	}
	for _, g := range k.catalog.Gaps() {
		why := "is not there, or not whole: no moment after " + g.After.UTC().Format(time.RFC3339) + " can be restored"
		if !g.Before.IsZero() {
			why += " before " + g.Before.UTC().Format(time.RFC3339)
		}
		if g.Backup != "" {
			why = "is not there, or not whole: the base backup " + g.Backup + " cannot be restored without it"
		}
		k.add(g.Missing, Hole, why)
	}
}

// read reads the work. It goes on after a finding, and ends when the context does.
func (k *check) read(ctx context.Context, w work) error {
	for _, b := range w.backups {
		if err := k.backup(ctx, b); err != nil {
			return err
		}
		k.report.Backups++
	}
	for _, o := range w.segments {
		before := k.done
		o, err := k.current(ctx, o)
		if err != nil {
			return err
		}
		if err := k.object(ctx, o.Key(), o.SHA256, -1, func(r io.Reader) error { return k.pages(r, o) }); err != nil {
			return err
		}
		k.done = before + int64(o.Used)
		k.report.Segments++
	}
	for _, b := range w.bundles {
		if err := k.object(ctx, b.Key(), b.SHA256, -1, nil); err != nil {
			return err
		}
		k.report.Bundles++
	}
	return nil
}

// backup reads a base backup: its manifest first, and what it names then.
func (k *check) backup(ctx context.Context, b catalog.Backup) error {
	var m *manifest.Manifest
	before := len(k.report.Findings)
	for _, f := range manifestFirst(b.Files) {
		inside := func(r io.Reader) (err error) {
			counted := &counter{r: r}
			switch {
			case f.Name == catalog.Manifest:
				m, err = manifest.Parse(counted)
			case m != nil:
				err = m.Archive(counted, tablespace(f.Name), nil)
			}
			if err == nil {
				_, err = io.Copy(io.Discard, counted)
			}
			if err == nil && counted.n != f.Bytes {
				err = fmt.Errorf("%w: %d bytes are inside, and %d were written", errContents, counted.n, f.Bytes)
			}
			return err
		}
		if err := k.object(ctx, b.Key(f.Name), f.SHA256, f.Size, inside); err != nil {
			return err
		}
	}
	if m == nil || len(k.report.Findings) > before {
		return nil
	}
	if lost := m.Missing(); len(lost) > 0 {
		k.add(b.Key(catalog.Main), Damaged, fmt.Sprintf("%d files of the manifest are in no archive, %s first", len(lost), lost[0]))
	}
	return nil
}

// manifestFirst is the files in the order in which they have to be read.
func manifestFirst(files []catalog.File) []catalog.File {
	ordered := slices.Clone(files)
	slices.SortStableFunc(ordered, func(a, b catalog.File) int {
		switch {
		case a.Name == b.Name:
			return 0
		case a.Name == catalog.Manifest:
			return -1
		case b.Name == catalog.Manifest:
			return 1
		}
		return 0
	})
	return ordered
}

// tablespace is where the files of an archive are in the data directory.
func tablespace(name string) string {
	if name == catalog.Main {
		return ""
	}
	return "pg_tblspc/" + strings.TrimSuffix(name, ".tar")
}

// errContents: what is inside is not what was sealed.
var errContents = errors.New("not the contents that were written")

// object reads an object to its end and compares hash and length (-1: not known);
// with identities inside reads what is in it.
func (k *check) object(ctx context.Context, key, sum string, size int64, inside func(io.Reader) error) error {
	stored, err := k.store.Read(ctx, key)
	if err != nil {
		return k.failed(ctx, key, err)
	}
	defer func() { _ = stored.Close() }()
	r := &hashed{ctx: ctx, r: stored, sum: sha256.New(), tell: func(n int) {
		k.done, k.report.Bytes = k.done+int64(n), k.report.Bytes+int64(n)
		job.Progress(ctx, k.done, k.total)
	}}
	var wrong error
	if len(k.identities) > 0 {
		wrong = k.open(r, inside)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return k.failed(ctx, key, err)
	}
	switch is := hex.EncodeToString(r.sum.Sum(nil)); {
	case is != sum || size >= 0 && r.n != size:
		k.add(key, Damaged, "it is not the object that was written")
	case errors.Is(wrong, envelope.ErrIdentity):
		k.add(key, WrongKey, wrong.Error())
	case wrong != nil:
		k.add(key, Damaged, wrong.Error())
	}
	return nil
}

func (k *check) open(r io.Reader, inside func(io.Reader) error) error {
	content, err := envelope.Open(r, k.identities)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	if inside != nil {
		if err := inside(content); err != nil {
			return err
		}
	}
	_, err = io.Copy(io.Discard, content)
	return err
}

// current is the segment as it is stored now: while others were read, a drain may
// have stored more of it under another name, and removed this one.
func (k *check) current(ctx context.Context, o wal.Object) (wal.Object, error) {
	if o.Whole() {
		return o, nil
	}
	there, err := segment(ctx, k.store, o.Timeline, o.Size, o.Number)
	if err != nil {
		return o, err
	}
	if slices.Contains(there, o) {
		return o, nil
	}
	for _, longer := range there {
		if longer.Used >= o.Used {
			o = longer
		}
	}
	return o, nil
}

// failed is a finding, unless it is the check that ends.
func (k *check) failed(ctx context.Context, key string, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, store.ErrAbsent):
		k.add(key, Missing, "it is not in the store")
	default:
		k.add(key, Unreadable, err.Error())
	}
	return nil
}

// hashed hashes and counts what is read, as long as there is time: a directory does
// not ask.
type hashed struct {
	ctx  context.Context
	r    io.Reader
	sum  hash.Hash
	n    int64
	tell func(int)
}

func (h *hashed) Read(p []byte) (int, error) {
	if h.ctx.Err() != nil {
		return 0, context.Cause(h.ctx)
	}
	n, err := h.r.Read(p)
	h.sum.Write(p[:n])
	h.n += int64(n)
	h.tell(n)
	return n, err
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
