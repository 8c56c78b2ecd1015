package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/bundle"
	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/replica"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/recovery"
)

// real is a store as the jobs have made it of a real server: two base backups, and
// whole and unfinished segments between and after them.
type real struct {
	dir        string
	identities envelope.Identities
	recipients envelope.Recipients
	err        error
}

var madeOnce = sync.OnceValue(func() (r real) {
	r.dir, r.err = os.MkdirTemp("", "authway-verify-")
	if r.err == nil {
		// Whoever PostgreSQL runs as has to get there.
		r.err = errors.Join(os.Chmod(r.dir, 0o755), r.fill(context.Background()))
	}
	return r
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(madeOnce().dir)
	os.Exit(code)
}

func (r *real) fill(ctx context.Context) (err error) {
	folder, err := supervise.Open(filepath.Join(r.dir, "server"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	server, err := parts.StartPostgres(ctx, parts.PostgresOptions{Folder: folder, Password: "for-a-test", Throwaway: true, Say: func(string, ...any) {}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(ctx)) }()
	db, err := postgres.Open(postgres.Config{URL: server.Superuser()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s, err := store.Open(ctx, "file://"+filepath.Join(r.dir, "store"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	identity, recipient, err := envelope.Pair()
	if err != nil {
		return err
	}
	r.recipients, err = envelope.ParseRecipients(recipient)
	if err != nil {
		return err
	}
	if r.identities, err = envelope.ParseIdentities(identity); err != nil {
		return err
	}
	beat, err := beatTable()
	if err != nil {
		return err
	}
	replicator := &Replicator{
		Settings: Settings{
			Store: s, Recipients: r.recipients, Method: MethodReplication, Slot: defaultSlot,
			Connect: func(ctx context.Context) (*replica.Conn, error) { return replica.Dial(ctx, server.Superuser(), "") },
		},
		Beat: recovery.Beat{DB: db}, Noted: recovery.Backups{DB: db}, Clock: clock.System(), Log: slog.New(slog.DiscardHandler), Retry: Retry,
	}
	execute := func(statement string) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			_, err := db.ExecContext(ctx, statement)
			return statement, err
		}
	}
	for _, step := range []func(context.Context) (string, error){
		execute(beat), replicator.full, execute("CREATE TABLE rows AS SELECT generate_series(1, 400000) AS n"), replicator.incremental,
		// What follows a forced switch in a segment is empty pages.
		execute("SELECT pg_switch_wal()"), replicator.full, execute("INSERT INTO rows VALUES (0)"), replicator.incremental,
	} {
		if said, err := step(ctx); err != nil {
			return fmt.Errorf("%s: %w", said, err)
		}
	}
	_, err = (&bundle.Contents{Index: bundle.Index{Taken: time.Now().UTC()}}).Store(ctx, s, r.recipients)
	return err
}

// beatTable makes what the jobs mark the WAL by and write down what they did, as the
// migrations do.
func beatTable() (statements string, err error) {
	for table, in := range map[string]string{"recovery_beat": "recovery", "backup_state": "monitoring"} {
		found, err := filepath.Glob("../../../migrations/sql/*_" + in + ".tx.up.sql")
		if err != nil || len(found) != 1 {
			return "", fmt.Errorf("the migration is %v, %w", found, err)
		}
		text, err := os.ReadFile(found[0])
		if err != nil {
			return "", err
		}
		statements += regexp.MustCompile(`(?s)CREATE TABLE ` + table + ` \(.*?\n\);`).FindString(string(text))
	}
	return statements, nil
}

// verifier looks at a copy of the real store.
func verifier(t *testing.T) (Verifier, string, real) {
	t.Helper()
	made := madeOnce()
	if made.err != nil {
		t.Fatal(made.err)
	}
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(made.dir, "store"))); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), "file://"+dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return Verifier{Store: s, Identities: made.identities, Clock: clock.System(), Log: slog.New(slog.DiscardHandler)}, dir, made
}

func TestWhatTheJobsHaveMadeIsWhole(t *testing.T) {
	t.Parallel()
	v, _, made := verifier(t)
	for _, with := range []envelope.Identities{made.identities, nil} {
		for _, all := range []bool{true, false} {
			v.Identities = with
			r, err := v.Check(t.Context(), all)
			if err != nil || r.Err() != nil || len(r.Findings) > 0 {
				t.Fatalf("got %v, %v", r.Findings, err)
			}
			if r.Backups != 2 || r.Segments < 2 || all && r.Segments < 4 || r.Bundles != 1 || r.Bytes < 1<<20 || r.Opened != (with != nil) {
				t.Errorf("got %v", r)
			}
		}
	}
}

func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string, v *Verifier) (object string)
		what  string
		// hashed: it is found without a key too.
		hashed bool
	}{
		"a byte of a base backup": {func(t *testing.T, dir string, _ *Verifier) string { return flip(t, dir, "base/*/base.tar", -1) }, Damaged, true},
		"a byte of a manifest":    {func(t *testing.T, dir string, _ *Verifier) string { return flip(t, dir, "base/*/backup_manifest", -1) }, Damaged, true},
		"a byte of a segment":     {func(t *testing.T, dir string, _ *Verifier) string { return flip(t, dir, "wal/*/*", -1) }, Damaged, true},
		"a byte of a bundle":      {func(t *testing.T, dir string, _ *Verifier) string { return flip(t, dir, "config/*", -1) }, Damaged, true},
		"a description":           {func(t *testing.T, dir string, _ *Verifier) string { return flip(t, dir, "base/*/backup.json", 0) }, Damaged, true},
		"a file is missing": {func(t *testing.T, dir string, _ *Verifier) string {
			path := pick(t, dir, "base/*/base.tar", 0)
			if err := os.Remove(filepath.Join(dir, path)); err != nil {
				t.Fatal(err)
			}
			return filepath.Dir(path) + "/" + catalog.Description
		}, Damaged, true},
		"a segment is missing": {func(t *testing.T, dir string, _ *Verifier) string {
			path := pick(t, dir, "wal/*/*", 1)
			if err := os.Remove(filepath.Join(dir, path)); err != nil {
				t.Fatal(err)
			}
			return strings.Split(filepath.Base(path), "_")[0]
		}, Hole, true},
		"another key": {func(t *testing.T, dir string, v *Verifier) string {
			identity, _, err := envelope.Pair()
			if err != nil {
				t.Fatal(err)
			}
			if v.Identities, err = envelope.ParseIdentities(identity); err != nil {
				t.Fatal(err)
			}
			return pick(t, dir, "wal/*/*", -1)
		}, WrongKey, false},
		"a segment under another's name": {func(t *testing.T, dir string, v *Verifier) string { return swap(t, dir, v) }, Damaged, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, dir, _ := verifier(t)
			object := c.spoil(t, dir, &v)
			found := func(f Finding) bool { return f.Name == object && f.What == c.what && f.Why != "" }
			r, err := v.Check(t.Context(), true)
			if err != nil || !slices.ContainsFunc(r.Findings, found) || r.Err() == nil || !strings.Contains(r.Err().Error(), c.what) {
				t.Errorf("%s: got %v, %v", object, r.Findings, err)
			}
			v.Identities = nil
			if r, err := v.Check(t.Context(), true); err != nil || slices.ContainsFunc(r.Findings, found) != c.hashed {
				t.Errorf("without a key: %s: got %v, %v", object, r.Findings, err)
			}
		})
	}
}

// pick is the name of one of the objects of a pattern: the n-th, or from the end.
func pick(t *testing.T, dir, pattern string, n int) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) < 1 {
		t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	slices.Sort(found)
	name, _ := filepath.Rel(dir, found[(n+len(found))%len(found)])
	return filepath.ToSlash(name)
}

func flip(t *testing.T, dir, pattern string, n int) string {
	t.Helper()
	name := pick(t, dir, pattern, n)
	path := filepath.Join(dir, name)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if strings.HasSuffix(name, catalog.Description) {
		raw[0] = '['
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// swap stores the first segment once more, as the second one. Its hash is true.
func swap(t *testing.T, dir string, v *Verifier) string {
	t.Helper()
	first, errFirst := wal.ParseKey(pick(t, dir, "wal/*/*", 0))
	second, errSecond := wal.ParseKey(pick(t, dir, "wal/*/*", 1))
	if errors.Join(errFirst, errSecond) != nil || !first.Whole() {
		t.Fatal(first, second)
	}
	content, err := os.ReadFile(filepath.Join(dir, first.Key()))
	if err != nil {
		t.Fatal(err)
	}
	second.SHA256, second.Used = first.SHA256, first.Used
	err = v.Store.Write(t.Context(), second.Key(), func(w io.Writer) error { _, err := io.Copy(w, bytes.NewReader(content)); return err })
	if err != nil {
		t.Fatal(err)
	}
	return second.Key()
}

func TestVerifyIsDueOnceADay(t *testing.T) {
	t.Parallel()
	v, _, _ := verifier(t)
	now := time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)
	for last, want := range map[time.Time]bool{{}: true, now.Add(-21 * time.Hour): true, now.Add(-19 * time.Hour): false} {
		v.Since = func(context.Context) (time.Time, error) { return last, nil }
		if due, err := v.Job().Due(t.Context(), now); err != nil || due != want {
			t.Errorf("%s: got %v, %v", last, due, err)
		}
	}
	over, end := context.WithCancel(t.Context())
	end()
	if _, err := v.Check(over, true); !errors.Is(err, context.Canceled) {
		t.Errorf("when time is over: got %v", err)
	}
	v.Store = nil
	if due, err := v.Job().Due(t.Context(), now); err != nil || due {
		t.Errorf("without a store: got %v, %v", due, err)
	}
}

// With a base backup a day, each is read back once more before it is removed.
func TestEachOlderBackupHasItsTurn(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 1, 2, 0, 0, 0, time.UTC)
	read := map[time.Time]int{}
	for day := range 200 {
		var all []catalog.Backup
		for age := 30; age >= 0; age-- {
			all = append(all, catalog.Backup{Began: begin.AddDate(0, 0, day-age)})
		}
		b, ok := older(all, begin.AddDate(0, 0, day).Add(3*time.Hour))
		if !ok || b.Began.Equal(all[len(all)-1].Began) {
			t.Fatalf("day %d: got %v, %v", day, b, ok)
		}
		read[b.Began]++
	}
	for day := range 160 {
		if n := read[begin.AddDate(0, 0, day)]; n != 1 {
			t.Errorf("the one of day %d is read %d times", day, n)
		}
	}
}

// An error names ten findings, and says how many more there are.
func TestAReportIsBounded(t *testing.T) {
	t.Parallel()
	var r Report
	for i := range 25 {
		r.Findings = append(r.Findings, Finding{Name: fmt.Sprintf("wal/%d", i), What: Missing})
	}
	if said := r.Err().Error(); !strings.Contains(said, "wal/9") || strings.Contains(said, "wal/10") || !strings.HasSuffix(said, "and 15 more") {
		t.Error(said)
	}
}
