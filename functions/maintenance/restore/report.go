package restore

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
)

// moment is how times are told: in UTC, as far as PostgreSQL counts.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999Z07:00") }

// size is a length for people.
func size(n int64) string {
	unit, units := float64(n), []string{"bytes", "kB", "MB", "GB", "TB"}
	for len(units) > 1 && unit >= 1000 {
		unit, units = unit/1000, units[1:]
	}
	if units[0] == "bytes" {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", unit, units[0])
}

// list says what can be restored.
func list(c *catalog.Catalog, out io.Writer) error {
	var b strings.Builder
	for _, w := range c.Windows() {
		fmt.Fprintf(&b, "from %s to %s  (base backup %s, timeline %d)\n", moment(w.From), moment(w.To), w.Backup, w.Timeline)
		if w.Gap != "" {
			fmt.Fprintf(&b, "  it ends there because the WAL %s is missing\n", w.Gap)
		}
	}
	for _, k := range c.Backups {
		fmt.Fprintf(&b, "base backup %s  of PostgreSQL %s, %s stored\n", k.ID, k.Server, size(k.Bytes()))
		for _, f := range k.Files {
			if f.Tablespace != "" {
				fmt.Fprintf(&b, "  tablespace %s was in %s\n", oidOf(f), f.Tablespace)
			}
		}
	}
	for _, k := range c.Bundles {
		fmt.Fprintf(&b, "configuration of %s\n", moment(k.Taken))
	}
	for _, name := range c.Damaged {
		fmt.Fprintf(&b, "damaged: %s\n", name)
	}
	fmt.Fprintf(&b, "%d base backups, %d bundles of the configuration\n", len(c.Backups), len(c.Bundles))
	_, err := io.WriteString(out, b.String())
	return err
}

// report says what was restored, and what was not.
func report(r Result, to string, out io.Writer) error {
	var b strings.Builder
	last := "no transaction has committed after the base backup"
	if !r.LastCommit.IsZero() {
		last = "the last transaction in it committed at " + moment(r.LastCommit)
	}
	if r.Target.IsZero() {
		fmt.Fprintf(&b, "restored as far as the backups go: %s\n", last)
		fmt.Fprintf(&b, "everything up to %s is in it; what committed later may be lost\n", moment(r.Reached))
	} else {
		if !r.LastCommit.IsZero() {
			last += fmt.Sprintf(", %s before", r.Target.Sub(r.LastCommit).Round(time.Millisecond))
		}
		fmt.Fprintf(&b, "restored to %s: %s; nothing after it is in it\n", moment(r.Target), last)
		fmt.Fprintf(&b, "the backups go on to %s: %s are left out\n", moment(r.Reached), r.Reached.Sub(r.Target).Round(time.Second))
	}
	for _, d := range r.Databases {
		fmt.Fprintf(&b, "database %s, %s\n", d.Name, size(d.Bytes))
	}
	fmt.Fprintf(&b, "base backup %s and its WAL, %s, were fetched in %s and recovered in %s\n",
		r.Backup.ID, size(r.Bytes), r.Fetched.Round(time.Millisecond), r.Recovered.Round(time.Millisecond))
	fmt.Fprintf(&b, "it is in %s, stopped, with the configuration that was in the data directory. It is on timeline %d now:\n"+
		"start it, and take a base backup at once (maintenance run backup.full --now)\n", to, r.Timeline)
	_, err := io.WriteString(out, b.String())
	return err
}

// teller says how far a restore is, in tenths: a line for each suits a terminal
// and a log.
type teller struct {
	to    io.Writer
	stage string
	tenth int64
}

func (t *teller) tell(stage string, done, total int64) {
	tenth := int64(10)
	if total > 0 {
		tenth = min(10, 10*done/total)
	}
	if stage == t.stage && tenth == t.tenth {
		return
	}
	t.stage, t.tenth = stage, tenth
	_, _ = fmt.Fprintf(t.to, "%s: %d%% of %s\n", stage, 10*tenth, size(total))
}
