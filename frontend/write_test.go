package frontend_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/authway/authway/frontend"
)

func TestThePagesAreWrittenAndWrittenAgain(t *testing.T) {
	t.Parallel()
	built(t)
	folder := t.TempDir()
	for range 2 {
		if err := frontend.Write(folder); err != nil {
			t.Fatal(err)
		}
	}
	want, err := fs.ReadFile(frontend.Dist(), "login/en/login.html")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, "en", "login.html"))
	if err != nil || string(got) != string(want) {
		t.Errorf("%d bytes of the sign-in page, want %d: %v", len(got), len(want), err)
	}
	if assets, err := os.ReadDir(filepath.Join(folder, "ui", "assets")); err != nil || len(assets) == 0 {
		t.Errorf("no assets: %v", err)
	}
}

func TestAFolderThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	if err := frontend.Write(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("written into nothing")
	}
}
