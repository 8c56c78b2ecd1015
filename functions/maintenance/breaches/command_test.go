package breaches

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/shared/credential"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSumsAndBuildMakeAList(t *testing.T) {
	t.Parallel()
	passwords := write(t, "# ours\nacme1234acme\n\nacme-2026-acme\r\nacme1234acme\n")
	sums, list := filepath.Join(t.TempDir(), "sums"), filepath.Join(t.TempDir(), "list")
	var said bytes.Buffer
	for _, words := range [][]string{{"sums", passwords, sums}, {"build", sums, list}} {
		if known, err := Command(words, &said); !known || err != nil {
			t.Fatalf("%v: %v, %v", words, known, err)
		}
	}
	want, err := breached.Of([]string{"acme1234acme", "acme-2026-acme"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(list); err != nil || !bytes.Equal(got, want) || !strings.Contains(said.String(), "2 passwords") {
		t.Errorf("got %d bytes, %v: %s", len(got), err, said.String())
	}
	if known, err := Command([]string{"build", "--seen", "2", sums, list}, &said); !known || err != nil || !strings.Contains(said.String(), "list: 0 passwords") {
		t.Errorf("%v, %v: %s", known, err, said.String())
	}
}

func TestBuildLeavesNothingBehindItRefuses(t *testing.T) {
	t.Parallel()
	in, folder := write(t, "password1234\n"), t.TempDir()
	list := filepath.Join(folder, "list")
	known, err := Command([]string{"build", in, list}, &bytes.Buffer{})
	if !known || err == nil || !strings.Contains(err.Error(), "line 1 ") {
		t.Errorf("got %v, %v", known, err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.WriteFile(list, []byte("the list before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Command([]string{"build", in, list}, &bytes.Buffer{}); err == nil {
		t.Error("no error")
	}
	if kept, err := os.ReadFile(list); err != nil || string(kept) != "the list before" {
		t.Errorf("the list before is gone: %v", err)
	}
	if _, err := Command([]string{"build", filepath.Join(folder, "nothing"), list}, &bytes.Buffer{}); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestOtherWordsAreNone(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{nil, {"build"}, {"build", "x"}, {"build", "--seen", "x", "y"}, {"build", "--seen", "-1", "x", "y"}, {"sums", "x"}, {"load", "x", "y"}} {
		if known, err := Command(words, &bytes.Buffer{}); known || err != nil {
			t.Errorf("%v: %v, %v", words, known, err)
		}
	}
}

// Whatever is in the sample could otherwise be set: shorter ones are refused as
// they are.
func TestSampleIsOfPasswordsThatCouldBeSet(t *testing.T) {
	t.Parallel()
	passwords := passwordsOf(sampleText)
	if len(passwords) < 300 || !slices.IsSorted(passwords) || len(slices.Compact(slices.Clone(passwords))) != len(passwords) {
		t.Errorf("%d passwords, not sorted or some twice", len(passwords))
	}
	for _, password := range passwords {
		if utf8.RuneCountInString(password) < credential.MinLength || credential.Normalize(password) != password {
			t.Errorf("%q can never be set", password)
		}
	}
	filter, err := sample()
	if err != nil || filter.Entries != int64(len(passwords)) {
		t.Errorf("got %+v, %v", filter, err)
	}
}
