package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/shared/clock"
)

// As if the real store's first base backup were over a month old: it goes, with the
// WAL that only it needs, and what is left is whole.
func TestPrune(t *testing.T) {
	t.Parallel()
	v, dir, _ := verifier(t)
	c, err := catalog.Read(t.Context(), v.Store)
	if err != nil {
		t.Fatal(err)
	}
	reach := c.Windows()[1].To
	p := Pruner{Store: v.Store, Keep: catalog.Keep{}, Clock: clock.NewFixed(reach.Add(time.Hour))}
	if due, err := p.Job().Due(t.Context(), p.Clock.Now()); err != nil || !due {
		t.Fatalf("due: %v, %v", due, err)
	}
	said, err := p.Job().Do(t.Context())
	if err != nil || !strings.HasPrefix(said, "removed 1 base backups, ") || strings.Contains(said, " 0 objects of WAL") {
		t.Errorf("got %q, %v", said, err)
	}
	if due, err := p.Job().Due(t.Context(), p.Clock.Now()); err != nil || due {
		t.Errorf("due again: %v, %v", due, err)
	}
	after, err := catalog.Read(t.Context(), v.Store)
	if err != nil || len(after.Backups) != 1 || after.Backups[0].ID != c.Backups[1].ID || !after.Windows()[0].To.Equal(reach) {
		t.Errorf("got %v, %v", after.Backups, err)
	}
	if r, err := v.Check(t.Context(), true); err != nil || r.Err() != nil {
		t.Errorf("got %v, %v", r.Findings, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "base", c.Backups[0].ID, "*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// What cannot be removed ends it: what would come next counts on its being gone.
func TestPruneEndsWithTheFirstFailure(t *testing.T) {
	t.Parallel()
	v, dir, _ := verifier(t)
	c, err := catalog.Read(t.Context(), v.Store)
	if err != nil {
		t.Fatal(err)
	}
	p := Pruner{Store: v.Store, Keep: catalog.Keep{}, Clock: clock.NewFixed(c.Windows()[1].To)}
	names := c.Surplus(p.Clock.Now(), p.Keep)
	over, end := context.WithCancel(t.Context())
	end()
	if _, err := p.Job().Do(over); !errors.Is(err, context.Canceled) {
		t.Errorf("when time is over: got %v", err)
	}
	// A directory with something in it is not removed as a file is.
	second := filepath.Join(dir, names[1])
	if err := errors.Join(os.Remove(second), os.MkdirAll(filepath.Join(second, "x"), 0o700)); err != nil {
		t.Fatal(err)
	}
	said, err := p.remove(t.Context(), names)
	if err == nil || !strings.HasPrefix(said, "removed 1 base backups, 0 objects of WAL") {
		t.Errorf("got %q, %v", said, err)
	}
	for _, name := range names[2:] {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
}

func TestPruneWithoutAStore(t *testing.T) {
	t.Parallel()
	if due, err := (Pruner{}).Job().Due(t.Context(), time.Now()); due || err != nil {
		t.Errorf("got %v, %v", due, err)
	}
}
