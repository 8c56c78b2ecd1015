package load_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/tests/harness"
)

// rowsOfData take a GiB. They are those of pgbench's accounts, and compress as well,
// about 20:1.
const rowsOfData = 7_900_000

// copies is how many base backups are made by each.
const copies = 3

// BenchmarkBaseBackup compares a base backup, compressed, encrypted and stored in a
// directory, with that of PostgreSQL's own program, which compresses as much and
// encrypts nothing. The budgets: at least 0.4 x its speed, and at most 64 MiB of
// memory.
func BenchmarkBaseBackup(b *testing.B) {
	db := harness.NewDatabase(b)
	owner, super := db.Owner(b), db.Superuser(b)
	for _, statement := range []string{
		fmt.Sprintf(`CREATE TABLE load_rows AS SELECT aid, (aid - 1) / 100000 + 1 AS bid, 0 AS abalance, ''::char(84) AS filler
			FROM generate_series(1, %d) aid`, rowsOfData),
		"VACUUM load_rows",
	} {
		if _, err := owner.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	var size float64
	if err := super.NewRaw("SELECT sum(pg_database_size(oid)) / 1048576 FROM pg_database").Scan(b.Context(), &size); err != nil {
		b.Fatal(err)
	}
	own, theirs := newOwnBackup(b, db), newTheirBackup(b, db)
	for b.Loop() {
		var took, their []float64
		var peak float64
		for range copies {
			d, _ := theirs.run(b)
			their = append(their, d.Seconds())
			d, memory := own.run(b)
			took, peak = append(took, d.Seconds()), max(peak, memory)
		}
		b.Logf("seconds: pg_basebackup %.2f, own %.2f", their, took)
		b.ReportMetric(median(their)/median(took), "x-pg_basebackup")
		b.ReportMetric(size/median(their), "pg_basebackup-MiB/s")
		b.ReportMetric(size/median(took), "MiB/s")
		b.ReportMetric(size, "MiB")
		b.ReportMetric(peak, "peak-MiB")
	}
}

// program is one that makes base backups: each into a folder of its own, which is
// removed afterwards.
type program struct {
	path     string
	settings []string
	args     func(dir string) (args, settings []string)
	// done says whether what it wrote is a base backup.
	done func(dir string) bool
}

func newTheirBackup(b *testing.B, db harness.Database) program {
	b.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_basebackup")
	if path, err := exec.LookPath("pg_basebackup"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		b.Fatal("there is no pg_basebackup here: install PostgreSQL's client programs")
	}
	return program{
		path: found[0],
		args: func(dir string) ([]string, []string) {
			return []string{"-d", db.ReplicationURL(), "-Ft", "--compress=client-zstd:1", "-X", "none", "-D", dir, "--checkpoint=fast"}, nil
		},
		done: func(dir string) bool {
			_, err := os.Stat(filepath.Join(dir, "backup_manifest"))
			return err == nil
		},
	}
}

// newOwnBackup is the program that is deployed.
func newOwnBackup(b *testing.B, db harness.Database) program {
	b.Helper()
	path := filepath.Join(b.TempDir(), "maintenance")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", path, "github.com/authway/authway/functions/maintenance/cmd/maintenance")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	_, recipient, err := envelope.Pair()
	if err != nil {
		b.Fatal(err)
	}
	return program{
		path: path,
		settings: []string{
			"AUTHWAY_URL=http://127.0.0.1:1", "HYDRA_ADMIN_URL=http://127.0.0.1:1", "HYDRA_PUBLIC_URL=http://127.0.0.1:1",
			"SMTP_URL=smtp://127.0.0.1:1", "AUTHWAY_MASTER_KEYS=" + harness.MasterKey(), "DATABASE_URL=" + db.URL("maintenance"),
			"BACKUP_DATABASE_URL=" + db.ReplicationURL(), "BACKUP_RECIPIENT=" + recipient,
		},
		// In an empty store one is due.
		args: func(dir string) ([]string, []string) {
			return []string{"run", "backup.full"}, []string{"BACKUP_URL=file://" + dir}
		},
		done: func(dir string) bool {
			found, _ := filepath.Glob(filepath.Join(dir, "base", "*", "backup.json"))
			return len(found) == 1
		},
	}
}

// run says how long it took, and how much memory it had at most, in MiB.
func (p program) run(b *testing.B) (time.Duration, float64) {
	b.Helper()
	dir, err := os.MkdirTemp("", "base-backup-")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	args, settings := p.args(dir)
	var said bytes.Buffer
	process := exec.CommandContext(b.Context(), p.path, args...)
	process.Env, process.Stdout, process.Stderr = slices.Concat(p.settings, settings), &said, &said
	began := time.Now()
	if err := process.Start(); err != nil {
		b.Fatal(err)
	}
	ended, peak := make(chan struct{}), make(chan float64)
	go func() { peak <- watch(process.Process.Pid, ended) }()
	err = process.Wait()
	took := time.Since(began)
	close(ended)
	most := <-peak
	if err != nil || !p.done(dir) {
		b.Fatalf("%s: %v\n%s", filepath.Base(p.path), err, said.String())
	}
	return took, most
}

var mark = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// watch reads a process's highest mark until it has ended. What the system says at
// its end would count what the tests had when they started it.
func watch(pid int, ended <-chan struct{}) (most float64) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return most
		case <-tick.C:
		}
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if m := mark.FindSubmatch(raw); m != nil {
			if kilobytes, err := strconv.ParseFloat(string(m[1]), 64); err == nil {
				most = max(most, kilobytes/1024)
			}
		}
	}
}
