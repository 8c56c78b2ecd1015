package manifests

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

const bundleFolder = "functions/maintenance/backup/bundle"

// variable is the value of a package's variable in one of its files.
func variable(t *testing.T, folder, name string) *ast.CompositeLit {
	t.Helper()
	var found *ast.CompositeLit
	for _, file := range source(t, folder) {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 && spec.Names[0].Name == name {
				found, _ = spec.Values[0].(*ast.CompositeLit)
			}
			return true
		})
	}
	if found == nil {
		t.Fatalf("%s has no variable %s: this test no longer finds what the code says", folder, name)
	}
	return found
}

// stringsIn are the string literals of an expression, in their order.
func stringsIn(t *testing.T, node ast.Node) (all []string) {
	t.Helper()
	ast.Inspect(node, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
		return true
	})
	return all
}

// bundled are the settings that the configuration's copy has.
func bundled(t *testing.T) []string {
	t.Helper()
	return stringsIn(t, variable(t, bundleFolder, "names"))
}

// A setting that is not in the bundle is one that nobody has any more after the
// machine is gone. Those of one process are made anew, and the key that opens the
// bundle does not lie in it.
func TestTheBundleHasEverySetting(t *testing.T) {
	t.Parallel()
	names := bundled(t)
	for _, function := range []string{"login", "consent", "token", "admin", "maintenance"} {
		for _, name := range settingsOf(t, function) {
			if name != "LOG_LEVEL" && !strings.HasPrefix(name, "OTEL_") && !slices.Contains(names, name) {
				t.Errorf("%s reads %s, which no bundle has", function, name)
			}
		}
	}
	if slices.Contains(names, "BACKUP_IDENTITY") {
		t.Error("the key that opens the bundle is in the bundle")
	}
}

// The Role allows what the code lists, and nothing else: less is a job that fails,
// more is a right that nobody has asked for.
func TestTheRoleIsTheTableOfTheCode(t *testing.T) {
	t.Parallel()
	var want []string
	for _, element := range variable(t, bundleFolder, "groups").Elts {
		words := stringsIn(t, element)
		group, _, named := strings.Cut(strings.TrimPrefix(words[0], "/apis/"), "/")
		if words[0] == "/api/v1" {
			group = ""
		} else if !named {
			t.Fatalf("%q is no path of the API", words[0])
		}
		for _, plural := range words[1:] {
			want = append(want, group+"/"+plural)
		}
	}
	var have []string
	for _, o := range of(overlay(t, "production"), "rbac.authorization.k8s.io/v1", "Role") {
		if o.Metadata.Name != "maintenance-backup" {
			continue
		}
		for _, rule := range as[rbacv1.Role](t, o).Rules {
			if !slices.Equal(rule.Verbs, []string{"list"}) || len(rule.APIGroups) != 1 || len(rule.ResourceNames) > 0 {
				t.Errorf("%s: it lists, and no more: %v", o, rule)
			}
			for _, resource := range rule.Resources {
				have = append(have, rule.APIGroups[0]+"/"+resource)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if len(want) < 20 || !slices.Equal(have, want) {
		t.Errorf("the code lists\n%v\nand the Role allows\n%v", want, have)
	}
}

// sinks are the Jobs of an overlay's JobSinks, by name.
func sinks(t *testing.T, all []object) map[string]batchv1.JobSpec {
	t.Helper()
	found := map[string]batchv1.JobSpec{}
	for _, o := range of(all, "sinks.knative.dev/v1alpha1", "JobSink") {
		found[o.Metadata.Name] = as[jobSink](t, o).Spec.Job.Spec
	}
	return found
}

// The Job that outlasts an event is the service with other arguments: a setting
// that only one of them has is a backup that is made of something else.
func TestTheFullBackupIsTheServiceInAJob(t *testing.T) {
	t.Parallel()
	for _, all := range [][]object{
		overlay(t, "production"), overlay(t, "staging"), composed(t, "hydra", "backup", "cloudnativepg", "redis", "edge"),
	} {
		full, there := sinks(t, all)["backup-full"]
		if !there {
			t.Fatal("there is no JobSink backup-full")
		}
		inJob := full.Template.Spec
		for _, o := range of(all, "serving.knative.dev/v1", "Service") {
			if o.Metadata.Name != "maintenance" {
				continue
			}
			inService := as[servingv1.Service](t, o).Spec.Template.Spec
			a, b := inService.Containers[0], inJob.Containers[0]
			for what, pair := range map[string][2]any{
				"settings": {a.Env, b.Env}, "settings from Secrets": {a.EnvFrom, b.EnvFrom}, "image": {a.Image, b.Image},
				"mounts": {a.VolumeMounts, b.VolumeMounts}, "volumes": {inService.Volumes, inJob.Volumes},
				"account": {inService.ServiceAccountName, inJob.ServiceAccountName},
			} {
				if !reflect.DeepEqual(pair[0], pair[1]) {
					t.Errorf("%s of the service:\n%v\nof the Job:\n%v", what, pair[0], pair[1])
				}
			}
		}
		if got := inJob.Containers[0].Args; !slices.Equal(got, []string{"run", "backup.full"}) {
			t.Errorf("the Job runs %v", got)
		}
	}
}

// Who makes backups cannot read them: a pod that was taken over gives away what is
// there now, and not what was there a month ago.
func TestWhatMakesBackupsCannotReadThem(t *testing.T) {
	t.Parallel()
	readers := 0
	for _, name := range overlays {
		for _, o := range overlay(t, name) {
			for _, p := range podsOf(t, o) {
				for _, c := range slices.Concat(p.InitContainers, p.Containers) {
					if !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return strings.HasPrefix(e.Name, "BACKUP_IDENTITY") }) &&
						!slices.ContainsFunc(readsOf(pod{PodSpec: corev1.PodSpec{Containers: []corev1.Container{c}, Volumes: p.Volumes}}),
							func(r reading) bool { return r.from == "Secret authway-backup-identity" }) {
						continue
					}
					readers++
					if o.Kind != "JobSink" || o.Metadata.Name != "restore-drill" {
						t.Errorf("%s of %s is given the key that opens backups", o, name)
					}
				}
			}
		}
	}
	if readers == 0 {
		t.Error("nobody practises restores")
	}
}

// An event for a JobSink that stands behind the Broker would wait for the work.
func TestLongJobsGoToTheirJobSink(t *testing.T) {
	t.Parallel()
	all := overlay(t, "production")
	jobs := sinks(t, all)
	fed := map[string]bool{}
	for _, o := range of(all, "sources.knative.dev/v1", "PingSource") {
		ref := as[sourcesv1.PingSource](t, o).Spec.Sink.Ref
		if _, own := jobs[o.Metadata.Name]; own != (ref.Kind == "JobSink") || own && ref.Name != o.Metadata.Name {
			t.Errorf("%s sends to the %s %s", o, ref.Kind, ref.Name)
		}
		fed[o.Metadata.Name] = true
	}
	for name := range jobs {
		if !fed[name] {
			t.Errorf("nothing wakes the JobSink %s", name)
		}
	}
}

// recovery is the manifest of a restore, as the script fills it in.
func recovery(t *testing.T) []object {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "knative", "recovery", "restore.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, []byte(strings.NewReplacer("CLAIM", "restored", "SIZE", "50Gi", "TIME", "latest").Replace(string(text))))
}

// A restore in the cluster reads what the drill reads, with the program that the
// drill has tried.
func TestTheRestoreIsTheDrillsProgram(t *testing.T) {
	t.Parallel()
	all := recovery(t)
	check(t, all)
	posture(t, all)
	jobs := of(all, "batch/v1", "Job")
	if len(jobs) != 1 || len(of(all, "v1", "PersistentVolumeClaim")) != 1 {
		t.Fatalf("it makes %v", all)
	}
	restore := as[batchv1.Job](t, jobs[0]).Spec.Template
	drill := sinks(t, overlay(t, "production"))["restore-drill"].Template
	a, b := restore.Spec.Containers[0], drill.Spec.Containers[0]
	if a.Image != b.Image || !reflect.DeepEqual(restore.Labels, drill.Labels) || !reflect.DeepEqual(a.EnvFrom, b.EnvFrom) ||
		!reflect.DeepEqual(restore.Spec.SecurityContext, drill.Spec.SecurityContext) {
		t.Error("it is another program, with another network or as somebody else")
	}
	for _, e := range a.Env {
		if !slices.ContainsFunc(b.Env, func(other corev1.EnvVar) bool { return reflect.DeepEqual(e, other) }) {
			t.Errorf("%s is not what the drill is given", e.Name)
		}
	}
	if len(a.Args) == 0 || a.Args[0] != "restore" {
		t.Errorf("it runs %v", a.Args)
	}
}

// The image of the drill has PostgreSQL's programs, of the release that runs.
func TestTheDrillHasTheServersPrograms(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, ".ko.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all := overlay(t, "staging")
	for _, o := range of(all, "apps/v1", "StatefulSet") {
		if o.Metadata.Name != "postgres" {
			continue
		}
		server := podsOf(t, o)[0].Containers[0].Image
		if !strings.Contains(string(text), "\n  github.com/authway/authway/functions/standalone/cmd/drill: "+server) {
			t.Errorf(".ko.yaml does not build the drill on %s", server)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "functions", "standalone", "cmd", "drill", "main.go")); err != nil {
		t.Error(err)
	}
}
