package manifests

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// Settings that production does not set: Knative does (K_CE_OVERRIDES, by a SinkBinding), their defaults fit every
// pod, or a component brings them (sender-authentication, vacuum, applications).
var left = []string{
	"PORT", "OPS_PORT", "DRAIN_TIMEOUT", "K_SERVICE", "K_CE_OVERRIDES",
	"EVENTS_AUDIENCE", "EVENTS_ISSUER", "EVENTS_ISSUER_MOUNT", "DATABASE_OWNER_URL", "CLIENTS_FILE",
	// Commands that read backups read them; no service does (TestWhatMakesBackupsCannotReadThem).
	"BACKUP_IDENTITY", "POSTGRES_BIN",
}

// Variables that are no settings of ours: Go's runtime reads the one, and others are made of the other.
var variables = []string{"GOMEMLIMIT", "DATABASE_ADDRESS"}

// reads are the methods of config.Reader that read a setting.
var reads = []string{"String", "Required", "Secret", "RequiredSecret", "URL", "RequiredURL", "Int", "Duration", "Bool", "List"}

// source parses a folder's Go files without tests, and those below it.
func source(t *testing.T, folder string) []*ast.File {
	t.Helper()
	var all []*ast.File
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		all = append(all, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// literals are the first string arguments of calls that wanted takes, where they are spelt out.
func literals(node ast.Node, wanted func(*ast.SelectorExpr) bool) (all []string) {
	ast.Inspect(node, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !wanted(selector) {
			return true
		}
		for _, argument := range call.Args {
			if literal, ok := argument.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil {
					all = append(all, text)
				}
				break
			}
		}
		return true
	})
	return all
}

func isSetting(name string) bool {
	return name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// settingsOf are what a function reads: itself, by way of shared/backend, and as a server.
func settingsOf(t *testing.T, function string) []string {
	t.Helper()
	byReader := func(s *ast.SelectorExpr) bool { return slices.Contains(reads, s.Sel.Name) }
	backend := map[string][]string{}
	for _, file := range source(t, "shared/backend") {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				backend[f.Name.Name] = literals(f, byReader)
			}
		}
	}
	var all []string
	for _, file := range slices.Concat(source(t, "functions/"+function), source(t, "shared/serve")) {
		all = append(all, literals(file, byReader)...)
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "backend" {
					all = append(all, backend[s.Sel.Name]...)
				}
			}
			return true
		})
		// backend.OtherDatabase is told which setting to read.
		all = append(all, literals(file, func(s *ast.SelectorExpr) bool { return s.Sel.Name == "OtherDatabase" })...)
	}
	all = slices.DeleteFunc(all, func(name string) bool { return !isSetting(name) || slices.Contains(left, name) })
	slices.Sort(all)
	return slices.Compact(all)
}

func TestFunctionsAreToldWhatTheyReadAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, o := range of(overlay(t, "production"), "serving.knative.dev/v1", "Service") {
		want := settingsOf(t, o.Metadata.Name)
		if len(want) < 2 {
			t.Errorf("%s reads %v: this test no longer finds settings in the sources", o, want)
		}
		var have []string
		for _, e := range as[servingv1.Service](t, o).Spec.Template.Spec.Containers[0].Env {
			if !slices.Contains(variables, e.Name) {
				have = append(have, e.Name)
			}
		}
		for _, name := range want {
			if !slices.Contains(have, name) {
				t.Errorf("%s reads %s and is not given it", o, name)
			}
		}
		if o.Metadata.Name == "maintenance" {
			// What it reads for nothing but the configuration's copy.
			want = append(want, bundled(t)...)
		}
		for _, name := range have {
			if !slices.Contains(want, name) {
				t.Errorf("%s is given %s and never reads it", o, name)
			}
		}
	}
}

// catalogued are the schedules of the jobs' catalogue.
func catalogued(t *testing.T) map[string]string {
	t.Helper()
	crons := map[string]string{}
	for _, entry := range variable(t, "shared/journal", "Catalogue").Elts {
		// Its name, its schedule and what it does.
		if texts := stringsIn(t, entry); len(texts) == 3 {
			crons[texts[0]] = texts[1]
		}
	}
	return crons
}

func TestEveryJobHasASchedule(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "run", "./functions/maintenance/cmd/maintenance", "list")
	list.Dir = root
	// This module's own settings are not the program's.
	list.Env = append(os.Environ(), "GOFLAGS=")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var jobs []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 0 {
			jobs = append(jobs, fields[0])
		}
	}
	crons := catalogued(t)
	var scheduled []string
	for _, o := range of(overlay(t, "production"), "sources.knative.dev/v1", "PingSource") {
		// The drill is no job of maintenance, which may not read backups.
		if o.Metadata.Name == "restore-drill" {
			continue
		}
		name := as[sourcesv1.PingSource](t, o).Spec.CloudEventOverrides.Extensions["job"]
		if strings.ReplaceAll(name, ".", "-") != o.Metadata.Name {
			t.Errorf("%s is for the job %q", o, name)
		}
		scheduled = append(scheduled, name)
		if cron := as[sourcesv1.PingSource](t, o).Spec.Schedule; crons[name] != cron {
			t.Errorf("%s looks at %q, and the catalogue says %q", o, cron, crons[name])
		}
	}
	slices.Sort(jobs)
	slices.Sort(scheduled)
	if len(jobs) == 0 || !slices.Equal(jobs, scheduled) {
		t.Errorf("the jobs are %v, those with a schedule %v", jobs, scheduled)
	}
}

// pathsOf are the paths that a function answers.
func pathsOf(t *testing.T, folder string) (all []string) {
	t.Helper()
	for _, file := range source(t, folder) {
		for _, pattern := range literals(file, func(s *ast.SelectorExpr) bool { return s.Sel.Name == "Handle" || s.Sel.Name == "HandleFunc" }) {
			_, path, ok := strings.Cut(pattern, " ")
			if !ok {
				path = pattern
			}
			all = append(all, path)
		}
	}
	return all
}

func TestEveryPathIsAnswered(t *testing.T) {
	t.Parallel()
	all := overlay(t, "production")
	maintenance, token := pathsOf(t, "functions/maintenance"), pathsOf(t, "functions/token")
	want := func(where string, have []string, path string) {
		if !slices.Contains(have, path) {
			t.Errorf("%s sends to %s, which nobody answers (%v)", where, path, have)
		}
	}
	for _, o := range of(all, "eventing.knative.dev/v1", "Trigger") {
		want(o.String(), maintenance, as[eventingv1.Trigger](t, o).Spec.Subscriber.URI.Path)
	}
	for _, o := range of(all, "eventing.knative.dev/v1", "Broker") {
		want(o.String(), maintenance, as[eventingv1.Broker](t, o).Spec.Delivery.DeadLetterSink.URI.Path)
	}
	for _, hook := range []string{"/hooks/token", "/hooks/refresh"} {
		want("Hydra", token, hook)
		for _, o := range of(all, "v1", "ConfigMap") {
			if o.Metadata.Name == "hydra-config" && !strings.Contains(string(o.text), ".svc.cluster.local"+hook) {
				t.Errorf("Hydra is not told of %s", hook)
			}
		}
	}
}

func TestTriggersLetThroughWhatPingSourcesSend(t *testing.T) {
	t.Parallel()
	for _, o := range of(overlay(t, "production"), "eventing.knative.dev/v1", "Trigger") {
		if got := as[eventingv1.Trigger](t, o).Spec.Filter.Attributes["type"]; got != sourcesv1.PingSourceEventType {
			t.Errorf("%s waits for %q", o, got)
		}
	}
}

func TestEverySecretThatIsMadeIsRead(t *testing.T) {
	t.Parallel()
	// whole are those of which a pod is given every key.
	var read, whole []string
	for _, name := range overlays {
		for _, o := range overlay(t, name) {
			for _, p := range podsOf(t, o) {
				for _, r := range readsOf(p) {
					read = append(read, r.from+" "+r.key)
				}
				for _, c := range p.Containers {
					for _, e := range c.EnvFrom {
						whole = append(whole, "Secret "+e.SecretRef.Name)
					}
				}
			}
			// CloudNativePG reads its owners' by itself.
			if o.Kind == "Cluster" {
				for _, secret := range []string{"Secret authway-database-owner", "Secret authway-database-hydra", "Secret authway-database-backup", "Secret authway-database-monitor"} {
					read = append(read, secret+" username", secret+" password")
				}
			}
		}
	}
	for secret, keys := range keysOf(t, nil) {
		for _, key := range keys {
			// A volume of all of it is read without a key.
			if !slices.Contains(read, secret+" "+key) && !slices.Contains(read, secret+" ") && !slices.Contains(slices.Concat(awaited, whole), secret) {
				t.Errorf("nobody reads %s of %s", key, secret)
			}
		}
	}
}
