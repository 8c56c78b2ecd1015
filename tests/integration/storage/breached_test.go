package storage_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/tests/harness"
)

func filterOf(t *testing.T, passwords ...string) []byte {
	t.Helper()
	var list strings.Builder
	for _, password := range passwords {
		fmt.Fprintf(&list, "%X:1\n", breached.SumOf(password))
	}
	var filter bytes.Buffer
	if err := breached.Build(&filter, strings.NewReader(list.String()), len(passwords)); err != nil {
		t.Fatal(err)
	}
	return filter.Bytes()
}

func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s %d", prefix, i)
	}
	return out
}

func TestBreachedListMissesNothingAndRarelyErrs(t *testing.T) {
	t.Parallel()
	const n = 20000
	db := harness.NewDatabase(t)
	listed := numbered("a listed password", n)
	if err := (breached.Store{DB: db.As(t, "maintenance")}).Load(t.Context(), bytes.NewReader(filterOf(t, listed...)), noon); err != nil {
		t.Fatal(err)
	}
	store := breached.Store{DB: db.As(t, "login")}
	for i := 0; i < n; i += 100 {
		if found, err := store.Contains(t.Context(), listed[i]); err != nil || !found {
			t.Fatalf("%q is missed: %v", listed[i], err)
		}
	}
	alarms := 0
	const asked = 2000
	for _, password := range numbered("a good password", asked) {
		found, err := store.Contains(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		if found {
			alarms++
		}
	}
	// The sums are fixed, so the count is: well within three standard deviations.
	if bound := 3 * breached.FalseAlarms * asked; float64(alarms) > bound {
		t.Errorf("%d false alarms in %d, the bound is %.0f", alarms, asked, bound)
	}
}

func TestBreachedListIsReplacedInOneStep(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	loader, store := breached.Store{DB: db.As(t, "maintenance")}, breached.Store{DB: db.As(t, "login")}
	contains := func(password string) bool {
		t.Helper()
		found, err := store.Contains(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if contains("first") {
		t.Error("without a list a password is listed")
	}
	first, second := filterOf(t, "first"), filterOf(t, "second")
	if err := loader.Load(t.Context(), bytes.NewReader(first), noon); err != nil || !contains("first") {
		t.Fatalf("the first list: %v", err)
	}
	for name, file := range map[string][]byte{
		"cut off": second[:len(second)-1], "too long": append(bytes.Clone(second), 0), "no filter": []byte("<html>not found</html>"), "empty": nil,
	} {
		if err := loader.Load(t.Context(), bytes.NewReader(file), noon); !errors.Is(err, breached.ErrFormat) || !contains("first") || contains("second") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := loader.Load(t.Context(), bytes.NewReader(second), noon.AddDate(0, 0, 1)); err != nil || contains("first") || !contains("second") {
		t.Errorf("the second list: %v", err)
	}
	var left int
	if err := db.Owner(t).NewRaw("SELECT count(*) FROM breached_blocks").Scan(t.Context(), &left); err != nil || left != 1 {
		t.Errorf("%d blocks are left, %v", left, err)
	}
}
