package architecture

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the lists of what binaries link")

const lists = "dependencies"

// graph is what each package imports, by import path.
type graph map[string][]string

// links returns everything that a package imports, and what that imports, and so on.
func (g graph) links(from string) []string {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(p string) {
		for _, imported := range g[p] {
			if !seen[imported] {
				seen[imported] = true
				visit(imported)
			}
		}
	}
	visit(from)
	var all []string
	for p := range seen {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}

func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".")
}

// binaries are the folders of the mains that are deployed.
func binaries(r repository) []string {
	var found []string
	for _, s := range r.sources {
		if s.pkg == "main" && s.production() && path.Base(path.Dir(s.folder())) == "cmd" && !slices.Contains(found, s.folder()) {
			found = append(found, s.folder())
		}
	}
	return found
}

// listed asks go list for one platform and without cgo, so that everybody sees the list of the image.
func listed(t *testing.T, folders []string) graph {
	t.Helper()
	args := []string{"list", "-deps", "-json=ImportPath,Imports"}
	for _, folder := range folders {
		args = append(args, "./"+folder)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaints.String())
	}
	g := graph{}
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatal(err)
		}
		g[p.ImportPath] = p.Imports
	}
}

// checkDenied looks for what a hot binary must not link, and for hot binaries that are not there: a rule
// about nothing is always kept.
func checkDenied(g graph, folder string) (found []finding) {
	main := module + "/" + folder
	if _, ok := g[main]; !ok {
		return []finding{{"denied", folder + " is not there", "the deny list has to be about a binary that exists"}}
	}
	for _, linked := range g.links(main) {
		for _, d := range denied {
			rest, ok := strings.CutPrefix(linked, d.library)
			if !ok || (rest != "" && rest[0] != '/') || slices.Contains(d.except, strings.TrimPrefix(rest, "/")) {
				continue
			}
			found = append(found, finding{"denied", fmt.Sprintf("%s links %s, by way of %s", folder, linked, g.importer(main, linked)), d.reason})
		}
	}
	return found
}

// checkDear looks for what is too dear for our own packages in a hot binary.
func checkDear(g graph, folder string) (found []finding) {
	main := module + "/" + folder
	for _, linked := range append([]string{main}, g.links(main)...) {
		for _, d := range dear {
			if within(linked, module) && slices.Contains(g[linked], d.library) {
				found = append(found, finding{"dear", fmt.Sprintf("%s links %s, which imports %s", folder, linked, d.library), d.reason})
			}
		}
	}
	return found
}

// importer names a package on the way to what should not be linked.
func (g graph) importer(main, linked string) string {
	for _, p := range append([]string{main}, g.links(main)...) {
		if slices.Contains(g[p], linked) {
			return p
		}
	}
	return "?"
}

func checkList(name string, g graph, folder string, recorded string) (found []finding) {
	have := strings.Fields(recorded)
	var want []string
	for _, p := range g.links(module + "/" + folder) {
		if !standard(p) {
			want = append(want, p)
		}
	}
	for _, p := range want {
		if !slices.Contains(have, p) {
			found = append(found, finding{"dependencies", name + " now links " + p, dependenciesReason})
		}
	}
	for _, p := range have {
		if !slices.Contains(want, p) {
			found = append(found, finding{"dependencies", name + " no longer links " + p, dependenciesReason})
		}
	}
	return found
}

func TestWhatBinariesLink(t *testing.T) {
	t.Parallel()
	folders := binaries(load(t))
	g := listed(t, folders)
	for _, folder := range hot {
		for _, f := range append(checkDenied(g, folder), checkDear(g, folder)...) {
			t.Error(f)
		}
	}
	kept := map[string]bool{}
	for _, folder := range folders {
		name := path.Base(folder)
		file := filepath.Join(lists, name+".txt")
		kept[file] = true
		if *update {
			write(t, file, g, folder)
		}
		recorded, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%v\n    because %s", err, dependenciesReason)
			continue
		}
		for _, f := range checkList(name, g, folder, string(recorded)) {
			t.Error(f)
		}
	}
	stale, err := filepath.Glob(filepath.Join(lists, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stale {
		if !kept[file] {
			t.Errorf("%s is about no binary", file)
		}
	}
}

func write(t *testing.T, file string, g graph, folder string) {
	t.Helper()
	var b strings.Builder
	for _, p := range g.links(module + "/" + folder) {
		if !standard(p) {
			b.WriteString(p + "\n")
		}
	}
	if err := errors.Join(os.MkdirAll(lists, 0o755), os.WriteFile(file, []byte(b.String()), 0o644)); err != nil {
		t.Fatal(err)
	}
}
