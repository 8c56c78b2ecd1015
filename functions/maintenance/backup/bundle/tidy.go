package bundle

import "strings"

// object is an object of Kubernetes.
type object map[string]any

// part is a part of o, which is empty when it is not there.
func part(o map[string]any, name string) map[string]any {
	inner, _ := o[name].(map[string]any)
	return inner
}

func (o object) name() string {
	name, _ := part(o, "metadata")["name"].(string)
	return name
}

// identitySecret is where the drill has the key that opens backups from.
const identitySecret = "authway-backup-identity"

// omitted says why an object is not copied, or "".
func (o object) omitted(resource string) string {
	metadata := part(o, "metadata")
	if owners, ok := metadata["ownerReferences"].([]any); ok && len(owners) > 0 {
		return "made by its owner again"
	}
	if metadata["deletionTimestamp"] != nil {
		return "being removed"
	}
	status := part(o, "status")
	switch {
	case resource == "secrets" && o["type"] == "kubernetes.io/service-account-token":
		return "a token of one cluster"
	case resource == "secrets" && o.name() == identitySecret:
		return "opens this bundle: it is kept elsewhere"
	case resource == "configmaps" && o.name() == "kube-root-ca.crt":
		return "a certificate of one cluster"
	case resource == "jobs.batch" && (status["completionTime"] != nil || ended(status)):
		return "has ended, and would run again"
	}
	return ""
}

// ended reports whether a Job has failed for good.
func ended(status map[string]any) bool {
	conditions, _ := status["conditions"].([]any)
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == "Failed" && c["status"] == "True" {
			return true
		}
	}
	return false
}

// tidy takes from o what one cluster has written into it: another one would
// refuse it, or believe it.
func (o object) tidy(resource string) {
	delete(o, "status")
	metadata := part(o, "metadata")
	for _, field := range []string{
		"managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink", "ownerReferences", "finalizers",
	} {
		delete(metadata, field)
	}
	annotations := part(metadata, "annotations")
	for key := range annotations {
		if written(key) {
			delete(annotations, key)
		}
	}
	if len(annotations) == 0 {
		delete(metadata, "annotations")
	}
	spec := part(o, "spec")
	switch resource {
	case "services":
		// An address of the old cluster may be somebody else's in the new one; None is
		// no address, but a wish.
		if spec["clusterIP"] != "None" {
			delete(spec, "clusterIP")
			delete(spec, "clusterIPs")
		}
	case "persistentvolumeclaims":
		delete(spec, "volumeName")
	case "serviceaccounts":
		delete(o, "secrets")
	case "jobs.batch":
		tidyJob(spec)
	}
}

// written reports whether an annotation was written by the cluster, or by kubectl
// as a second copy of the whole object.
func written(key string) bool {
	return key == "kubectl.kubernetes.io/last-applied-configuration" || key == "deployment.kubernetes.io/revision" ||
		strings.HasPrefix(key, "pv.kubernetes.io/") || strings.HasPrefix(key, "volume.kubernetes.io/") ||
		strings.Contains(key, ".knative.dev/") && (strings.HasSuffix(key, "/creator") || strings.HasSuffix(key, "/lastModifier"))
}

// tidyJob takes out the selector that was made for the Job's old uid.
func tidyJob(spec map[string]any) {
	if spec["manualSelector"] == true {
		return
	}
	delete(spec, "selector")
	labels := part(part(part(spec, "template"), "metadata"), "labels")
	for _, key := range []string{"controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name"} {
		delete(labels, key)
	}
}
