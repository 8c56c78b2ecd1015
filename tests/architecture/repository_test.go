package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is a Go file as far as the rules look at it. Paths are relative to the repository, with slashes.
type source struct {
	path      string
	pkg       string
	doc       string
	imports   []string
	uses      []string
	functions map[string]int
	lines     int
	test      bool
	generated bool
}

func (s source) folder() string { return path.Dir(s.path) }

// production tells whether the file ends up in a binary that is deployed.
func (s source) production() bool { return !s.test && !within(s.path, "tests") }

type repository struct {
	top     []string
	goMod   string
	sources []source
}

const root = "../.."

func load(t *testing.T) repository {
	t.Helper()
	var r repository
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		r.top = append(r.top, e.Name())
	}
	goMod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	r.goMod = string(goMod)
	err = filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if e.IsDir() {
			if rel != "." && foreign(name, e.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if path.Ext(rel) != ".go" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		s, err := read(rel, text)
		r.sources = append(r.sources, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// foreign tells folders whose sources are not ours or are another module's.
func foreign(folder, name string) bool {
	if strings.HasPrefix(name, ".") || slices.Contains(skipped, name) {
		return true
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

func read(rel string, text []byte) (source, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, rel, text, parser.ParseComments)
	if err != nil {
		return source{}, err
	}
	s := source{
		path: rel, pkg: file.Name.Name, test: strings.HasSuffix(rel, "_test.go"),
		doc: file.Doc.Text(), generated: ast.IsGenerated(file), functions: map[string]int{},
		lines: strings.Count(string(text), "\n"),
	}
	names := map[string]string{}
	for _, i := range file.Imports {
		imported, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return source{}, err
		}
		s.imports = append(s.imports, imported)
		name := path.Base(imported)
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = imported
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			// An identifier with an object is a variable that hides the package.
			if x, ok := n.X.(*ast.Ident); ok && x.Obj == nil && names[x.Name] != "" {
				s.uses = append(s.uses, names[x.Name]+"."+n.Sel.Name)
			}
		case *ast.FuncDecl:
			s.functions[n.Name.Name] = set.Position(n.End()).Line - set.Position(n.Pos()).Line + 1
		}
		return true
	})
	return s, nil
}

// within tells whether a path or import path is folder or lies under it.
func within(p, folder string) bool {
	return p == folder || strings.HasPrefix(p, folder+"/")
}

func withinAny(p string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return within(p, f) })
}

// own returns an import's folder when it is one of ours.
func own(imported string) (string, bool) {
	return strings.CutPrefix(imported, module+"/")
}
