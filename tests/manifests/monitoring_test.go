package manifests

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/grafana/alloy/syntax/parser"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// watchers are who may ask the API server, beside backups (TestTheRoleIsTheTableOfTheCode),
// and for what.
var watchers = map[string][]string{
	"Role prometheus":                {"/pods"},
	"Role kube-state-metrics":        {"/pods", "/persistentvolumeclaims", "apps/deployments", "apps/statefulsets", "batch/jobs", "serving.knative.dev/services"},
	"Role alloy":                     {"/pods", "/pods/log"},
	"ClusterRole authway-prometheus": {"/nodes", "/nodes/metrics", "apiextensions.k8s.io/customresourcedefinitions"},
}

func TestWhatWatchesMayLookAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"staging", "production"} {
		all := overlay(t, name)
		found := 0
		for _, o := range slices.Concat(of(all, "rbac.authorization.k8s.io/v1", "Role"), of(all, "rbac.authorization.k8s.io/v1", "ClusterRole")) {
			if o.Metadata.Name == "maintenance-backup" {
				continue
			}
			found++
			var have []string
			for _, rule := range as[rbacv1.ClusterRole](t, o).Rules {
				for _, verb := range rule.Verbs {
					if !slices.Contains([]string{"get", "list", "watch"}, verb) {
						t.Errorf("%s: %s may %s", name, o, verb)
					}
				}
				for _, resource := range rule.Resources {
					have = append(have, rule.APIGroups[0]+"/"+resource)
				}
			}
			if want := watchers[o.String()]; !slices.Equal(have, want) {
				t.Errorf("%s: %s reaches %v, want %v", name, o, have, want)
			}
		}
		if found != len(watchers) {
			t.Errorf("%s: %d of %d roles are there", name, found, len(watchers))
		}
		for _, o := range of(all, "rbac.authorization.k8s.io/v1", "ClusterRoleBinding") {
			for _, s := range as[rbacv1.ClusterRoleBinding](t, o).Subjects {
				if s.Namespace != "authway-"+name {
					t.Errorf("%s gives rights in all of the cluster to %s of %q", o, s.Name, s.Namespace)
				}
			}
		}
	}
}

// What is not of Kubernetes in the component's ConfigMaps is what its programs read.
func TestAlloyReadsItsFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "knative/components/monitoring/alloy/config.alloy"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ParseFile("config.alloy", text); err != nil {
		t.Error(err)
	}
	if _, err := parser.ParseFile("broken", append(text, "loki.write {"...)); err == nil {
		t.Error("half a block is taken")
	}
}

// An annotation holds 256 KiB, and kubectl apply keeps a whole ConfigMap in one.
func TestConfigMapsFitIntoWhatApplyKeeps(t *testing.T) {
	t.Parallel()
	for _, o := range of(overlay(t, "production"), "v1", "ConfigMap") {
		size := 0
		for key, value := range as[corev1.ConfigMap](t, o).Data {
			size += len(key) + len(value)
		}
		// Quotation marks are kept with a backslash.
		if limit := 200 << 10; size > limit {
			t.Errorf("%s has %d bytes, at most %d are applied", o, size, limit)
		}
	}
}
