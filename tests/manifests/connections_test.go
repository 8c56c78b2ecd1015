package manifests

import (
	"regexp"
	"strconv"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"knative.dev/serving/pkg/apis/autoscaling"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// Connections of one pod: a function's pool (shared/postgres) and Hydra's (hydra-dsn); jobs and people have the rest.
const (
	poolOfFunction = 8
	poolOfHydra    = 100
	others         = 40
)

// With every function at its largest, PostgreSQL refuses nobody.
func TestPostgreSQLHasAConnectionForEveryPod(t *testing.T) {
	t.Parallel()
	allowed := regexp.MustCompile(`max_connections(?:=|: ")(\d+)`)
	for _, name := range overlays {
		all := overlay(t, name)
		wanted := others
		for _, o := range of(all, "serving.knative.dev/v1", "Service") {
			most, err := strconv.Atoi(as[servingv1.Service](t, o).Spec.Template.Annotations[autoscaling.MaxScaleAnnotationKey])
			if err != nil {
				t.Fatal(err)
			}
			wanted += most * poolOfFunction
		}
		have := 0
		for _, o := range all {
			if o.Kind == "StatefulSet" && o.Metadata.Name == "hydra" {
				wanted += int(*as[appsv1.StatefulSet](t, o).Spec.Replicas) * poolOfHydra
			}
			if m := allowed.FindSubmatch(o.text); m != nil {
				have, _ = strconv.Atoi(string(m[1]))
			}
		}
		if have < wanted {
			t.Errorf("%s: PostgreSQL takes %d connections, %d may come", name, have, wanted)
		}
	}
}
