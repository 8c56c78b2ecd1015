package harness

import (
	"os"
	"strings"
	"testing"
)

// Written is a block of commands that a guide tells people to run, and where it stands.
type Written struct {
	Chapter, Section string
	// Mark says where it is for: nothing for a machine with `make run`, "cluster" or "kn".
	Mark string
	Text string
}

// At names the place.
func (w Written) At() string {
	if w.Section == "" {
		return w.Chapter
	}
	return w.Chapter + "/" + w.Section
}

// Commands finds the blocks of commands of a file in Markdown.
func Commands(t testing.TB, file string) []Written {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("harness: %v", err)
	}
	var all []Written
	var at Written
	var indent string
	within := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		word := strings.TrimSpace(line)
		mark, opens := strings.CutPrefix(word, "```sh")
		switch {
		case within && word == "```":
			within = false
			all = append(all, at)
		case within:
			at.Text += strings.TrimPrefix(line, indent) + "\n"
		case strings.HasPrefix(line, "## "):
			at = Written{Chapter: strings.TrimPrefix(line, "## ")}
		case strings.HasPrefix(line, "### "):
			at.Section = strings.TrimPrefix(line, "### ")
		case opens:
			within, indent = true, line[:strings.Index(line, "`")]
			at.Mark, at.Text = strings.TrimSpace(mark), ""
		}
	}
	return all
}
