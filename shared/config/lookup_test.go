package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/authway/authway/shared/config"
)

// Not parallel: the environment is the process's.
func TestTheEnvironmentComesBeforeFiles(t *testing.T) {
	write := func(content []byte) string {
		path := filepath.Join(t.TempDir(), "value")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("AW_PLAIN", "plain")
	t.Setenv("AW_BOTH", "plain")
	t.Setenv("AW_BOTH_FILE", write([]byte("file")))
	t.Setenv("AW_EMPTY", "")
	t.Setenv("AW_EMPTY_FILE", write([]byte("file")))
	t.Setenv("AW_UNIX_FILE", write([]byte("file\n")))
	t.Setenv("AW_DOS_FILE", write([]byte("file\r\n")))
	t.Setenv("AW_LINES_FILE", write([]byte("one\ntwo\n\n")))
	t.Setenv("AW_BLANK_FILE", write([]byte("\n")))
	t.Setenv("AW_HUGE_FILE", write(bytes.Repeat([]byte("x"), 1<<20+1)))
	t.Setenv("AW_GONE_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AW_FOLDER_FILE", t.TempDir())
	lookup := config.Environment()
	for name, want := range map[string]string{
		"AW_PLAIN": "plain", "AW_BOTH": "plain", "AW_EMPTY": "file", "AW_UNIX": "file", "AW_DOS": "file",
		"AW_LINES": "one\ntwo\n", "AW_BLANK": "", "AW_HUGE": "", "AW_GONE": "", "AW_FOLDER": "", "AW_NONE": "",
	} {
		if got, _ := lookup(name); got != want {
			t.Errorf("%s is %.20q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"AW_BLANK", "AW_HUGE", "AW_GONE", "AW_FOLDER"} {
		r := config.Read(lookup)
		r.Required(name)
		want := name + "_FILE names a file that is empty, larger than 1 MiB or cannot be read"
		if err := r.Err(); err == nil || err.Error() != want {
			t.Errorf("%s: says %v, want %s", name, err, want)
		}
	}
}
