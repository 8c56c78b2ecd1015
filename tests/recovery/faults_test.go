package recovery_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/tests/harness"
)

// moments is how often backups are cut off.
const moments = 20

// random is a source that a failing test can be repeated with.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// survivor writes rows while a test does something to backups, and knows at the end
// what has to come back.
type survivor struct {
	*vault
	database string
	ledger   *ledger
	entries  []entry
}

func newSurvivor(t *testing.T, address string) *survivor {
	t.Helper()
	db := harness.NewDatabase(t)
	s := &survivor{vault: ofDatabase(t, db, address), database: db.Name()}
	s.ledger = newLedger(t, s.db)
	return s
}

// mark remembers a moment.
func (s *survivor) mark() { s.entries = append(s.entries, s.ledger.now(s.t)) }

// comesBack restores some of the moments, and the first and the last that there are.
func (s *survivor) comesBack(chance *rand.Rand, n int) {
	s.t.Helper()
	windows := s.sound().Windows()
	var can []entry
	for _, e := range s.entries {
		for _, w := range windows {
			if !e.at.Before(w.From) && !e.at.After(w.To) {
				can = append(can, e)
				break
			}
		}
	}
	if len(can) < n {
		s.t.Fatalf("of %d moments %d can be restored: %+v", len(s.entries), len(can), windows)
	}
	chance.Shuffle(len(can), func(i, j int) { can[i], can[j] = can[j], can[i] })
	for _, e := range can[:n] {
		s.ledger.holds(s.t, s.restore(e.at).database(s.database), e)
	}
}

func TestBackupsThatWereKilled(t *testing.T) {
	t.Parallel()
	chance := random(t)
	s := newSurvivor(t, "file://"+t.TempDir())
	whole := map[string]time.Duration{}
	for _, job := range []string{backup.FullJob, backup.IncrementalJob} {
		began := time.Now()
		if p := s.start(job); p.Wait() != nil {
			t.Fatalf("%s: %s", job, p.said.String())
		}
		whole[job] = time.Since(began)
	}
	killed := 0
	for range moments {
		job := []string{backup.FullJob, backup.IncrementalJob}[chance.IntN(2)]
		s.mark()
		s.free()
		if job == backup.FullJob {
			s.age()
		}
		p := s.start(job)
		end := time.AfterFunc(time.Duration(chance.Int64N(int64(whole[job]))), func() { _ = p.Process.Signal(syscall.SIGKILL) })
		err := p.Wait()
		end.Stop()
		if died(err) {
			killed++
		} else if err != nil {
			t.Fatalf("%s: %v: %s", job, err, p.said.String())
		}
		s.continuous()
	}
	if killed < moments/4 {
		t.Errorf("only %d of %d were killed before their end", killed, moments)
	}
	s.mark()
	s.succeed(backup.IncrementalJob)
	s.comesBack(chance, 4)
}

func died(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}

// age makes the next full backup be due: today's are said to have begun yesterday.
func (s *survivor) age() {
	s.t.Helper()
	for _, b := range s.catalog().Backups {
		if time.Since(b.Began) > 24*time.Hour {
			continue
		}
		old := b
		b.Began = b.Began.Add(-24 * time.Hour)
		b.ID = wal.Stamp(b.Began)
		for _, f := range b.Files {
			s.write(b.Key(f.Name), s.content(old.Key(f.Name)))
		}
		text, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		s.write(b.Key(catalog.Description), text)
		for _, name := range append([]string{catalog.Description}, names(old)...) {
			if err := s.store.Remove(s.t.Context(), old.Key(name)); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

func names(b catalog.Backup) (all []string) {
	for _, f := range b.Files {
		all = append(all, f.Name)
	}
	return all
}

func (s *survivor) write(key string, content []byte) {
	s.t.Helper()
	if err := s.store.Put(s.t.Context(), key, content); err != nil {
		s.t.Fatal(err)
	}
}

func TestStorageThatFails(t *testing.T) {
	t.Parallel()
	chance := random(t)
	objects := harness.NewObjects(t)
	s := newSurvivor(t, objects.URL)
	s.succeed(backup.FullJob)
	failed := 0
	for i := range moments {
		job := []string{backup.FullJob, backup.IncrementalJob}[chance.IntN(2)]
		s.mark()
		s.free()
		if job == backup.FullJob {
			s.age()
		}
		// From the nth write on, for as long as it is tried: cut off, out of order, or full.
		n, status := chance.Int64N(4), []int{harness.CutOff, http.StatusInternalServerError, http.StatusInsufficientStorage}[i%3]
		var writes atomic.Int64
		before := len(s.catalog().Backups)
		objects.Before(func(r *http.Request) int {
			if (r.Method == http.MethodPut || r.Method == http.MethodPost) && writes.Add(1) > n {
				return status
			}
			return 0
		})
		said, code := s.run("run", job)
		objects.Before(nil)
		if code != 0 {
			failed++
		}
		if listed := len(s.continuous().Backups); code != 0 && listed != before {
			t.Errorf("%s failed and left a backup: %s", job, said)
		}
	}
	if failed < moments/2 {
		t.Errorf("only %d of %d have noticed", failed, moments)
	}
	s.mark()
	s.succeed(backup.IncrementalJob)
	s.comesBack(chance, 3)
}
