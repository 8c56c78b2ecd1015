package bundle

import "strings"

// group is a part of Kubernetes' API: where it is, and what is copied of it, in
// the plural that the API uses.
type group struct {
	path    string
	plurals []string
}

// groups are what is copied: what an installation is made of. Pods, ReplicaSets,
// Revisions and their like are made from these. The Role of
// knative/components/backup allows exactly this.
var groups = []group{
	{"/api/v1", []string{"services", "configmaps", "secrets", "serviceaccounts", "persistentvolumeclaims"}},
	{"/apis/apps/v1", []string{"deployments", "statefulsets"}},
	{"/apis/batch/v1", []string{"cronjobs", "jobs"}},
	{"/apis/networking.k8s.io/v1", []string{"networkpolicies", "ingresses"}},
	{"/apis/policy/v1", []string{"poddisruptionbudgets"}},
	{"/apis/rbac.authorization.k8s.io/v1", []string{"roles", "rolebindings"}},
	{"/apis/serving.knative.dev/v1", []string{"services"}},
	{"/apis/serving.knative.dev/v1beta1", []string{"domainmappings"}},
	{"/apis/eventing.knative.dev/v1", []string{"brokers", "triggers"}},
	{"/apis/sources.knative.dev/v1", []string{"pingsources", "sinkbindings", "apiserversources"}},
	{"/apis/sinks.knative.dev/v1alpha1", []string{"jobsinks"}},
	{"/apis/cert-manager.io/v1", []string{"certificates", "issuers"}},
	{"/apis/gateway.networking.k8s.io/v1", []string{"gateways", "httproutes"}},
	{"/apis/postgresql.cnpg.io/v1", []string{"clusters"}},
}

// apiVersion is what its objects name.
func (g group) apiVersion() string {
	return strings.TrimPrefix(strings.TrimPrefix(g.path, "/apis/"), "/api/")
}

// resource names one of its kinds as kubectl does: secrets, or
// services.serving.knative.dev.
func (g group) resource(plural string) string {
	if name, _, ok := strings.Cut(g.apiVersion(), "/"); ok {
		return plural + "." + name
	}
	return plural
}
