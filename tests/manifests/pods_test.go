package manifests

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// pod is what an object makes pods of.
type pod struct {
	corev1.PodSpec
	labels map[string]string
	// claims are the volumes that a StatefulSet asks for.
	claims []string
}

func podsOf(t *testing.T, o object) []pod {
	t.Helper()
	var template corev1.PodTemplateSpec
	var claims []string
	switch o.APIVersion + "/" + o.Kind {
	case "apps/v1/Deployment":
		template = as[appsv1.Deployment](t, o).Spec.Template
	case "apps/v1/StatefulSet":
		set := as[appsv1.StatefulSet](t, o).Spec
		template = set.Template
		for _, c := range set.VolumeClaimTemplates {
			claims = append(claims, c.Name)
		}
	case "batch/v1/Job":
		template = as[batchv1.Job](t, o).Spec.Template
	case "sinks.knative.dev/v1alpha1/JobSink":
		template = as[jobSink](t, o).Spec.Job.Spec.Template
	case "serving.knative.dev/v1/Service":
		s := as[servingv1.Service](t, o).Spec.Template
		return []pod{{PodSpec: s.Spec.PodSpec, labels: s.Labels}}
	default:
		return nil
	}
	return []pod{{template.Spec, template.Labels, claims}}
}
