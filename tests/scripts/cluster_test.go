package scripts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// kinds are what the cluster of the tests knows: by group and version, plural, kind and
// short name. Those that end in * belong to no namespace.
var kinds = map[string][][3]string{
	"v1": {{"pods", "Pod", "po"}, {"namespaces*", "Namespace", "ns"}, {"persistentvolumeclaims", "PersistentVolumeClaim", "pvc"},
		{"serviceaccounts", "ServiceAccount", "sa"}},
	"apps/v1":                      {{"deployments", "Deployment", "deploy"}, {"statefulsets", "StatefulSet", "sts"}, {"daemonsets", "DaemonSet", "ds"}},
	"batch/v1":                     {{"jobs", "Job", ""}},
	"networking.k8s.io/v1":         {{"networkpolicies", "NetworkPolicy", "netpol"}},
	"rbac.authorization.k8s.io/v1": {{"roles", "Role", ""}, {"rolebindings", "RoleBinding", ""}, {"clusterroles*", "ClusterRole", ""}, {"clusterrolebindings*", "ClusterRoleBinding", ""}},
	"serving.knative.dev/v1":       {{"services", "Service", "ksvc"}},
	"eventing.knative.dev/v1":      {{"brokers", "Broker", ""}, {"triggers", "Trigger", ""}},
	"sources.knative.dev/v1":       {{"pingsources", "PingSource", ""}},
}

// cluster is an API server that knows the objects of one namespace, by plural, and lets
// nobody see what it does not list. It returns the kubectl that asks it.
func cluster(t *testing.T, objects map[string][]any) map[string]string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer := answerOf(r.URL.Path, objects)
		if answer == nil {
			w.WriteHeader(http.StatusForbidden)
			answer = map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403, "message": "you may not list this"}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return map[string]string{"KUBECONFIG": "/dev/null", "KUBECTL": "kubectl --server=" + server.URL + " --cache-dir=" + t.TempDir()}
}

func answerOf(path string, objects map[string][]any) any {
	path = strings.Trim(path, "/")
	switch path {
	case "api":
		return map[string]any{"kind": "APIVersions", "versions": []string{"v1"}}
	case "apis":
		var groups []any
		for name := range kinds {
			if group, version, found := strings.Cut(name, "/"); found {
				v := map[string]string{"groupVersion": name, "version": version}
				groups = append(groups, map[string]any{"name": group, "versions": []any{v}, "preferredVersion": v})
			}
		}
		return map[string]any{"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
	}
	for version, all := range kinds {
		below, within := strings.CutPrefix(path, "apis/"+version)
		if version == "v1" {
			below, within = strings.CutPrefix(path, "api/v1")
		}
		if !within {
			continue
		}
		if below == "" {
			return resources(version, all)
		}
		words := strings.Split(strings.TrimPrefix(below, "/"), "/")
		if len(words) == 2 && words[0] == "namespaces" {
			return one(objects["namespaces"])
		}
		plural := words[len(words)-1]
		for _, k := range all {
			if list, listed := objects[plural]; strings.TrimSuffix(k[0], "*") == plural && listed {
				for _, o := range list {
					o.(map[string]any)["kind"], o.(map[string]any)["apiVersion"] = k[1], version
				}
				return map[string]any{"kind": k[1] + "List", "apiVersion": version, "metadata": map[string]any{}, "items": list}
			}
		}
	}
	return nil
}

func one(objects []any) any {
	if len(objects) == 0 {
		return nil
	}
	objects[0].(map[string]any)["kind"], objects[0].(map[string]any)["apiVersion"] = "Namespace", "v1"
	return objects[0]
}

func resources(version string, all [][3]string) any {
	var listed []any
	for _, k := range all {
		r := map[string]any{"name": strings.TrimSuffix(k[0], "*"), "kind": k[1], "namespaced": !strings.HasSuffix(k[0], "*"), "verbs": []string{"get", "list"}}
		if k[2] != "" {
			r["shortNames"] = []string{k[2]}
		}
		listed = append(listed, r)
	}
	return map[string]any{"kind": "APIResourceList", "groupVersion": version, "resources": listed}
}

// named is an object as JSON has it, by its name and what else there is.
func named(t *testing.T, name, rest string) any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(rest), &o); err != nil {
		t.Fatalf("%s: %v", rest, err)
	}
	metadata, _ := o["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
	}
	metadata["name"], metadata["namespace"] = name, "authway-test"
	o["metadata"] = metadata
	return o
}

func condition(kind, status string, more ...string) string {
	return fmt.Sprintf(`{"status": {"conditions": [{"type": "Other", "status": "Unknown"}, {"type": %q, "status": %q%s}]}}`, kind, status, strings.Join(more, ""))
}

// running are the objects of an installation with nothing wrong.
func running(t *testing.T) map[string][]any {
	t.Helper()
	all := map[string][]any{
		"pods": {named(t, "hydra-1", `{"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}`),
			named(t, "migrate-x", `{"status": {"phase": "Succeeded", "conditions": [{"type": "Ready", "status": "False"}]}}`)},
		"jobs": {named(t, "migrate", condition("Complete", "True")),
			named(t, "old", condition("Failed", "True", `, "lastTransitionTime": "2026-01-01T00:00:00Z"`))},
		"persistentvolumeclaims": {named(t, "data-postgres-0", `{"status": {"phase": "Bound"}}`)},
		"pingsources":            {named(t, "keys-rotate", condition("Ready", "True"))},
		"brokers":                {named(t, "maintenance", condition("Ready", "True"))},
		"triggers":               {named(t, "maintenance", condition("Ready", "True"))},
	}
	for _, name := range []string{"login", "consent", "token", "admin", "maintenance"} {
		all["services"] = append(all["services"], named(t, name, condition("Ready", "True")))
	}
	return all
}

func TestHealthOfACluster(t *testing.T) {
	t.Parallel()
	// Fresh still when the turn of what uses it comes, on a busy machine.
	now := time.Now().UTC().Add(10 * time.Minute).Format(time.RFC3339)
	for name, c := range map[string]struct {
		change func(all map[string][]any)
		wanted map[string]string
	}{
		"sound": {func(map[string][]any) {}, nil},
		"a function is not ready": {func(all map[string][]any) {
			all["services"][2] = named(t, "token", condition("Ready", "False", `, "message": "Revision \"token-1\" failed"`))
		}, map[string]string{"ksvc.token": "fail"}},
		"a function is missing": {func(all map[string][]any) { all["services"] = all["services"][:4] }, map[string]string{"ksvc.maintenance": "fail"}},
		"pods": {func(all map[string][]any) {
			all["pods"] = append(all["pods"],
				named(t, "stuck", `{"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Pending"}}`),
				named(t, "fresh", `{"metadata": {"creationTimestamp": "`+now+`"}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}}`),
				named(t, "going", `{"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z", "deletionTimestamp": "`+now+`"}, "status": {"phase": "Running"}}`))
		}, map[string]string{"pods.stuck": "fail", "pods.fresh": "warn"}},
		"jobs": {func(all map[string][]any) {
			all["jobs"][0] = named(t, "migrate", condition("Failed", "True", `, "lastTransitionTime": "`+now+`"`))
			all["jobs"] = append(all["jobs"], named(t, "restore-drill", condition("Failed", "True", `, "lastTransitionTime": "`+now+`"`)))
		}, map[string]string{"migrate": "fail", "jobs.restore-drill": "fail"}},
		"a volume waits": {func(all map[string][]any) {
			all["persistentvolumeclaims"][0] = named(t, "data-postgres-0", `{"status": {"phase": "Pending"}}`)
		}, map[string]string{"pvc.data-postgres-0": "fail"}},
		"events": {func(all map[string][]any) {
			all["pingsources"][0] = named(t, "keys-rotate", condition("Ready", "Unknown"))
			all["brokers"][0] = named(t, "maintenance", condition("Ready", "False"))
			all["triggers"] = []any{}
		}, map[string]string{"pingsources.keys-rotate": "fail", "brokers.maintenance": "fail", "triggers": "warn"}},
		"what nobody may see": {func(all map[string][]any) { delete(all, "pods"); delete(all, "services") }, map[string]string{"pods": "fail", "ksvc": "fail"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := running(t)
			c.change(all)
			var h health
			r := script(t, cluster(t, all), "health-check.sh", "--namespace", "authway-test", "--json")
			r.into(t, &h)
			h.only(t, c.wanted)
			r.ends(t, min(len(c.wanted), 1))
			if h.Namespace != "authway-test" || h.Address != "" {
				t.Errorf("%+v", h)
			}
		})
	}
}

const restricted = `{"runAsNonRoot": true, "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}`

// held are the objects that the audit looks at, with nothing wrong.
func held(t *testing.T) map[string][]any {
	t.Helper()
	pod := `{"automountServiceAccountToken": false, "containers": [{"name": "main", "image": "example.com/x:1.2", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}, "securityContext": ` + restricted + `}]}`
	return map[string][]any{
		"namespaces":          {named(t, "authway-test", `{"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}`)},
		"clusterrolebindings": {named(t, "others", `{"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [{"kind": "ServiceAccount", "name": "login", "namespace": "other"}]}`)},
		"clusterroles":        {named(t, "cluster-admin", `{"rules": [{"verbs": ["*"], "resources": ["*"], "apiGroups": ["*"]}]}`)},
		"pods": {named(t, "db-1", `{"spec": `+pod+`}`),
			// Its Deployment speaks for it.
			named(t, "edge-1", `{"metadata": {"ownerReferences": [{"kind": "ReplicaSet", "name": "edge"}]}, "spec": {"containers": [{"name": "main", "image": "x"}]}}`)},
		"deployments":  {named(t, "edge", `{"spec": {"template": {"spec": `+pod+`}}}`)},
		"services":     {named(t, "login", `{"spec": {"template": {"spec": `+pod+`}}}`)},
		"statefulsets": {}, "daemonsets": {}, "roles": {}, "rolebindings": {},
		"serviceaccounts": {named(t, "login", `{"automountServiceAccountToken": false}`)},
		"networkpolicies": {named(t, "default-deny", `{"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}`)},
	}
}

func TestAuditOfACluster(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(all map[string][]any)
		wanted map[string]string
	}{
		"sound": {func(map[string][]any) {}, nil},
		"no Pod Security": {func(all map[string][]any) { all["namespaces"][0] = named(t, "authway-test", `{}`) },
			map[string]string{"running.pod-security.namespace.authway-test": "medium"}},
		"no denial": {func(all map[string][]any) {
			all["networkpolicies"][0] = named(t, "default-deny", `{"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}`)
		}, map[string]string{"running.network.namespace.authway-test": "high"}},
		"crowned": {func(all map[string][]any) {
			all["rolebindings"] = []any{named(t, "crown", `{"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [{"kind": "ServiceAccount", "name": "login"}]}`)}
		}, map[string]string{"running.rights.rolebinding.crown": "critical", "running.rights.clusterrole.cluster-admin": "high"}},
		"a pod by hand": {func(all map[string][]any) {
			all["pods"] = append(all["pods"], named(t, "shell", `{"spec": {"automountServiceAccountToken": false, "containers": [{"name": "main", "image": "busybox:latest", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}, "securityContext": `+restricted+`}]}}`))
		}, map[string]string{"running.image.pod.shell": "medium"}},
		"what nobody may see": {func(all map[string][]any) { delete(all, "deployments"); delete(all, "clusterroles") },
			map[string]string{"running.not-checked.deployments": "medium", "running.not-checked.clusterroles": "low"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := held(t)
			c.change(all)
			var a audit
			r := script(t, cluster(t, all), "security-audit.sh", "--namespace", "authway-test", "--json")
			r.into(t, &a)
			a.all(t, c.wanted)
			r.ends(t, min(len(c.wanted), 1))
		})
	}
}
