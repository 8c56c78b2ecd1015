package architecture

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// finding is a broken rule.
type finding struct{ rule, where, reason string }

func (f finding) String() string {
	return fmt.Sprintf("%s: %s\n    because %s", f.rule, f.where, f.reason)
}

// rules looks at a repository from one side each.
var rules = map[string]func(repository) []finding{
	"rings":     checkRings,
	"borders":   checkBorders,
	"isolation": checkIsolation,
	"doors":     checkDoors,
	"symbols":   checkSymbols,
	"nowhere":   checkNowhere,
	"names":     checkNames,
	"limits":    checkLimits,
	"mains":     checkMains,
	"docs":      checkDocs,
	"shape":     checkShape,
	"top":       checkTop,
	"replaced":  checkReplaced,
}

func check(r repository) []finding {
	var all []finding
	for _, rule := range rules {
		all = append(all, rule(r)...)
	}
	slices.SortFunc(all, func(a, b finding) int { return strings.Compare(a.rule+a.where, b.rule+b.where) })
	return slices.Compact(all)
}

// each calls f with every import of every file that ends up in production.
func (r repository) each(f func(s source, imported string)) {
	for _, s := range r.sources {
		if !s.production() {
			continue
		}
		for _, imported := range s.imports {
			f(s, imported)
		}
	}
}

func ringOf(name string) int {
	return slices.IndexFunc(rings, func(ring []string) bool { return slices.Contains(ring, name) })
}

// sharedName is the package of shared/ that a folder belongs to.
func sharedName(folder string) (string, bool) {
	rest, ok := strings.CutPrefix(folder, "shared/")
	name, _, _ := strings.Cut(rest, "/")
	return name, ok
}

func checkRings(r repository) (found []finding) {
	docs := map[string]string{}
	for _, s := range r.sources {
		name, ok := sharedName(s.folder())
		if !ok {
			continue
		}
		docs[name] += s.doc
		if ringOf(name) < 0 {
			found = append(found, finding{"rings", "shared/" + name + " is in no ring", unknownReason})
		}
	}
	r.each(func(s source, imported string) {
		folder, _ := own(imported)
		from, isShared := sharedName(s.folder())
		to, isSharedToo := sharedName(folder)
		if !isShared || !isSharedToo || from == to {
			return
		}
		switch inner, outer := ringOf(to), ringOf(from); {
		case inner > outer:
			found = append(found, finding{"rings", s.path + " imports shared/" + to + ", which is further out", ringReason})
		case inner == outer && !names(docs[from], to):
			found = append(found, finding{"rings", s.path + " imports its neighbour shared/" + to + ", which its doc.go does not name", neighbourReason})
		}
	})
	return found
}

func names(doc, name string) bool {
	return regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(doc)
}

func checkBorders(r repository) (found []finding) {
	r.each(func(s source, imported string) {
		folder, ours := own(imported)
		for _, b := range borders {
			allowed := within(s.path, "functions/"+assembly) && b.to != "tests"
			if ours && !allowed && within(s.path, b.from) && within(folder, b.to) {
				found = append(found, finding{"borders", s.path + " imports " + folder, b.reason})
			}
		}
	})
	return found
}

func functionName(folder string) string {
	rest, _ := strings.CutPrefix(folder, "functions/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func checkIsolation(r repository) (found []finding) {
	r.each(func(s source, imported string) {
		folder, _ := own(imported)
		if !within(s.path, "functions") || !within(folder, "functions") {
			return
		}
		from, to := functionName(s.folder()), functionName(folder)
		if from != to && from != assembly {
			found = append(found, finding{"isolation", s.path + " imports " + folder, isolationReason})
		}
	})
	return found
}

func checkDoors(r repository) (found []finding) {
	r.each(func(s source, imported string) {
		for _, d := range doors {
			if !within(imported, d.library) {
				continue
			}
			if !withinAny(s.folder(), d.in) {
				found = append(found, finding{"doors", fmt.Sprintf("%s imports %s, whose door is %s", s.path, imported, strings.Join(d.in, ", ")), d.reason})
			}
			// The first door that fits is the library's; a shorter path after it is the rest of it.
			return
		}
	})
	return found
}

func checkSymbols(r repository) (found []finding) {
	for _, s := range r.sources {
		if !s.production() {
			continue
		}
		for _, rule := range symbols {
			for _, use := range s.uses {
				if slices.Contains(rule.symbols, use) && !withinAny(s.folder(), rule.in) {
					found = append(found, finding{"symbols", s.path + " uses " + use, rule.reason})
				}
			}
		}
	}
	return found
}

func checkNowhere(r repository) (found []finding) {
	for _, s := range r.sources {
		for _, imported := range s.imports {
			for _, n := range nowhere {
				exact := !strings.Contains(n.library, ".")
				if imported == n.library || (!exact && within(imported, n.library)) {
					found = append(found, finding{"nowhere", s.path + " imports " + imported, n.reason})
				}
			}
		}
	}
	return found
}

func checkNames(r repository) (found []finding) {
	for _, s := range r.sources {
		for part := range strings.SplitSeq(s.folder(), "/") {
			if slices.Contains(emptyNames, part) {
				found = append(found, finding{"names", s.folder(), namesReason})
			}
		}
	}
	return found
}

func checkLimits(r repository) (found []finding) {
	for _, s := range r.sources {
		if s.generated {
			continue
		}
		if s.lines > fileLines {
			found = append(found, finding{"limits", fmt.Sprintf("%s has %d lines, more than %d", s.path, s.lines, fileLines), fileReason})
		}
		for name, lines := range s.functions {
			if !s.test && lines > functionLines {
				found = append(found, finding{"limits", fmt.Sprintf("%s: %s has %d lines, more than %d", s.path, name, lines, functionLines), functionReason})
			}
		}
	}
	return found
}

func checkMains(r repository) (found []finding) {
	for _, s := range r.sources {
		if s.pkg == "main" && s.production() && !within(s.path, "scripts") && s.lines > mainLines {
			found = append(found, finding{"mains", fmt.Sprintf("%s has %d lines, more than %d", s.path, s.lines, mainLines), mainReason})
		}
	}
	return found
}

func checkDocs(r repository) (found []finding) {
	documented := map[string]bool{}
	for _, s := range r.sources {
		if s.test {
			continue
		}
		documented[s.folder()] = documented[s.folder()] || s.doc != ""
	}
	for folder, ok := range documented {
		if !ok {
			found = append(found, finding{"docs", folder + " has no package comment", docReason})
		}
	}
	return found
}

func checkShape(r repository) (found []finding) {
	for _, name := range shaped {
		folder := path.Join("functions", name)
		for _, file := range append(slices.Clone(shape), path.Join("cmd", name, "main.go")) {
			want := path.Join(folder, file)
			if !slices.ContainsFunc(r.sources, func(s source) bool { return s.path == want }) {
				found = append(found, finding{"shape", want + " is not there", shapeReason})
			}
		}
	}
	return found
}

func checkTop(r repository) (found []finding) {
	for _, name := range r.top {
		if !strings.HasPrefix(name, ".") && !slices.Contains(top, name) {
			found = append(found, finding{"top", name + " lies at the top level", topReason})
		}
	}
	return found
}

func checkReplaced(r repository) (found []finding) {
	for _, p := range replaced {
		line := regexp.MustCompile(`(?m)^\s*(replace )?` + regexp.QuoteMeta(p.module) + `( \S+)? => ` + regexp.QuoteMeta(p.by) + `$`)
		if !line.MatchString(r.goMod) {
			found = append(found, finding{"replaced", fmt.Sprintf("go.mod needs: replace %s => %s", p.module, p.by), p.reason})
		}
	}
	return found
}
