package manifests

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	netapis "knative.dev/networking/pkg/apis/networking"
	"knative.dev/serving/pkg/apis/autoscaling"
	"knative.dev/serving/pkg/apis/serving"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// Annotation and label keys of Knative that the manifests use, by where they work. A misspelt one is taken by
// Knative without a word: a hook would be public, a limit would be none.
var (
	onTemplates = []string{
		autoscaling.MinScaleAnnotationKey, autoscaling.MaxScaleAnnotationKey, autoscaling.TargetAnnotationKey,
		autoscaling.WindowAnnotationKey,
		serving.QueueSidecarCPUResourceRequestAnnotationKey, serving.QueueSidecarCPUResourceLimitAnnotationKey,
		serving.QueueSidecarMemoryResourceRequestAnnotationKey, serving.QueueSidecarMemoryResourceLimitAnnotationKey,
	}
	onServices = []string{serving.RolloutDurationKey}
)

// Ports of a pod that queue-proxy has.
var queueProxy = []int32{8008, 8012, 8013, 8022, 8112, 9090, 9091}

func TestNothingIsPrivilegedUnboundedOrFloating(t *testing.T) {
	t.Parallel()
	for _, name := range overlays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			posture(t, overlay(t, name))
		})
	}
}

func posture(t *testing.T, all []object) {
	t.Helper()
	for _, o := range all {
		for _, p := range podsOf(t, o) {
			podPosture(t, o, p)
		}
	}
	for _, o := range of(all, "serving.knative.dev/v1", "Service") {
		servicePosture(t, o, as[servingv1.Service](t, o))
	}
	for _, o := range of(all, "batch/v1", "Job") {
		jobPosture(t, o, as[batchv1.Job](t, o).Spec)
	}
	for _, o := range of(all, "sinks.knative.dev/v1alpha1", "JobSink") {
		spec := as[jobSink](t, o).Spec.Job.Spec
		jobPosture(t, o, spec)
		if spec.TTLSecondsAfterFinished == nil {
			t.Errorf("%s: its Jobs are kept for ever, one for each event", o)
		}
	}
}

// jobPosture: no Job runs for ever, or is tried as often as Kubernetes likes.
func jobPosture(t *testing.T, o object, s batchv1.JobSpec) {
	t.Helper()
	if s.ActiveDeadlineSeconds == nil || s.BackoffLimit == nil {
		t.Errorf("%s has no end", o)
	}
}

var image = regexp.MustCompile(`^(ko://[a-z0-9./-]+|[a-z0-9./_-]+(:v?[0-9][0-9A-Za-z.-]*|@sha256:[0-9a-f]{64}))$`)

func podPosture(t *testing.T, o object, p pod) {
	t.Helper()
	if p.AutomountServiceAccountToken == nil || *p.AutomountServiceAccountToken {
		t.Errorf("%s mounts a token that it has no use for", o)
	}
	if p.EnableServiceLinks == nil || *p.EnableServiceLinks {
		t.Errorf("%s is told of every service of the namespace", o)
	}
	if p.HostNetwork || p.HostPID || p.HostIPC {
		t.Errorf("%s is in the node's namespaces", o)
	}
	for _, v := range p.Volumes {
		if v.HostPath != nil {
			t.Errorf("%s mounts a folder of the node", o)
		}
		if v.EmptyDir != nil && v.EmptyDir.SizeLimit == nil {
			t.Errorf("%s: volume %s may fill the node's disk", o, v.Name)
		}
	}
	mounts(t, o, p)
	for _, c := range append(slices.Clone(p.InitContainers), p.Containers...) {
		if !image.MatchString(c.Image) || strings.HasSuffix(c.Image, ":latest") {
			t.Errorf("%s: image %q names no release", o, c.Image)
		}
		for _, kind := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			_, limited := c.Resources.Limits[kind]
			if _, requested := c.Resources.Requests[kind]; !limited || !requested {
				t.Errorf("%s: container %s has no bounds of %s", o, c.Name, kind)
			}
		}
		s := c.SecurityContext
		if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || s.Privileged != nil && *s.Privileged ||
			s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem ||
			s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 {
			t.Errorf("%s: container %s may do more than it has to", o, c.Name)
			continue
		}
		nonRoot := s.RunAsNonRoot != nil && *s.RunAsNonRoot && s.SeccompProfile != nil ||
			p.SecurityContext != nil && p.SecurityContext.RunAsNonRoot != nil && *p.SecurityContext.RunAsNonRoot && p.SecurityContext.SeccompProfile != nil
		if !nonRoot {
			t.Errorf("%s: container %s may be root, or call what it likes", o, c.Name)
		}
	}
}

// mounts asks whether every volume is mounted, and nothing else.
func mounts(t *testing.T, o object, p pod) {
	t.Helper()
	var have, want []string
	for _, v := range p.Volumes {
		have = append(have, v.Name)
	}
	for _, c := range append(slices.Clone(p.InitContainers), p.Containers...) {
		for _, m := range c.VolumeMounts {
			want = append(want, m.Name)
		}
	}
	have = append(have, p.claims...)
	slices.Sort(have)
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(have, want) {
		t.Errorf("%s has the volumes %v and mounts %v", o, have, want)
	}
}

func servicePosture(t *testing.T, o object, s *servingv1.Service) {
	t.Helper()
	if s.Labels[netapis.VisibilityLabelKey] != serving.VisibilityClusterLocal {
		t.Errorf("%s has an address outside the cluster", o)
	}
	template := s.Spec.Template
	for key := range s.Annotations {
		if strings.Contains(key, "knative.dev/") && !slices.Contains(onServices, key) {
			t.Errorf("%s: no annotation %s works on a service", o, key)
		}
	}
	for key := range template.Annotations {
		if strings.Contains(key, "knative.dev/") && !slices.Contains(onTemplates, key) {
			t.Errorf("%s: no annotation %s works on a template", o, key)
		}
	}
	if n := template.Annotations[autoscaling.MaxScaleAnnotationKey]; n == "" || n == "0" {
		t.Errorf("%s may grow without end", o)
	}
	if template.Labels["app"] != "authway-backend" || template.Labels["function"] != s.Name {
		t.Errorf("%s: its pods are not found by app and function: %v", o, template.Labels)
	}
	if template.Spec.ServiceAccountName != s.Name {
		t.Errorf("%s runs as %q, not as itself", o, template.Spec.ServiceAccountName)
	}
	if r, all := template.Spec.ResponseStartTimeoutSeconds, template.Spec.TimeoutSeconds; r == nil || all == nil || *r > *all {
		t.Errorf("%s waits for an answer longer than a request may take", o)
	}
	c := template.Spec.Containers[0]
	if c.ReadinessProbe == nil || c.LivenessProbe == nil {
		t.Errorf("%s is not probed", o)
	}
	for _, p := range c.Ports {
		if slices.Contains(queueProxy, p.ContainerPort) {
			t.Errorf("%s: port %d is queue-proxy's", o, p.ContainerPort)
		}
	}
}
