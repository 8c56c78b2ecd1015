package main

// object is a manifest, as far as anything here looks at it.
type object struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   metadata `yaml:"metadata"`
	Spec       spec     `yaml:"spec"`
	Items      []object `yaml:"items"`
	// Data and StringData are a Secret's or a ConfigMap's.
	Data       map[string]string `yaml:"data"`
	StringData map[string]string `yaml:"stringData"`
	// Rules are a Role's.
	Rules    []rule    `yaml:"rules"`
	RoleRef  roleRef   `yaml:"roleRef"`
	Subjects []subject `yaml:"subjects"`
	// Automount is a ServiceAccount's.
	Automount *bool `yaml:"automountServiceAccountToken"`
}

type metadata struct {
	Name      string            `yaml:"name"`
	Namespace string            `yaml:"namespace"`
	Labels    map[string]string `yaml:"labels"`
	Owners    []struct {
		Kind string `yaml:"kind"`
	} `yaml:"ownerReferences"`
}

// spec holds what the kinds that are looked at have in theirs. A Pod's is its own.
type spec struct {
	pod      `yaml:",inline"`
	Template *struct {
		Spec pod `yaml:"spec"`
	} `yaml:"template"`
	// Job and JobTemplate are a JobSink's and a CronJob's.
	Job         *job `yaml:"job"`
	JobTemplate *job `yaml:"jobTemplate"`

	PodSelector *selector  `yaml:"podSelector"`
	PolicyTypes []string   `yaml:"policyTypes"`
	Ingress     []any      `yaml:"ingress"`
	Egress      []any      `yaml:"egress"`
	TLS         []any      `yaml:"tls"`
	Listeners   []listener `yaml:"listeners"`
}

type job struct {
	Spec struct {
		Template struct {
			Spec pod `yaml:"spec"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

type selector struct {
	MatchLabels      map[string]string `yaml:"matchLabels"`
	MatchExpressions []any             `yaml:"matchExpressions"`
}

type listener struct {
	Name     string `yaml:"name"`
	Protocol string `yaml:"protocol"`
}

type pod struct {
	Containers      []container      `yaml:"containers"`
	InitContainers  []container      `yaml:"initContainers"`
	SecurityContext *securityContext `yaml:"securityContext"`
	ServiceAccount  string           `yaml:"serviceAccountName"`
	Automount       *bool            `yaml:"automountServiceAccountToken"`
	HostNetwork     bool             `yaml:"hostNetwork"`
	HostPID         bool             `yaml:"hostPID"`
	HostIPC         bool             `yaml:"hostIPC"`
	Volumes         []struct {
		Name     string `yaml:"name"`
		HostPath any    `yaml:"hostPath"`
	} `yaml:"volumes"`
}

type container struct {
	Name            string           `yaml:"name"`
	Image           string           `yaml:"image"`
	SecurityContext *securityContext `yaml:"securityContext"`
	Resources       struct {
		Limits map[string]any `yaml:"limits"`
	} `yaml:"resources"`
	Env []struct {
		Name string `yaml:"name"`
		From *struct {
			Secret *struct {
				Name string `yaml:"name"`
				Key  string `yaml:"key"`
			} `yaml:"secretKeyRef"`
		} `yaml:"valueFrom"`
	} `yaml:"env"`
}

type securityContext struct {
	RunAsNonRoot   *bool  `yaml:"runAsNonRoot"`
	RunAsUser      *int64 `yaml:"runAsUser"`
	ReadOnlyRoot   *bool  `yaml:"readOnlyRootFilesystem"`
	Escalation     *bool  `yaml:"allowPrivilegeEscalation"`
	Privileged     *bool  `yaml:"privileged"`
	SeccompProfile *struct {
		Type string `yaml:"type"`
	} `yaml:"seccompProfile"`
	Capabilities *struct {
		Add  []string `yaml:"add"`
		Drop []string `yaml:"drop"`
	} `yaml:"capabilities"`
}

type rule struct {
	APIGroups []string `yaml:"apiGroups"`
	Resources []string `yaml:"resources"`
	Verbs     []string `yaml:"verbs"`
}

type roleRef struct {
	Kind string `yaml:"kind"`
	Name string `yaml:"name"`
}

type subject struct {
	Kind      string `yaml:"kind"`
	Name      string `yaml:"name"`
	Namespace string `yaml:"namespace"`
}
