package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/loki"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

const folder = "../../knative/components/monitoring/dashboards"

func TestMain(m *testing.M) {
	plugins.RegisterDefaultPlugins()
	os.Exit(m.Run())
}

// read is what lies in the folder, as Grafana's own types take it: a field they do not know is an error.
func read(t *testing.T) map[string]dashboard.Dashboard {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]dashboard.Dashboard{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var strict, d dashboard.Dashboard
		// The SDK returns a list of errors even when there is none in it, and leaves out rows because of that. What it
		// takes less strictly has them.
		var wrong cog.BuildErrors
		if err := strict.UnmarshalJSONStrict(text); err != nil && (!errors.As(err, &wrong) || len(wrong) > 0) {
			t.Fatalf("%s: %v", path, err)
		}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if err := d.Validate(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		all[filepath.Base(path)] = d
	}
	return all
}

func TestFolderHasTheSevenDashboards(t *testing.T) {
	want := map[string]string{
		"overview.json": "Authway Overview", "application.json": "Application Performance", "infrastructure.json": "Infrastructure",
		"database.json": "Database", "alerts.json": "Alerts", "identity.json": "Identity", "recovery.json": "Recovery",
	}
	got := map[string]string{}
	uids := map[string]string{}
	for name, d := range read(t) {
		got[name] = *d.Title
		if other, taken := uids[*d.Uid]; taken {
			t.Errorf("%s and %s have the uid %s", name, other, *d.Uid)
		}
		uids[*d.Uid] = name
		if want := "authway-" + strings.TrimSuffix(name, ".json"); *d.Uid != want {
			t.Errorf("%s has the uid %s, want %s", name, *d.Uid, want)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the dashboards are %v, want %v", got, want)
	}
}

func TestFilesAreWhatTheCodeWrites(t *testing.T) {
	if err := compare(folder); err != nil {
		t.Error(err)
	}
}

func TestWritingTwiceGivesTheSame(t *testing.T) {
	first, err := files()
	if err != nil {
		t.Fatal(err)
	}
	second, err := files()
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(first, second, bytes.Equal) {
		t.Error("the same code writes different files")
	}
}

func TestCheckFindsWhatDiffers(t *testing.T) {
	for name, spoil := range map[string]func(folder string) error{
		"a file that was changed": func(f string) error { return os.WriteFile(filepath.Join(f, "alerts.json"), []byte("{}\n"), 0o644) },
		"a file that is missing":  func(f string) error { return os.Remove(filepath.Join(f, "alerts.json")) },
		"a file nobody writes":    func(f string) error { return os.WriteFile(filepath.Join(f, "old.json"), []byte("{}\n"), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			made := t.TempDir()
			if code := run([]string{"-out", made}, io.Discard); code != 0 {
				t.Fatalf("writing ends with %d", code)
			}
			if code := run([]string{"-check", made}, io.Discard); code != 0 {
				t.Fatalf("checking what was just written ends with %d", code)
			}
			if err := spoil(made); err != nil {
				t.Fatal(err)
			}
			if code := run([]string{"-check", made}, io.Discard); code != 1 {
				t.Errorf("checking ends with %d, want 1", code)
			}
		})
	}
	for _, arguments := range [][]string{nil, {"-out", "a", "-check", "b"}, {"-out", "a", "b"}, {"-what"}} {
		if code := run(arguments, io.Discard); code != 64 {
			t.Errorf("%v ends with %d, want 64", arguments, code)
		}
	}
}

func TestEveryDashboardIsSetUpTheSame(t *testing.T) {
	for name, d := range read(t) {
		if *d.Editable || *d.Timezone != "browser" || *d.Refresh != "30s" || d.Time.From != "now-6h" || d.Time.To != "now" || !slices.Equal(d.Tags, []string{"authway"}) {
			t.Errorf("%s is set up in a way of its own", name)
		}
		if *d.Description == "" {
			t.Errorf("%s does not say what it is for", name)
		}
		var sources []string
		for _, v := range d.Templating.List {
			if v.Type != "datasource" || *v.Query.String != v.Name {
				t.Errorf("%s has the variable %s, which is no data source", name, v.Name)
			}
			sources = append(sources, v.Name)
		}
		if !slices.Equal(sources, []string{"prometheus", "loki"}) {
			t.Errorf("%s has the variables %v", name, sources)
		}
		if len(d.Links) != 1 || !slices.Equal(d.Links[0].Tags, []string{"authway"}) {
			t.Errorf("%s does not lead to the others", name)
		}
	}
}

func TestEveryPanelSaysWhatIsNormal(t *testing.T) {
	sentence := regexp.MustCompile(`^Normal (is|are|follows) .*\.$`)
	for name, d := range read(t) {
		titles := map[string]bool{}
		for _, p := range panels(d) {
			if p.Title == nil || *p.Title == "" || titles[*p.Title] {
				t.Errorf("%s: panel %d has no title of its own", name, *p.Id)
				continue
			}
			titles[*p.Title] = true
			if p.Description == nil || !sentence.MatchString(*p.Description) {
				t.Errorf("%s, %s: does not say what is normal", name, *p.Title)
			}
			defaults := p.FieldConfig.Defaults
			if defaults.Unit == nil || *defaults.Unit == "" {
				t.Errorf("%s, %s: has no unit", name, *p.Title)
			}
			if defaults.NoValue == nil || *defaults.NoValue == "" {
				t.Errorf("%s, %s: does not say that there is nothing", name, *p.Title)
			}
			// Grafana's own thresholds make everything below 80 green.
			if defaults.Thresholds == nil || len(defaults.Thresholds.Steps) == 0 {
				t.Errorf("%s, %s: leaves its colors to Grafana", name, *p.Title)
			}
			for _, l := range p.Links {
				uid := regexp.MustCompile(`^/d/authway-([a-z]+)\?`).FindStringSubmatch(*l.Url)
				if uid == nil || !slices.ContainsFunc(boards(), func(b board) bool { return b.name == uid[1] }) {
					t.Errorf("%s, %s: leads to %s", name, *p.Title, *l.Url)
				}
			}
		}
	}
}

func TestNoPanelIsOverAnother(t *testing.T) {
	for name, d := range read(t) {
		taken := map[[2]uint32]uint32{}
		ids := map[uint32]bool{}
		for _, placed := range d.Panels {
			at, id := placeOf(placed)
			if ids[id] {
				t.Errorf("%s: two panels have the id %d", name, id)
			}
			ids[id] = true
			if at.W == 0 || at.H == 0 || at.X+at.W > columns {
				t.Errorf("%s: panel %d is at %+v", name, id, at)
			}
			for x := at.X; x < at.X+at.W; x++ {
				for y := at.Y; y < at.Y+at.H; y++ {
					if other, over := taken[[2]uint32{x, y}]; over {
						t.Fatalf("%s: panel %d is over %d", name, id, other)
					}
					taken[[2]uint32{x, y}] = id
				}
			}
		}
	}
}

func placeOf(p dashboard.PanelOrRowPanel) (dashboard.GridPos, uint32) {
	if p.RowPanel != nil {
		return *p.RowPanel.GridPos, p.RowPanel.Id
	}
	return *p.Panel.GridPos, *p.Panel.Id
}

func panels(d dashboard.Dashboard) []dashboard.Panel {
	var all []dashboard.Panel
	for _, p := range d.Panels {
		if p.Panel != nil {
			all = append(all, *p.Panel)
		}
	}
	return all
}

// query is the expression, the data source and the language of what a panel asks.
func query(t *testing.T, target any) (expr, source, language string) {
	t.Helper()
	switch q := target.(type) {
	case *prometheus.Dataquery:
		return q.Expr, *q.Datasource.Uid, *q.Datasource.Type
	case *loki.Dataquery:
		return q.Expr, *q.Datasource.Uid, *q.Datasource.Type
	}
	t.Fatalf("%T is neither PromQL nor LogQL", target)
	return "", "", ""
}

// What an expression must not be: tied to a namespace, or without a data source that its reader can choose.
func TestEveryPanelAsksSomething(t *testing.T) {
	variable := regexp.MustCompile(`\$[_a-zA-Z{][_a-zA-Z}]*`)
	known := map[string][]string{"prometheus": {"$__rate_interval", "$__range"}, "loki": {"$__auto"}}
	for name, d := range read(t) {
		for _, p := range panels(d) {
			if len(p.Targets) == 0 {
				t.Errorf("%s, %s: asks nothing", name, *p.Title)
			}
			for _, target := range p.Targets {
				expr, source, language := query(t, target)
				if strings.TrimSpace(expr) == "" || strings.Contains(expr, "namespace") {
					t.Errorf("%s, %s: asks %q", name, *p.Title, expr)
				}
				if source != "${"+language+"}" {
					t.Errorf("%s, %s: asks %s", name, *p.Title, source)
				}
				for _, v := range variable.FindAllString(expr, -1) {
					if !slices.Contains(known[language], v) {
						t.Errorf("%s, %s: uses %s", name, *p.Title, v)
					}
				}
			}
		}
	}
}

// A single figure is of this moment: over a range, the last value of a series that has ended would go on being shown.
func TestFiguresAreOfThisMoment(t *testing.T) {
	for name, d := range read(t) {
		for _, p := range panels(d) {
			now := p.Type == "stat" || p.Type == "gauge" || p.Type == "table"
			for _, target := range p.Targets {
				if q, ok := target.(*prometheus.Dataquery); ok && *q.Instant != now {
					t.Errorf("%s, %s: asks for an instant is %v", name, *p.Title, *q.Instant)
				}
			}
		}
	}
}

// Hydra has a series of the same name, without the label.
func TestRequestsAreThoseOfFunctions(t *testing.T) {
	files, err := files()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		var d struct {
			Panels []struct {
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				for _, found := range regexp.MustCompile(`\bhttp_requests?_[a-z_]+(\{function!="")?`).FindAllStringSubmatch(q.Expr, -1) {
					if found[1] == "" {
						t.Errorf("%s: %s is not bound to the functions", name, q.Expr)
					}
				}
			}
		}
	}
}
