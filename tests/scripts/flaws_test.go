package scripts_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// checkout is a small one: a program of ours in each folder that is deployed, built with
// the version of a module that we have. To read all of ours takes a minute.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ours, err := os.ReadFile(filepath.Join(repository, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`github.com/google/uuid (v\S+)`).FindSubmatch(ours)
	if version == nil {
		t.Fatal("go.mod no longer has the module that the databases of testdata name")
	}
	write("go.mod", "module example.org/small\n\ngo 1.26\n\nrequire github.com/google/uuid "+string(version[1])+"\n")
	sums, err := os.ReadFile(filepath.Join(repository, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	var kept strings.Builder
	for line := range strings.Lines(string(sums)) {
		if strings.HasPrefix(line, "github.com/google/uuid ") {
			kept.WriteString(line)
		}
	}
	write("go.sum", kept.String())
	write("functions/one/main.go", "package main\n\nimport \"github.com/google/uuid\"\n\nfunc main() { println(uuid.New().String()) }\n")
	write("migrations/two.go", "package migrations\n")
	write("frontend/three.go", "package frontend\n")
	write("frontend/package.json", `{"name": "small", "version": "1.0.0", "private": true, "dependencies": {"left": "1.0.0"}}`)
	write("frontend/package-lock.json", `{"name": "small", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {
		"": {"name": "small", "version": "1.0.0", "dependencies": {"left": "1.0.0"}},
		"node_modules/left": {"version": "1.0.0", "resolved": "https://registry.npmjs.org/left/-/left-1.0.0.tgz"}}}`)
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "scripts"), filepath.Join(dir, "scripts")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// registry answers npm audit with that severity, or as one that knows no flaw of
// anything, or as one that does not answer it.
func registry(t *testing.T, severity string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || severity == "unknown" {
			http.Error(w, "{}", http.StatusMethodNotAllowed)
			return
		}
		var sent map[string][]string
		var body io.Reader = r.Body
		if unpacked, err := gzip.NewReader(r.Body); r.Header.Get("Content-Encoding") == "gzip" && err == nil {
			body = unpacked
		}
		_ = json.NewDecoder(body).Decode(&sent)
		answer := map[string]any{}
		if severity != "" && len(sent["left"]) > 0 {
			answer["left"] = []any{map[string]any{"id": 1, "url": "https://example.org/1", "title": "invented", "severity": severity, "vulnerable_versions": "<2.0.0"}}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAuditOfKnownFlaws(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	data := func(name string) string {
		path, err := filepath.Abs(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	// A system that does not answer is not what this is about.
	quiet := map[string]string{"reach.failed": "medium", "guessing.failed": "medium"}
	for name, c := range map[string]struct {
		database, severity string
		wanted             map[string]string
		sound              []string
	}{
		"sound":      {data("sound"), "", nil, []string{"modules", "packages"}},
		"flaws":      {data("flaws"), "moderate", map[string]string{"modules.GO-2026-9001": "high", "packages.flaws": "medium"}, nil},
		"as URL":     {"file://" + data("flaws"), "critical", map[string]string{"modules.GO-2026-9001": "high", "packages.flaws": "critical"}, nil},
		"away":       {"http://127.0.0.1:1", "unknown", map[string]string{"modules.not-checked": "medium", "packages.not-checked": "low"}, nil},
		"no such db": {data("."), "low", map[string]string{"modules.not-checked": "medium", "packages.flaws": "low"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var a audit
			// npm remembers what it has heard of a flaw.
			settings := map[string]string{"npm_config_registry": registry(t, c.severity), "npm_config_cache": t.TempDir()}
			r := program(t, settings, filepath.Join(dir, "scripts", "security-audit.sh"),
				"http://127.0.0.1:1", "--json", "--vulnerabilities", c.database)
			r.into(t, &a)
			wanted := map[string]string{}
			for _, each := range []map[string]string{quiet, c.wanted} {
				for id, severity := range each {
					wanted[id] = severity
				}
			}
			a.all(t, wanted)
			if strings.Join(a.Sound, " ") != strings.Join(c.sound, " ") {
				t.Errorf("%v is sound, want %v", a.Sound, c.sound)
			}
		})
	}
}
