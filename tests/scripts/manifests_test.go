package scripts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var overlays = []string{"local", "staging", "production"}

func TestAuditOfTheOverlays(t *testing.T) {
	t.Parallel()
	for _, name := range overlays {
		var a audit
		r := script(t, map[string]string{"KUBECTL": "kubectl"}, "security-audit.sh", "--json", "--manifests", name)
		r.into(t, &a)
		a.all(t, nil)
		r.ends(t, 0)
		if a.Address != "" || len(a.Sound) != 1 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestAuditOfBadManifests(t *testing.T) {
	t.Parallel()
	bad, err := filepath.Abs("testdata/bad.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var a audit
	r := script(t, nil, "security-audit.sh", "--json", "--manifests", bad)
	r.ends(t, 1)
	r.into(t, &a)
	wanted := map[string]string{
		"pod-security.namespace.loose": "medium", "secret.secret.spilt": "high", "tls.configmap.authway-config": "high", "tls.ingress.door": "high",
		"rights.role.everything": "high", "rights.clusterrolebinding.crowned": "critical", "network.namespace.loose": "high",
		"host.deployment.idle": "high", "host-path.deployment.idle": "high", "token.deployment.idle": "medium", "privileged.deployment.idle": "critical",
		"image.deployment.idle": "medium", "image.service.login": "medium", "database-role.service.consent": "high",
	}
	for _, pod := range []string{"deployment.idle", "service.login", "service.consent"} {
		for name, severity := range map[string]string{"root": "high", "writable": "medium", "escalation": "medium", "capabilities": "medium", "seccomp": "medium", "limits": "medium"} {
			wanted[name+"."+pod] = severity
		}
	}
	prefixed := map[string]string{}
	for name, severity := range wanted {
		prefixed["manifests."+name] = severity
	}
	a.all(t, prefixed)
	if strings.Contains(r.said, "hunter2") {
		t.Error("it prints what the secret holds")
	}
}

// What cannot be read is not sound.
func TestAuditOfNoManifests(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.yaml")
	if err := os.WriteFile(empty, []byte("# nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, manifests := range []string{empty, t.TempDir()} {
		var a audit
		r := script(t, map[string]string{"KUBECTL": "kubectl"}, "security-audit.sh", "--json", "--manifests", manifests)
		r.ends(t, 1)
		r.into(t, &a)
		a.all(t, map[string]string{"manifests.not-checked": "medium"})
	}
}
