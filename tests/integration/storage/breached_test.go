package storage_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/tests/harness"
)

func filterOf(t testing.TB, passwords ...string) []byte {
	t.Helper()
	filter, err := breached.Of(passwords)
	if err != nil {
		t.Fatal(err)
	}
	return filter
}

func opened(t testing.TB, r io.Reader) *breached.Filter {
	t.Helper()
	f, err := breached.Open(r)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s %d", prefix, i)
	}
	return out
}

// lists are a loader and an asker of the same list.
type lists struct {
	t             testing.TB
	db            harness.Database
	loader, asker breached.Store
}

func newLists(t testing.TB) lists {
	t.Helper()
	db := harness.NewDatabase(t)
	return lists{t: t, db: db, loader: breached.Store{DB: db.As(t, "maintenance")}, asker: breached.Store{DB: db.As(t, "login")}}
}

func (l lists) contains(password string) bool {
	l.t.Helper()
	found, err := l.asker.Contains(l.t.Context(), password)
	if err != nil {
		l.t.Fatal(err)
	}
	return found
}

// rows counts lists and blocks.
func (l lists) rows() (lists, blocks int) {
	l.t.Helper()
	err := l.db.Owner(l.t).NewRaw("SELECT (SELECT count(*) FROM breached_lists), (SELECT count(*) FROM breached_blocks)").
		Scan(l.t.Context(), &lists, &blocks)
	if err != nil {
		l.t.Fatal(err)
	}
	return lists, blocks
}

func TestBreachedListIsFoundByItsStatement(t *testing.T) {
	t.Parallel()
	const n = 20000
	l := newLists(t)
	listed := numbered("a listed password", n)
	if err := l.loader.Load(t.Context(), opened(t, bytes.NewReader(filterOf(t, listed...))), false, noon); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < n; i += 50 {
		if !l.contains(listed[i]) {
			t.Fatalf("%q is missed", listed[i])
		}
	}
	for _, password := range numbered("a good password", 400) {
		if l.contains(password) {
			t.Errorf("%q is found", password)
		}
	}
	current, err := l.asker.Current(t.Context())
	if err != nil || current.Entries != n || current.LoadedAt == nil || !current.LoadedAt.Equal(noon) {
		t.Errorf("got %+v, %v", current, err)
	}
}

func TestBreachedListIsReplacedInOneStep(t *testing.T) {
	t.Parallel()
	l := newLists(t)
	if _, err := l.asker.Contains(t.Context(), "first"); !errors.Is(err, breached.ErrNone) {
		t.Errorf("without a list: %v", err)
	}
	if _, err := l.asker.Current(t.Context()); !errors.Is(err, breached.ErrNone) {
		t.Errorf("without a list: %v", err)
	}
	first, second := filterOf(t, "first"), filterOf(t, "second")
	if err := l.loader.Load(t.Context(), opened(t, bytes.NewReader(first)), true, noon); err != nil || !l.contains("first") {
		t.Fatalf("the first list: %v", err)
	}
	changed := bytes.Clone(second)
	changed[len(changed)-1] ^= 1
	for name, file := range map[string][]byte{"cut off": second[:len(second)-1], "too long": append(bytes.Clone(second), 0), "changed": changed} {
		err := l.loader.Load(t.Context(), opened(t, bytes.NewReader(file)), false, noon)
		if lists, blocks := l.rows(); !errors.Is(err, breached.ErrDamaged) || !l.contains("first") || l.contains("second") || lists != 1 || blocks != 1 {
			t.Errorf("%s: %v; %d lists, %d blocks", name, err, lists, blocks)
		}
	}
	if err := l.loader.Load(t.Context(), opened(t, bytes.NewReader(second)), false, noon.AddDate(0, 0, 1)); err != nil || l.contains("first") || !l.contains("second") {
		t.Errorf("the second list: %v", err)
	}
	if lists, blocks := l.rows(); lists != 1 || blocks != 1 {
		t.Errorf("%d lists and %d blocks are left", lists, blocks)
	}
}

var errKilled = errors.New("killed")

// cut is a transfer that ends in the middle.
type cut struct{ io.Reader }

func (c cut) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errKilled
	}
	return n, err
}

// What was written before the end is not written again, and not trusted either.
func TestBreachedListGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	l := newLists(t)
	if err := l.loader.Load(t.Context(), opened(t, bytes.NewReader(filterOf(t, "first"))), true, noon); err != nil {
		t.Fatal(err)
	}
	listed := numbered("a listed password", 200_000)
	file := filterOf(t, listed...)
	half := cut{bytes.NewReader(file[:len(file)*3/4])}
	if err := l.loader.Load(t.Context(), opened(t, half), false, noon); !errors.Is(err, errKilled) || !l.contains("first") || l.contains(listed[0]) {
		t.Fatalf("the half list: %v", err)
	}
	lists, blocks := l.rows()
	if lists != 2 || blocks < 100 {
		t.Fatalf("%d lists, %d blocks", lists, blocks)
	}
	versions := func() (versions []string) {
		t.Helper()
		err := l.db.Owner(t).NewRaw("SELECT xmin::text FROM breached_blocks WHERE list_id = (SELECT max(id) FROM breached_lists) ORDER BY number LIMIT 100").
			Scan(t.Context(), &versions)
		if err != nil {
			t.Fatal(err)
		}
		return versions
	}
	// One block was wrong already when it came.
	owner := l.db.Owner(t)
	if _, err := owner.NewRaw("UPDATE breached_blocks SET bits = decode(repeat('00', 1024), 'hex') WHERE number = 7").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := versions()
	if err := l.loader.Load(t.Context(), opened(t, bytes.NewReader(file)), false, noon); err != nil {
		t.Fatal(err)
	}
	after := versions()
	for i := range after {
		if (after[i] != before[i]) != (i == 7) {
			t.Errorf("block %d was written again: %v", i, i != 7)
		}
	}
	for i := 0; i < len(listed); i += 499 {
		if !l.contains(listed[i]) {
			t.Fatalf("%q is missed", listed[i])
		}
	}
	if lists, _ := l.rows(); lists != 1 {
		t.Errorf("%d lists", lists)
	}
}

func TestAnotherListDropsTheHalfOne(t *testing.T) {
	t.Parallel()
	l := newLists(t)
	file := filterOf(t, numbered("a listed password", 200_000)...)
	if err := l.loader.Load(t.Context(), opened(t, cut{bytes.NewReader(file[:len(file)/2])}), false, noon); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	if err := l.loader.Load(t.Context(), opened(t, bytes.NewReader(filterOf(t, "second"))), false, noon); err != nil || !l.contains("second") {
		t.Fatal(err)
	}
	if lists, blocks := l.rows(); lists != 1 || blocks != 1 {
		t.Errorf("%d lists, %d blocks", lists, blocks)
	}
}

// The login function reads the list and changes nothing of it.
func TestOnlyMaintenanceChangesTheBreachedList(t *testing.T) {
	t.Parallel()
	l := newLists(t)
	thief := breached.Store{DB: l.asker.DB}
	if err := thief.Load(t.Context(), opened(t, bytes.NewReader(filterOf(t, "x"))), false, noon); err == nil {
		t.Error("login may load a list")
	}
}

// A check beside a list of a million entries. The second number is what any
// statement costs here.
func BenchmarkBreachedCheck(b *testing.B) {
	l := newLists(b)
	file := filterOf(b, numbered("a listed password", 1_000_000)...)
	if err := l.loader.Load(b.Context(), opened(b, bytes.NewReader(file)), false, noon); err != nil {
		b.Fatal(err)
	}
	b.Run("check", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := l.asker.Contains(b.Context(), fmt.Sprintf("a password %d", i)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("nothing", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			var one int
			if err := l.asker.DB.NewRaw("SELECT ?", i).Scan(b.Context(), &one); err != nil {
				b.Fatal(err)
			}
		}
	})
}
