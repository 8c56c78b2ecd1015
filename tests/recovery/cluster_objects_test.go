package recovery_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

type object = map[string]any

// kind is a kind of Kubernetes, or of what is installed into it.
type kind struct {
	name, version string
	// words are what kubectl is told: plural, singular, short.
	words  string
	global bool
}

var kinds = []kind{
	{"Pod", "v1", "pods pod po", false}, {"Service", "v1", "services service svc", false},
	{"ConfigMap", "v1", "configmaps configmap cm", false}, {"Secret", "v1", "secrets secret", false},
	{"ServiceAccount", "v1", "serviceaccounts serviceaccount sa", false}, {"Event", "v1", "events event ev", false},
	{"PersistentVolumeClaim", "v1", "persistentvolumeclaims persistentvolumeclaim pvc", false},
	{"PersistentVolume", "v1", "persistentvolumes persistentvolume pv", true},
	{"Namespace", "v1", "namespaces namespace ns", true}, {"Node", "v1", "nodes node no", true},
	{"Deployment", "apps/v1", "deployments deployment deploy", false}, {"StatefulSet", "apps/v1", "statefulsets statefulset sts", false},
	{"DaemonSet", "apps/v1", "daemonsets daemonset ds", false}, {"Job", "batch/v1", "jobs job", false},
	{"PodDisruptionBudget", "policy/v1", "poddisruptionbudgets poddisruptionbudget pdb", false},
	{"NetworkPolicy", "networking.k8s.io/v1", "networkpolicies networkpolicy netpol", false},
	{"Role", "rbac.authorization.k8s.io/v1", "roles role", false}, {"RoleBinding", "rbac.authorization.k8s.io/v1", "rolebindings rolebinding", false},
	{"ClusterRole", "rbac.authorization.k8s.io/v1", "clusterroles clusterrole", true},
	{"ClusterRoleBinding", "rbac.authorization.k8s.io/v1", "clusterrolebindings clusterrolebinding", true},
	{"Service", "serving.knative.dev/v1", "ksvc kservice", false}, {"Revision", "serving.knative.dev/v1", "revisions revision rev", false},
	{"Broker", "eventing.knative.dev/v1", "brokers broker", false}, {"Trigger", "eventing.knative.dev/v1", "triggers trigger", false},
	{"PingSource", "sources.knative.dev/v1", "pingsources pingsource", false}, {"JobSink", "sinks.knative.dev/v1alpha1", "jobsinks jobsink", false},
	{"Certificate", "cert-manager.io/v1", "certificates certificate cert", false}, {"Cluster", "postgresql.cnpg.io/v1", "clusters cluster", false},
}

// kindOf is the kind that a word of a command means.
func kindOf(word string) (kind, error) {
	for _, k := range kinds {
		if slices.Contains(strings.Fields(k.words), word) {
			return k, nil
		}
	}
	return kind{}, fmt.Errorf("the server doesn't have a resource type %q", word)
}

func (k kind) of(o object) bool { return o["kind"] == k.name && o["apiVersion"] == k.version }

// at is what lies below a path of keys, or nil.
func at(value any, path ...string) any {
	for _, key := range path {
		within, _ := value.(object)
		value = within[key]
	}
	return value
}

func text(value any, path ...string) string {
	s, _ := at(value, path...).(string)
	return s
}

func nameOf(o object) string { return text(o, "metadata", "name") }

// copied has nothing in common with o, and its numbers are JSON's.
func copied(o any) object {
	raw, err := json.Marshal(o)
	var into object
	if err := errors.Join(err, json.Unmarshal(raw, &into)); err != nil {
		panic(err)
	}
	return into
}

// parseManifests reads YAML, which JSON is as well.
func parseManifests(raw []byte) (all []object, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	for {
		var o object
		if err := decoder.Decode(&o); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if o != nil {
			all = append(all, copied(o))
		}
	}
}

func render(t *testing.T, overlay string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "run", "./render", "../../knative/overlays/"+overlay)
	command.Dir = filepath.Join(repository, "tests", "manifests")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// objectsOf are what a cluster has with production's manifests, and what staging's have
// beside them: the guide's examples are of components/postgres.
func objectsOf(t *testing.T) (all []object) {
	t.Helper()
	for _, overlay := range []string{"production", "staging"} {
		some, err := parseManifests(render(t, overlay))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range some {
			if !slices.ContainsFunc(all, func(other object) bool {
				return o["kind"] == other["kind"] && o["apiVersion"] == other["apiVersion"] && nameOf(o) == nameOf(other)
			}) {
				all = append(all, o)
			}
		}
	}
	for _, o := range slices.Clone(all) {
		all = append(all, madeOf(o)...)
	}
	for _, name := range []string{"node-a", "node-b"} {
		all = append(all, object{"apiVersion": "v1", "kind": "Node", "metadata": object{"name": name}})
	}
	all = append(all, object{"apiVersion": "v1", "kind": "Event", "metadata": object{"name": "login.1"}, "lastTimestamp": "2026-11-24T15:04:05Z"})
	for _, o := range all {
		// They are of whatever namespace a command names.
		delete(o["metadata"].(object), "namespace")
		live(o)
	}
	return all
}

// live gives an object the state in which nothing is wrong.
func live(o object) {
	metadata := o["metadata"].(object)
	metadata["creationTimestamp"] = "2026-11-24T15:04:05Z"
	status := object{"conditions": []any{object{"type": "Ready", "status": "True"}}}
	switch o["kind"] {
	case "Job":
		status["conditions"] = []any{object{"type": "Complete", "status": "True"}}
	case "PersistentVolumeClaim":
		status["phase"] = "Bound"
	case "Pod":
		status["phase"] = "Running"
	case "Service":
		if o["apiVersion"] != "v1" {
			status["traffic"] = []any{object{"revisionName": nameOf(o) + "-00002", "percent": 100.0}}
		}
	}
	o["status"] = status
}

// madeOf are the objects that controllers make of one: pods, revisions, volumes.
func madeOf(o object) (made []object) {
	name := nameOf(o)
	switch o["kind"] {
	case "Deployment":
		made = append(made, podOf(o, name+"-6d4cf56db6-x2x7k", at(o, "spec", "template")))
	case "StatefulSet":
		replicas, _ := at(o, "spec", "replicas").(float64)
		for i := range int(max(replicas, 1)) {
			made = append(made, podOf(o, fmt.Sprintf("%s-%d", name, i), at(o, "spec", "template")))
			claims, _ := at(o, "spec", "volumeClaimTemplates").([]any)
			for _, claim := range claims {
				made = append(made, volumesOf(fmt.Sprintf("%s-%s-%d", text(claim, "metadata", "name"), name, i))...)
			}
		}
	case "Job":
		made = append(made, podOf(o, name+"-x2x7k", at(o, "spec", "template")))
	case "JobSink":
		made = append(made, podOf(o, name+"-3fzq9", at(o, "spec", "job", "spec", "template")))
	case "Service":
		if o["apiVersion"] == "v1" {
			break
		}
		for _, revision := range []string{name + "-00001", name + "-00002"} {
			made = append(made, object{"apiVersion": o["apiVersion"], "kind": "Revision",
				"metadata": object{"name": revision, "labels": object{"serving.knative.dev/service": name}}})
		}
		pod := podOf(o, name+"-00002-deployment-5c9b7f8d4-x2x7k", at(o, "spec", "template"))
		pod["metadata"].(object)["labels"].(object)["serving.knative.dev/service"] = name
		spec := pod["spec"].(object)
		spec["containers"] = append(spec["containers"].([]any), object{"name": "queue-proxy"})
		made = append(made, pod)
	}
	return made
}

func podOf(owner object, name string, template any) object {
	pod := copied(template)
	pod["apiVersion"], pod["kind"] = "v1", "Pod"
	metadata, _ := pod["metadata"].(object)
	if metadata == nil {
		metadata = object{}
	}
	metadata["name"], metadata["ownerReferences"] = name, []any{object{"kind": owner["kind"], "name": nameOf(owner)}}
	pod["metadata"] = metadata
	return pod
}

func volumesOf(claim string) []object {
	return []object{
		{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": object{"name": claim}, "spec": object{"volumeName": "pvc-" + claim}},
		{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": object{"name": "pvc-" + claim}, "spec": object{"persistentVolumeReclaimPolicy": "Delete"}},
	}
}

// selected are those of objects that a selector takes. Each of its words has to mean
// somebody: a selector that takes nobody is a typing error.
func selected(all []object, selector string) ([]object, error) {
	for term := range strings.SplitSeq(terms(selector), "\n") {
		key, values, _ := strings.Cut(term, "=")
		for value := range strings.SplitSeq(values, "|") {
			matches := func(o object) bool {
				have, there := at(o, "metadata", "labels", key).(string)
				return there && (value == "" || have == value)
			}
			if !slices.ContainsFunc(all, matches) {
				return nil, fmt.Errorf("nothing has the label %s=%s (of %s)", key, value, selector)
			}
		}
		all = slices.DeleteFunc(slices.Clone(all), func(o object) bool {
			have, there := at(o, "metadata", "labels", key).(string)
			return !there || values != "" && !slices.Contains(strings.Split(values, "|"), have)
		})
	}
	return all, nil
}

// terms writes `a=b,c in (d, e),f` as lines of a=b, c=d|e and f.
func terms(selector string) string {
	var lines []string
	for selector = strings.TrimSpace(selector); selector != ""; {
		key, rest, set := strings.Cut(selector, " in (")
		if first, after, more := strings.Cut(selector, ","); !set || strings.Contains(key, ",") {
			lines, selector = append(lines, strings.TrimSpace(first)), after
			if !more {
				break
			}
			continue
		}
		values, after, _ := strings.Cut(rest, ")")
		lines = append(lines, key+"="+strings.ReplaceAll(strings.ReplaceAll(values, " ", ""), ",", "|"))
		selector = strings.TrimPrefix(strings.TrimSpace(after), ",")
	}
	return strings.Join(lines, "\n")
}
