package main

import (
	"regexp"
	"slices"
	"strings"
)

// templates are those whose Pods need not be looked at again.
var templates = []string{"ReplicaSet", "StatefulSet", "DaemonSet", "Job"}

// podOf is what an object makes Pods of, or nil.
func podOf(o object) *pod {
	switch {
	case o.Kind == "Pod":
		return &o.Spec.pod
	case o.Spec.Template != nil:
		return &o.Spec.Template.Spec
	case o.Spec.Job != nil:
		return &o.Spec.Job.Spec.Template.Spec
	case o.Spec.JobTemplate != nil:
		return &o.Spec.JobTemplate.Spec.Template.Spec
	}
	return nil
}

func (a *auditor) workload(o object) {
	p := podOf(o)
	if p == nil || len(p.Containers) == 0 {
		return
	}
	for _, owner := range o.Metadata.Owners {
		if o.Kind == "Pod" && slices.Contains(templates, owner.Kind) || owner.Kind == "Revision" {
			return
		}
	}
	if p.HostNetwork || p.HostPID || p.HostIPC {
		a.add("high", "host", o, "a pod shares its node's network or processes", "hostNetwork, hostPID or hostIPC", "take it away")
	}
	for _, v := range p.Volumes {
		if v.HostPath != nil {
			a.add("high", "host-path", o, "a pod has a folder of its node", "volume "+v.Name, "a volume of the cluster")
		}
	}
	if p.Automount == nil || *p.Automount {
		a.add("medium", "token", o, "a pod holds a token of the cluster that it has no use for", "automountServiceAccountToken", "automountServiceAccountToken: false")
	}
	for _, c := range slices.Concat(p.InitContainers, p.Containers) {
		// Knative adds it, and says how itself (config-features, secure-pod-defaults).
		if c.Name != "queue-proxy" {
			a.container(o, p, c)
		}
	}
}

var image = regexp.MustCompile(`^(ko://[A-Za-z0-9./_-]+|[A-Za-z0-9./_:-]+(:[0-9A-Za-z_][0-9A-Za-z._-]*|@sha256:[0-9a-f]{64}))$`)

// yes and no are settings that have to be there.
func yes(b *bool) bool { return b != nil && *b }
func no(b *bool) bool  { return b != nil && !*b }

func (a *auditor) container(o object, p *pod, c container) {
	own, all := securityContext{}, securityContext{}
	if c.SecurityContext != nil {
		own = *c.SecurityContext
	}
	if p.SecurityContext != nil {
		all = *p.SecurityContext
	}
	nonRoot, seccomp := all.RunAsNonRoot, all.SeccompProfile
	if own.RunAsNonRoot != nil {
		nonRoot = own.RunAsNonRoot
	}
	if own.SeccompProfile != nil {
		seccomp = own.SeccompProfile
	}
	see := "container " + c.Name
	if yes(own.Privileged) {
		a.add("critical", "privileged", o, "a container is as good as root on its node", see, "take privileged away")
	}
	if !yes(nonRoot) {
		a.add("high", "root", o, "a container may run as root", see, "runAsNonRoot: true")
	}
	if !yes(own.ReadOnlyRoot) {
		a.add("medium", "writable", o, "a container may write to its own file system", see, "readOnlyRootFilesystem: true, and an emptyDir where it has to")
	}
	if !no(own.Escalation) {
		a.add("medium", "escalation", o, "a process may gain rights that it was not given", see, "allowPrivilegeEscalation: false")
	}
	if own.Capabilities == nil || !slices.Contains(own.Capabilities.Drop, "ALL") || len(own.Capabilities.Add) > 0 {
		a.add("medium", "capabilities", o, "a container keeps capabilities of root", see, "capabilities: {drop: [ALL]}")
	}
	if seccomp == nil || seccomp.Type == "Unconfined" {
		a.add("medium", "seccomp", o, "a container may call all of the kernel", see, "seccompProfile: {type: RuntimeDefault}")
	}
	for _, name := range []string{"cpu", "memory"} {
		if c.Resources.Limits[name] == nil {
			a.add("medium", "limits", o, "a container may take all of its node", see+" has no limit of "+name, "resources: {limits: …}")
		}
	}
	if !image.MatchString(c.Image) || strings.HasSuffix(c.Image, ":latest") {
		a.add("medium", "image", o, "what runs changes without anybody's doing", see+": "+c.Image, "a tag that stays, better a digest")
	}
}
