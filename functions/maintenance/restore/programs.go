package restore

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Where packages put the server program without putting it on PATH: Debian, Red
// Hat, Homebrew on either processor.
var serverPlaces = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
}

// bareEnvironment is all that a program of PostgreSQL is given: neither a PG… of a
// shell nor what opens the store.
var bareEnvironment = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}

const serverProgram = "postgres"

// findServer finds a server program of the same major version as the one that was
// backed up: another one does not read its files.
func findServer(ctx context.Context, given, server string) (string, error) {
	want := major(server)
	if want == "" {
		return "", fmt.Errorf("restore: the base backup is of a server that calls itself %q", server)
	}
	var found []string
	for _, path := range candidates(given) {
		asked := exec.CommandContext(ctx, path, "--version")
		// It is not told what opens the store.
		asked.Env = bareEnvironment
		out, err := asked.Output()
		if err != nil {
			continue
		}
		has := major(string(out))
		if has == want {
			return path, nil
		}
		found = append(found, fmt.Sprintf("%s is %s", path, strings.TrimSpace(string(out))))
	}
	if len(found) == 0 {
		found = []string{"no server program was found"}
	}
	return "", fmt.Errorf("restore: this needs PostgreSQL %s, and %s: install it, or say where its programs are (POSTGRES_BIN)",
		want, strings.Join(found, ", "))
}

// candidates are the programs to look at, the first that fits counts.
func candidates(given string) (paths []string) {
	if given != "" {
		if info, err := os.Stat(given); err == nil && info.IsDir() {
			given = filepath.Join(given, serverProgram)
		}
		return []string{given}
	}
	if onPath, err := exec.LookPath(serverProgram); err == nil {
		paths = append(paths, onPath)
	}
	for _, place := range serverPlaces {
		// The pattern is ours: it has no errors.
		all, _ := filepath.Glob(filepath.Join(place, serverProgram))
		slices.Reverse(all)
		paths = append(paths, all...)
	}
	return paths
}

var majorVersion = regexp.MustCompile(`^(?:postgres \(PostgreSQL\) )?(\d+)`)

// major reads it from 15.18 or from what the program says about itself.
func major(version string) string {
	m := majorVersion.FindStringSubmatch(version)
	if m == nil {
		return ""
	}
	return m[1]
}
