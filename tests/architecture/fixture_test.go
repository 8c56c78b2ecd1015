package architecture

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// sound is a repository that breaks no rule.
func sound() repository {
	r := repository{top: []string{"README.md", "go.mod", "shared", "functions", ".git"}}
	for _, p := range replaced {
		r.goMod += "replace " + p.module + " => " + p.by + "\n"
	}
	for _, name := range shaped {
		for _, file := range shape {
			r.sources = append(r.sources, sourceAt(path.Join("functions", name, file)))
		}
		main := sourceAt(path.Join("functions", name, "cmd", name, "main.go"), module+"/functions/"+name, module+"/shared/serve")
		main.pkg = "main"
		r.sources = append(r.sources, main)
	}
	for i, ring := range rings {
		for _, name := range ring {
			s := sourceAt("shared/" + name + "/doc.go")
			if i > 0 {
				s.imports = []string{module + "/shared/" + rings[i-1][0]}
			}
			r.sources = append(r.sources, s)
		}
	}
	return r
}

func sourceAt(name string, imports ...string) source {
	return source{path: name, pkg: path.Base(path.Dir(name)), doc: "Package comment.", imports: imports, lines: 10}
}

func with(sources ...source) repository {
	r := sound()
	r.sources = append(r.sources, sources...)
	return r
}

func TestASoundRepositoryBreaksNoRule(t *testing.T) {
	t.Parallel()
	for _, f := range check(sound()) {
		t.Error(f)
	}
}

// broken breaks each kind of rule in its ways; said is what the finding has to name.
var broken = []struct {
	rule, said string
	in         repository
}{
	{"rings", "shared/clock/a.go imports shared/serve", with(sourceAt("shared/clock/a.go", module+"/shared/serve"))},
	{"rings", "shared/flow/a.go imports shared/postgres", with(sourceAt("shared/flow/a.go", module+"/shared/postgres"))},
	{"rings", "its neighbour shared/account", with(sourceAt("shared/grant/a.go", module+"/shared/account"))},
	{"rings", "shared/newcomer is in no ring", with(sourceAt("shared/newcomer/doc.go"))},
	{"rings", "shared/clock/deep/a.go imports shared/serve", with(sourceAt("shared/clock/deep/a.go", module+"/shared/serve"))},
	{"isolation", "functions/login/a.go imports functions/consent", with(sourceAt("functions/login/a.go", module+"/functions/consent"))},
	{"isolation", "functions/login/a.go imports functions/standalone/edge", with(sourceAt("functions/login/a.go", module+"/functions/standalone/edge"))},
	{"names", "shared/clock/util", with(sourceAt("shared/clock/util/a.go"))},
	{"limits", "a.go has 401 lines", with(source{path: "frontend/a.go", doc: "x", lines: 401})},
	{"limits", "Handle has 61 lines", with(source{path: "frontend/a.go", doc: "x", functions: map[string]int{"Handle": 61}})},
	{"mains", "main.go has 16 lines", with(source{path: "functions/login/cmd/login/more/main.go", doc: "x", pkg: "main", lines: 16})},
	{"docs", "shared/clock/undocumented", with(source{path: "shared/clock/undocumented/a.go"})},
	{"shape", "functions/token/open.go is not there", without("functions/token/open.go")},
	{"shape", "functions/token/cmd/token/main.go is not there", without("functions/token/cmd/token/main.go")},
	{"top", "notes.txt", repository{top: append(sound().top, "notes.txt"), goMod: sound().goMod, sources: sound().sources}},
}

func without(name string) repository {
	r := sound()
	r.sources = slices.DeleteFunc(r.sources, func(s source) bool { return s.path == name })
	return r
}

func TestEveryRuleCanFail(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	expect := func(rule, said, reason string, in repository) {
		t.Helper()
		seen[rule] = true
		found := rules[rule](in)
		if !slices.ContainsFunc(found, func(f finding) bool {
			return f.rule == rule && strings.Contains(f.where, said) && f.reason != "" && (reason == "" || f.reason == reason)
		}) {
			t.Errorf("%s: does not notice %q, finds %v", rule, said, found)
		}
	}
	for _, b := range broken {
		expect(b.rule, b.said, "", b.in)
	}
	for _, b := range borders {
		expect("borders", "imports "+b.to, b.reason, with(sourceAt(b.from+"/sub/a.go", module+"/"+b.to+"/sub")))
	}
	for _, d := range doors {
		expect("doors", "imports "+d.library+"/v9", d.reason, with(sourceAt("functions/login/a.go", d.library+"/v9")))
	}
	for _, s := range symbols {
		for _, symbol := range s.symbols {
			expect("symbols", "uses "+symbol, s.reason, with(source{path: "functions/login/a.go", uses: []string{symbol}}))
		}
	}
	for _, n := range nowhere {
		expect("nowhere", "imports "+n.library, n.reason, with(source{path: "shared/clock/a_test.go", test: true, imports: []string{n.library}}))
	}
	for _, p := range replaced {
		expect("replaced", p.module+" => "+p.by, p.reason, repository{goMod: "require " + p.module + " v1.0.0\n"})
	}
	for rule := range rules {
		if !seen[rule] {
			t.Errorf("nothing here breaks %s", rule)
		}
	}
}

// What looks like a breach and is none.
func TestExceptionsAreExceptions(t *testing.T) {
	t.Parallel()
	neighbour := sourceAt("shared/grant/a.go", module+"/shared/account")
	neighbour.doc = "It uses account."
	generated := source{path: "shared/clock/made.go", doc: "x", generated: true, lines: 5000}
	for _, s := range []source{
		neighbour,
		generated,
		sourceAt("functions/standalone/a.go", module+"/functions/login", module+"/migrations"),
		sourceAt("tests/harness/a.go", module+"/functions/standalone", "github.com/redis/go-redis/v9"),
		sourceAt("migrations/a.go", "github.com/uptrace/bun/migrate", "github.com/uptrace/bun"),
		{path: "shared/clock/a_test.go", test: true, imports: []string{module + "/shared/serve"}, uses: []string{"time.Now"}},
		{path: "shared/clock/a.go", doc: "x", uses: []string{"time.Now"}},
	} {
		for _, f := range check(with(s)) {
			t.Error(f)
		}
	}
}

func TestDeniedLinksAreFoundHoweverFarAway(t *testing.T) {
	t.Parallel()
	main := module + "/" + hot[0]
	for _, d := range denied {
		g := graph{main: {"a", "fine"}, "a": {"b"}, "b": {"a", d.library + "/sub"}}
		found := checkDenied(g, hot[0])
		if len(found) != 1 || found[0].reason != d.reason || !strings.Contains(found[0].where, "by way of b") {
			t.Errorf("%s: found %v", d.library, found)
		}
		for _, except := range d.except {
			if found := checkDenied(graph{main: {d.library + "/" + except, d.library + "like"}}, hot[0]); len(found) != 0 {
				t.Errorf("%s/%s: found %v", d.library, except, found)
			}
		}
	}
	if found := checkDenied(graph{}, hot[0]); len(found) != 1 {
		t.Errorf("a binary that is not there: found %v", found)
	}
}

func TestWhatIsDearIsFoundInOurOwnPackagesAlone(t *testing.T) {
	t.Parallel()
	main, ours := module+"/"+hot[0], module+"/shared/deep"
	for _, d := range dear {
		g := graph{main: {"others", ours}, "others": {d.library}, ours: {d.library + "/sub"}}
		if found := checkDear(g, hot[0]); len(found) != 0 {
			t.Errorf("%s of others: found %v", d.library, found)
		}
		g[ours] = append(g[ours], d.library)
		if found := checkDear(g, hot[0]); len(found) != 1 || found[0].reason != d.reason || !strings.Contains(found[0].where, ours) {
			t.Errorf("%s: found %v", d.library, found)
		}
	}
}

func TestAChangedDependencyIsFound(t *testing.T) {
	t.Parallel()
	g := graph{module + "/cmd": {"net/http", "example.com/new", "example.com/old"}}
	if found := checkList("cmd", g, "cmd", "example.com/new\nexample.com/old\n"); len(found) != 0 {
		t.Errorf("nothing changed: found %v", found)
	}
	found := checkList("cmd", g, "cmd", "example.com/old\nexample.com/gone\n")
	if len(found) != 2 || !strings.Contains(found[0].where, "now links example.com/new") || !strings.Contains(found[1].where, "no longer links example.com/gone") {
		t.Errorf("found %v", found)
	}
}

func TestSourcesAreReadAsTheRulesNeedThem(t *testing.T) {
	t.Parallel()
	s, err := read("shared/x/x_test.go", []byte(`// Code generated by hand. DO NOT EDIT.

// Package x is read.
package x

import (
	"os"
	clock "time"
)

func f() {
	clock.Now()
	_ = os.Getenv
}

func g(os struct{ Getenv int }) { _ = os.Getenv }
`))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.uses, []string{"time.Now", "os.Getenv"}) {
		t.Errorf("uses %v", s.uses)
	}
	if !s.test || !s.generated || s.pkg != "x" || s.doc != "Package x is read.\n" || s.lines != 16 || s.functions["f"] != 4 {
		t.Errorf("read %+v", s)
	}
	if !slices.Equal(s.imports, []string{"os", "time"}) {
		t.Errorf("imports %v", s.imports)
	}
}
