package manifests

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
)

// made are Secrets and ConfigMaps that neither an overlay nor the script makes:
// by whom, and with which keys. Only cert-manager's and the operator's are
// waited for; the others have to be optional.
var made = map[string][]string{
	"Secret jwt-keys":          {"private-key", "public-key"},
	"Secret authway-google":    {"client-id", "client-secret"},
	"Secret authway-providers": {"providers"},
	"Secret authway-tls":       {"tls.crt", "tls.key"},
	// Whatever the kind of storage asks for.
	"Secret authway-backup-storage": {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
	"Secret postgres-ca":            {"ca.crt"},
	// Whatever the receivers of alerts ask for.
	"Secret authway-alerts": {"slack", "pagerduty"},
}

var awaited = []string{"Secret authway-tls", "Secret postgres-ca"}

// printed is what scripts/generate-secrets.sh prints. It is asked once: it may have to compile a program.
var printed = sync.OnceValues(func() ([]byte, error) {
	script := exec.Command(filepath.Join(root, "scripts", "generate-secrets.sh"), "authway-production")
	// This module's own settings are not the program's.
	script.Env = append(os.Environ(), "GOFLAGS=")
	var complaints bytes.Buffer
	script.Stderr = &complaints
	out, err := script.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, complaints.String())
	}
	return out, err
})

// generated are the Secrets that the script prints, and the ConfigMap beside them.
func generated(t *testing.T) []object {
	t.Helper()
	out, err := printed()
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, out)
}

func TestEveryNameLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for _, name := range overlays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			references(t, overlay(t, name))
		})
	}
}

// references follows every name from one object to another.
func references(t *testing.T, all []object) {
	t.Helper()
	keys := keysOf(t, all)
	for _, o := range all {
		for _, p := range podsOf(t, o) {
			if a := p.ServiceAccountName; a != "" && !exists(all, "v1", "ServiceAccount", a) {
				t.Errorf("%s: there is no account %s", o, a)
			}
			for _, r := range readsOf(p) {
				have, known := keys[r.from]
				switch {
				case !known:
					t.Errorf("%s: nobody makes %s", o, r.from)
				case r.key != "" && !slices.Contains(have, r.key) && !r.optional:
					t.Errorf("%s: %s has no %s", o, r.from, r.key)
				case made[r.from] != nil && !slices.Contains(awaited, r.from) && !r.optional:
					t.Errorf("%s cannot start without %s, which need not be there", o, r.from)
				}
			}
		}
	}
	events(t, all)
	bindings(t, all)
	policies(t, all)
	addresses(t, all)
}

func keysOf(t *testing.T, all []object) map[string][]string {
	t.Helper()
	keys := map[string][]string{}
	for name, have := range made {
		keys[name] = have
	}
	for _, o := range slices.Concat(all, generated(t)) {
		switch o.Kind {
		case "ConfigMap":
			for key := range as[corev1.ConfigMap](t, o).Data {
				keys[o.String()] = append(keys[o.String()], key)
			}
		case "Secret":
			for key := range as[corev1.Secret](t, o).StringData {
				keys[o.String()] = append(keys[o.String()], key)
			}
		}
	}
	return keys
}

// reading is one key that a pod reads, or all of them.
type reading struct {
	from, key string
	optional  bool
}

func readsOf(p pod) (all []reading) {
	yes := func(b *bool) bool { return b != nil && *b }
	for _, c := range append(slices.Clone(p.InitContainers), p.Containers...) {
		for _, e := range c.Env {
			if e.ValueFrom == nil {
				continue
			}
			if r := e.ValueFrom.SecretKeyRef; r != nil {
				all = append(all, reading{"Secret " + r.Name, r.Key, yes(r.Optional)})
			}
			if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
				all = append(all, reading{"ConfigMap " + r.Name, r.Key, yes(r.Optional)})
			}
		}
		for _, e := range c.EnvFrom {
			if r := e.SecretRef; r != nil {
				all = append(all, reading{"Secret " + r.Name, "", yes(r.Optional)})
			}
			if r := e.ConfigMapRef; r != nil {
				all = append(all, reading{"ConfigMap " + r.Name, "", yes(r.Optional)})
			}
		}
	}
	for _, v := range p.Volumes {
		if v.ConfigMap != nil {
			all = append(all, reading{"ConfigMap " + v.ConfigMap.Name, "", yes(v.ConfigMap.Optional)})
		}
		if v.Secret != nil {
			all = append(all, reading{"Secret " + v.Secret.SecretName, "", yes(v.Secret.Optional)})
			for _, item := range v.Secret.Items {
				all = append(all, reading{"Secret " + v.Secret.SecretName, item.Key, yes(v.Secret.Optional)})
			}
		}
	}
	return all
}

func exists(all []object, apiVersion, kind, name string) bool {
	return slices.ContainsFunc(of(all, apiVersion, kind), func(o object) bool { return o.Metadata.Name == name })
}

// events follows sources to their Broker and Triggers to their subscribers.
func events(t *testing.T, all []object) {
	t.Helper()
	for _, o := range of(all, "sources.knative.dev/v1", "PingSource") {
		s := as[sourcesv1.PingSource](t, o).Spec
		// A Service answers within ten minutes or not at all, and a source tries it once: what fails is lost.
		r := s.Sink.Ref
		if r == nil || r.Kind != "Broker" && r.Kind != "JobSink" || !exists(all, r.APIVersion, r.Kind, r.Name) {
			t.Errorf("%s sends to nobody", o)
		}
		// A JobSink's path is its own name, and another one an error at every event.
		if r != nil && r.Kind == "JobSink" && s.Sink.URI != nil {
			t.Errorf("%s: a JobSink has no path", o)
		}
		if s.Timezone == "" {
			t.Errorf("%s: its hours are those of the adapter's machine", o)
		}
	}
	for _, o := range of(all, "eventing.knative.dev/v1", "Broker") {
		d := as[eventingv1.Broker](t, o).Spec.Delivery
		if d == nil || d.Retry == nil || d.BackoffDelay == nil || d.DeadLetterSink == nil || d.DeadLetterSink.Ref == nil ||
			!exists(all, d.DeadLetterSink.Ref.APIVersion, d.DeadLetterSink.Ref.Kind, d.DeadLetterSink.Ref.Name) {
			t.Errorf("%s loses what it cannot deliver", o)
		}
	}
	for _, o := range of(all, "eventing.knative.dev/v1", "Trigger") {
		s := as[eventingv1.Trigger](t, o).Spec
		if r := s.Subscriber.Ref; !exists(all, "eventing.knative.dev/v1", "Broker", s.Broker) || r == nil ||
			!exists(all, r.APIVersion, r.Kind, r.Name) {
			t.Errorf("%s leads from or to nothing", o)
		}
	}
}

// bindings follows rights to whom they are given.
func bindings(t *testing.T, all []object) {
	t.Helper()
	for _, o := range slices.Concat(of(all, "rbac.authorization.k8s.io/v1", "RoleBinding"), of(all, "rbac.authorization.k8s.io/v1", "ClusterRoleBinding")) {
		// Of the same fields.
		b := as[rbacv1.RoleBinding](t, o)
		if !exists(all, "rbac.authorization.k8s.io/v1", b.RoleRef.Kind, b.RoleRef.Name) {
			t.Errorf("%s: there is no %s %s", o, b.RoleRef.Kind, b.RoleRef.Name)
		}
		for _, s := range b.Subjects {
			if s.Kind != "ServiceAccount" || s.Namespace != "" && s.Namespace != namespaceOf(all) || !exists(all, "v1", "ServiceAccount", s.Name) {
				t.Errorf("%s: there is no %s %s in this namespace", o, s.Kind, s.Name)
			}
		}
	}
}

// namespaceOf is the one that all is for.
func namespaceOf(all []object) string {
	for _, o := range all {
		if o.Kind == "ServiceAccount" {
			return o.Metadata.Namespace
		}
	}
	return ""
}

// policies asks whether each one that names pods finds some.
func policies(t *testing.T, all []object) {
	t.Helper()
	var labels []map[string]string
	for _, o := range all {
		for _, p := range podsOf(t, o) {
			labels = append(labels, p.labels)
		}
	}
	// Operators label their pods so.
	labels = append(labels, map[string]string{"app": "postgres"}, map[string]string{"gateway.networking.k8s.io/gateway-name": "authway"})
	for _, o := range of(all, "networking.k8s.io/v1", "NetworkPolicy") {
		p := as[networkingv1.NetworkPolicy](t, o)
		wanted := p.Spec.PodSelector.MatchLabels
		if !slices.ContainsFunc(labels, func(have map[string]string) bool {
			for key, value := range wanted {
				if have[key] != value {
					return false
				}
			}
			return true
		}) {
			t.Errorf("%s is about no pod", o)
		}
	}
	if !slices.ContainsFunc(of(all, "networking.k8s.io/v1", "NetworkPolicy"), func(o object) bool {
		p := as[networkingv1.NetworkPolicy](t, o)
		return len(p.Spec.PodSelector.MatchLabels) == 0 && len(p.Spec.PolicyTypes) == 2 && len(p.Spec.Ingress)+len(p.Spec.Egress) == 0
	}) {
		t.Error("what no policy names is open")
	}
}

// addresses asks whether the addresses in settings are of services that are there,
// in this namespace.
func addresses(t *testing.T, all []object) {
	t.Helper()
	for _, o := range of(all, "v1", "ConfigMap") {
		data := as[corev1.ConfigMap](t, o).Data
		switch o.Metadata.Name {
		case "authway-config":
			for _, name := range []string{"REDIS_URL", "HYDRA_ADMIN_URL", "HYDRA_PUBLIC_URL", "K_SINK"} {
				address(t, all, o, data[name])
			}
			address(t, all, o, "postgres://"+data["DATABASE_ADDRESS"])
			if u, err := url.Parse(data["AUTHWAY_URL"]); err != nil || u.Hostname() != data["AUTHWAY_HOST"] {
				t.Errorf("%s: AUTHWAY_HOST %q is not the host of AUTHWAY_URL %q", o, data["AUTHWAY_HOST"], data["AUTHWAY_URL"])
			}
		case "hydra-config":
			for line := range strings.Lines(data["functions.yaml"]) {
				if _, rest, ok := strings.Cut(line, "url: "); ok {
					address(t, all, o, strings.TrimRight(rest, "}\n"))
				}
			}
		}
	}
}

func address(t *testing.T, all []object, o object, text string) {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Errorf("%s: %v", o, err)
		return
	}
	name, rest, _ := strings.Cut(u.Hostname(), ".")
	if rest != "" && rest != fmt.Sprintf("%s.svc.cluster.local", o.Metadata.Namespace) {
		t.Errorf("%s: %s is in another namespace", o, text)
	}
	// The operator makes the services of its clusters.
	if slices.Contains([]string{"postgres-rw"}, name) && exists(all, "postgresql.cnpg.io/v1", "Cluster", "postgres") {
		return
	}
	if !exists(all, "v1", "Service", name) && !exists(all, "serving.knative.dev/v1", "Service", name) {
		t.Errorf("%s: %s is nobody's address", o, text)
	}
}
