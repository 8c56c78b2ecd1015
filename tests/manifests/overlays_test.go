package manifests

import (
	"context"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"knative.dev/eventing/pkg/apis/config"
	"knative.dev/eventing/pkg/apis/eventing"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	"knative.dev/eventing/pkg/apis/feature"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	"knative.dev/pkg/apis"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	servingv1beta1 "knative.dev/serving/pkg/apis/serving/v1beta1"
)

// checks decode an object strictly into its owner's type; Knative's are then
// defaulted and validated by their own code, as the webhooks would.
var checks = map[string]func(*testing.T, object){
	"v1/Namespace":                             decoded[corev1.Namespace],
	"v1/ConfigMap":                             decoded[corev1.ConfigMap],
	"v1/Secret":                                decoded[corev1.Secret],
	"v1/Service":                               decoded[corev1.Service],
	"v1/ServiceAccount":                        decoded[corev1.ServiceAccount],
	"v1/PersistentVolumeClaim":                 decoded[corev1.PersistentVolumeClaim],
	"apps/v1/Deployment":                       decoded[appsv1.Deployment],
	"apps/v1/StatefulSet":                      decoded[appsv1.StatefulSet],
	"batch/v1/Job":                             decoded[batchv1.Job],
	"networking.k8s.io/v1/NetworkPolicy":       decoded[networkingv1.NetworkPolicy],
	"policy/v1/PodDisruptionBudget":            decoded[policyv1.PodDisruptionBudget],
	"rbac.authorization.k8s.io/v1/Role":        decoded[rbacv1.Role],
	"rbac.authorization.k8s.io/v1/RoleBinding": decoded[rbacv1.RoleBinding],
	"rbac.authorization.k8s.io/v1/ClusterRole": decoded[rbacv1.ClusterRole],

	"rbac.authorization.k8s.io/v1/ClusterRoleBinding": decoded[rbacv1.ClusterRoleBinding],
	"sinks.knative.dev/v1alpha1/JobSink":              decoded[jobSink],
	"serving.knative.dev/v1/Service":                  validated[servingv1.Service],
	"serving.knative.dev/v1beta1/DomainMapping":       validated[servingv1beta1.DomainMapping],
	"eventing.knative.dev/v1/Broker":                  validated[eventingv1.Broker],
	"eventing.knative.dev/v1/Trigger":                 validated[eventingv1.Trigger],
	"sources.knative.dev/v1/PingSource":               validated[sourcesv1.PingSource],
	"cert-manager.io/v1/Certificate":                  decoded[certificate],
	"postgresql.cnpg.io/v1/Cluster":                   decoded[cnpgCluster],
	"gateway.networking.k8s.io/v1/Gateway":            decoded[gateway],
	"gateway.networking.k8s.io/v1/HTTPRoute":          decoded[httpRoute],
	"external-secrets.io/v1/ExternalSecret":           decoded[externalSecret],
	"bitnami.com/v1alpha1/SealedSecret":               decoded[sealedSecret],
}

func decoded[T any](t *testing.T, o object) {
	t.Helper()
	as[T](t, o)
}

// knative is what every Knative type does.
type knative[T any] interface {
	*T
	apis.Defaultable
	apis.Validatable
}

func validated[T any, P knative[T]](t *testing.T, o object) {
	t.Helper()
	// Without flags, offline validation refuses what every cluster allows (delivery.timeout).
	ctx := feature.ToContext(apis.WithinCreate(context.Background()), feature.Flags{})
	// A Broker that names no class is of the cluster's default one.
	ctx = config.ToContext(ctx, &config.Config{Defaults: &config.Defaults{ClusterDefaultConfig: &config.DefaultConfig{
		DefaultBrokerClass: eventing.MTChannelBrokerClassValue, BrokerConfig: &config.BrokerConfig{},
	}}})
	p := P(as[T](t, o))
	p.SetDefaults(ctx)
	if err := p.Validate(ctx); err != nil {
		t.Errorf("%s: %v", o, err)
	}
}

func check(t *testing.T, all []object) {
	t.Helper()
	for _, o := range all {
		check, known := checks[o.APIVersion+"/"+o.Kind]
		if !known {
			t.Errorf("%s: nobody here knows %s", o, o.APIVersion)
			continue
		}
		check(t, o)
	}
}

func TestEveryOverlayIsWhatItsOwnersTake(t *testing.T) {
	t.Parallel()
	for _, name := range overlays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := overlay(t, name)
			check(t, all)
			if n := len(of(all, "serving.knative.dev/v1", "Service")); n != 5 {
				t.Errorf("%d Knative services, not the five functions", n)
			}
		})
	}
}

// What no overlay has, for clusters that want it.
func TestEveryOtherComponentIsWhatItsOwnersTake(t *testing.T) {
	t.Parallel()
	for _, components := range [][]string{
		{"hydra", "postgres", "redis", "edge", "edge-behind-proxy", "gateway"},
		{"hydra", "postgres", "redis", "edge", "edge-behind-proxy", "domain-mapping"},
		{"hydra", "cloudnativepg", "redis", "edge", "sender-authentication", "vacuum"},
		{"hydra", "backup", "postgres", "redis", "edge", "sender-authentication"},
	} {
		t.Run(strings.Join(components, ","), func(t *testing.T) {
			t.Parallel()
			all := composed(t, components...)
			check(t, all)
			posture(t, all)
			references(t, all)
		})
	}
}
