package main

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

const enforce = "pod-security.kubernetes.io/enforce"

// object looks at kinds that stand for themselves.
func (a *auditor) object(o object) {
	switch o.Kind {
	case "Namespace":
		switch level := o.Metadata.Labels[enforce]; level {
		case "restricted":
		case "baseline":
			a.add("low", "pod-security", o, "the namespace lets pods in that are not restricted", enforce+": baseline", enforce+": restricted")
		default:
			a.add("medium", "pod-security", o, "the namespace lets any pod in", enforce+": "+or(level, "missing"), enforce+": restricted")
		}
	case "Secret":
		if a.running == "" && len(o.Data)+len(o.StringData) > 0 {
			a.add("high", "secret", o, "a secret lies in the manifests, for all who read the repository", "data of Secret "+o.Metadata.Name, "knative/secrets: from a vault, or sealed")
		}
	case "ConfigMap":
		a.address(o)
	case "Ingress":
		if len(o.Spec.TLS) == 0 {
			a.add("high", "tls", o, "the way in is plain HTTP", "an Ingress without tls", "spec.tls with a certificate")
		}
	case "Gateway":
		if len(o.Spec.Listeners) > 0 && !slices.ContainsFunc(o.Spec.Listeners, func(l listener) bool { return l.Protocol == "HTTPS" || l.Protocol == "TLS" }) {
			a.add("high", "tls", o, "the way in is plain HTTP", "a Gateway without a listener of HTTPS", "a listener of HTTPS, and a redirect to it")
		}
	}
}

// address: people come by https, but to a machine of their own.
func (a *auditor) address(o object) {
	public, named := o.Data["AUTHWAY_URL"]
	if !named {
		return
	}
	u, err := url.Parse(public)
	if err == nil && (u.Scheme == "https" || u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()) {
		return
	}
	a.add("high", "tls", o, "people come by plain HTTP, and cookies go with them", "AUTHWAY_URL: "+public, "an address that begins with https")
}

// denied: where pods run, nothing is let through that no policy names.
func (a *auditor) denied(objects []object) {
	denied, first := map[string]bool{}, map[string]object{}
	var order []string
	for _, o := range objects {
		s := o.Spec
		if o.Kind == "NetworkPolicy" && s.PodSelector != nil && len(s.PodSelector.MatchLabels)+len(s.PodSelector.MatchExpressions) == 0 &&
			slices.Contains(s.PolicyTypes, "Ingress") && slices.Contains(s.PolicyTypes, "Egress") && len(s.Ingress)+len(s.Egress) == 0 {
			denied[o.Metadata.Namespace] = true
		}
		if p := podOf(o); p != nil && len(p.Containers) > 0 {
			if _, known := first[o.Metadata.Namespace]; !known {
				first[o.Metadata.Namespace] = o
				order = append(order, o.Metadata.Namespace)
			}
		}
	}
	for _, namespace := range order {
		if !denied[namespace] {
			at := object{Kind: "Namespace", Metadata: metadata{Name: or(namespace, "default")}}
			a.add("high", "network", at, "pods reach each other, and the world, unless a policy says otherwise", "no NetworkPolicy that denies all, both ways", "knative/base/network/policies.yaml: default-deny")
		}
	}
}

// rights: our service accounts may do nothing by a star, and administer no cluster.
func (a *auditor) rights(objects []object) {
	bound := map[string]bool{}
	for _, o := range objects {
		if o.Kind != "RoleBinding" && o.Kind != "ClusterRoleBinding" || !slices.ContainsFunc(o.Subjects, func(s subject) bool { return a.isOurs(o, s) }) {
			continue
		}
		bound[o.RoleRef.Kind+"/"+o.RoleRef.Name] = true
		if o.RoleRef.Name == "cluster-admin" {
			a.add("critical", "rights", o, "a service account of ours may do everything in the cluster", "bound to cluster-admin", "a Role with what it needs")
		}
	}
	for _, o := range objects {
		if o.Kind != "Role" && o.Kind != "ClusterRole" || a.running != "" && !bound[o.Kind+"/"+o.Metadata.Name] {
			continue
		}
		for _, r := range o.Rules {
			if slices.Contains(r.Verbs, "*") || slices.Contains(r.Resources, "*") || slices.Contains(r.APIGroups, "*") {
				a.add("high", "rights", o, "rights are given by a star: those of tomorrow are among them", "verbs "+strings.Join(r.Verbs, ",")+" on "+strings.Join(r.Resources, ","), "name verbs and resources")
			}
		}
	}
}

func (a *auditor) isOurs(binding object, s subject) bool {
	if s.Kind == "Group" {
		return s.Name == "system:serviceaccounts" || a.running != "" && s.Name == "system:serviceaccounts:"+a.running
	}
	if s.Kind != "ServiceAccount" || !a.ours[s.Name] {
		return false
	}
	return a.running == "" || or(s.Namespace, binding.Metadata.Namespace) == a.running
}

// roles: each function has a role of its own at the database, and none the owner's.
func (a *auditor) roles(objects []object) {
	who := map[string]object{}
	for _, o := range objects {
		p := podOf(o)
		if p == nil || !strings.HasPrefix(o.APIVersion, "serving.knative.dev/") {
			continue
		}
		for _, c := range p.Containers {
			for _, e := range c.Env {
				if e.Name != "DATABASE_PASSWORD" && e.Name != "DATABASE_URL" || e.From == nil || e.From.Secret == nil {
					continue
				}
				key := e.From.Secret.Name + "/" + e.From.Secret.Key
				if before, taken := who[key]; taken && before.Metadata.Name != o.Metadata.Name {
					a.add("high", "database-role", o, "two functions are one role at the database", "both "+before.Metadata.Name+" and "+o.Metadata.Name+" read "+key, "a role for each function (migrations)")
				}
				who[key] = o
				if strings.HasPrefix(e.From.Secret.Key, "owner") {
					a.add("high", "database-role", o, "a function owns the schema that it works on", o.Metadata.Name+" reads "+key, "its own role (migrations)")
				}
			}
		}
	}
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}
