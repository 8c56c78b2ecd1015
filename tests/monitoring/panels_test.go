package monitoring

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// asked is an expression of a panel.
type asked struct{ dashboard, panel, kind, expression string }

// questions are all that the dashboards ask.
func questions(t *testing.T) (all []asked) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(component, "dashboards", "*.json"))
	if err != nil || len(files) != 7 {
		t.Fatalf("there are %d dashboards (%v), want 7", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var dashboard struct {
			Panels []struct {
				Title, Type string
				Targets     []struct {
					Expr       string
					Datasource struct{ Type string }
				}
			}
		}
		if err := json.Unmarshal(raw, &dashboard); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, p := range dashboard.Panels {
			for _, target := range p.Targets {
				all = append(all, asked{filepath.Base(file), p.Title, target.Datasource.Type, target.Expr})
			}
		}
	}
	return all
}

var variable = regexp.MustCompile(`\$\{?__(rate_interval|interval|range|auto)\}?`)

// everyPanelShowsSomething asks each panel's expressions on a system that is used, and
// returns those that are about alerts, of which there are none yet.
func (w *world) everyPanelShowsSomething(t *testing.T) (silent []asked) {
	t.Helper()
	for _, q := range questions(t) {
		if q.kind == "prometheus" {
			q.expression = hastened(variable.ReplaceAllString(q.expression, "5m"))
			silent = append(silent, q)
		}
	}
	if len(silent) < 50 {
		t.Errorf("the dashboards ask only %d questions: is this still how they are written?", len(silent))
	}
	// The audit log is sealed a minute behind.
	asking := time.Now()
	quiet := func(q asked) bool { return q.dashboard == "alerts.json" }
	for time.Since(asking) < 2*patience && slices.ContainsFunc(silent, func(q asked) bool { return !quiet(q) }) {
		silent = w.stillSilent(t, silent)
	}
	for _, q := range silent {
		if !quiet(q) {
			t.Errorf("%s, %s: %s returns no data", q.dashboard, q.panel, q.expression)
		}
	}
	for _, r := range rules(t, recording) {
		if series, err := w.query(r.Record); err != nil || series == 0 {
			t.Errorf("%s has no data (%v)", r.Record, err)
		}
	}
	return slices.DeleteFunc(silent, func(q asked) bool { return !quiet(q) })
}

// stillSilent are those of the questions that return no data now, either.
func (w *world) stillSilent(t *testing.T, all []asked) []asked {
	t.Helper()
	return slices.DeleteFunc(all, func(q asked) bool {
		series, err := w.query(q.expression)
		if err != nil {
			t.Fatalf("%s, %s: %v", q.dashboard, q.panel, err)
		}
		return series > 0
	})
}

// LogQL is parsed by the grammar that Grafana's own editor has (@grafana/lezer-logql).
func TestLogQuestionsAreLogQL(t *testing.T) {
	t.Parallel()
	var expressions []string
	for _, q := range questions(t) {
		if q.kind == "loki" {
			expressions = append(expressions, variable.ReplaceAllString(q.expression, "5m"))
		}
	}
	if len(expressions) < 3 {
		t.Fatalf("the dashboards ask only %d questions of logs", len(expressions))
	}
	if complaints := parseLogQL(t, expressions); len(complaints) > 0 {
		t.Errorf("no LogQL: %s", strings.Join(complaints, "\n"))
	}
	if complaints := parseLogQL(t, []string{`{app="a" | json`, `sum(rate({app="a"}[5m])`, `{}}`}); len(complaints) != 3 {
		t.Errorf("what is no LogQL is taken for it: %v", complaints)
	}
}
