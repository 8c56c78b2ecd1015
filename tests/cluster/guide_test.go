package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

const (
	guided   = "authway-guide"
	door     = "https://edge." + guided + ".svc.cluster.local"
	overlay  = "../../tests/cluster/guide"
	anOldDay = "2026-11-24T15:04:05Z"
)

// guide is a checkout of its own, from which knative/OPERATIONS.md is followed.
type guide struct {
	*trial
	dir string
	env []string
}

// What OPERATIONS.md says of a cluster is run there as it is written, from an empty
// namespace on, with other names for the namespace, the address and the images.
func TestTheGuideIsRunAsItIsWritten(t *testing.T) {
	g := &guide{trial: &trial{T: t, space: guided, host: setting(t, "CLUSTER_HOST", "the address of this machine that pods can reach")}, dir: t.TempDir()}
	setting(t, "KUBECONFIG", "the cluster to try")
	setting(t, "REGISTRY", "where images are pushed to and pulled from")
	g.prepare()
	looked := 0
	for _, block := range harness.Commands(t, filepath.Join(root, "knative", "OPERATIONS.md")) {
		if block.Mark != "cluster" {
			continue
		}
		began := time.Now()
		said, err := g.follow(g.fill(block.Text))
		t.Logf("%s (%s)\n%s", block.At(), time.Since(began).Round(time.Second), said)
		if err != nil {
			t.Errorf("%s: %v\n%s", block.At(), err, block.Text)
		}
		// What the first deployment has brought is looked at before anything is done to it.
		switch block.At() {
		case "Monitor":
			looked++
			t.Run("Prometheus finds what comes and goes", func(t *testing.T) { g.in(t).finds() })
		case "Deploy":
			if strings.Contains(block.Text, "make deploy") && err != nil {
				t.Fatal(g.kubectl("get", "pods,ksvc,jobs,pvc"))
			}
		case "Maintain/A maintenance window":
			if err != nil {
				_, _ = g.follow("kubectl uncordon $(kubectl get nodes -o jsonpath='{.items[0].metadata.name}')")
			}
		}
	}
	if looked != 1 {
		t.Errorf("Prometheus was looked at %d times: has its chapter another name?", looked)
	}
}

func (g *guide) in(t *testing.T) *guide {
	now := *g.trial
	now.T = t
	return &guide{trial: &now, dir: g.dir, env: g.env}
}

// prepare makes what the guide takes for given: a checkout, an empty namespace with a
// certificate, and storage for backups.
func (g *guide) prepare() {
	g.Helper()
	g.run("", "bash", "-c", `tar --create --exclude=./.authway --exclude=node_modules . | tar --extract --directory "$0"`, g.dir)
	at := strings.NewReplacer("http://", "", "https://", "")
	objects := harness.NewObjects(g.T)
	address, err := url.Parse(objects.URL)
	if err != nil {
		g.Fatal(err)
	}
	query := address.Query()
	query.Set("endpoint", "http://"+g.reachable(at.Replace(query.Get("endpoint"))))
	address.RawQuery = query.Encode()
	config := filepath.Join(g.dir, "tests/cluster/guide/config.yaml")
	text, err := os.ReadFile(config)
	if err := errors.Join(err, os.WriteFile(config, []byte(strings.ReplaceAll(string(text), "OBJECTS", address.String())), 0o600)); err != nil {
		g.Fatal(err)
	}
	authority := filepath.Join(g.dir, "tls.crt")
	g.env = append(os.Environ(), "CURL_CA_BUNDLE="+authority, "SSL_CERT_FILE="+authority)

	g.empty()
	g.Cleanup(g.empty)
	g.must(`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 60 -keyout tls.key -out tls.crt \
		-subj /CN=edge -addext "subjectAltName=DNS:${0#https://}" 2>/dev/null`, door)
	g.must("kubectl create namespace " + guided + " --dry-run=client -o yaml | kubectl apply -f -")
	g.kubectl("create", "secret", "tls", "authway-tls", "--cert="+authority, "--key="+filepath.Join(g.dir, "tls.key"))
	arguments := []string{"create", "secret", "generic", "authway-backup-storage"}
	for name, value := range harness.StorageKeys {
		arguments = append(arguments, "--from-literal="+name+"="+value)
	}
	g.kubectl(arguments...)
}

// empty is trial's, of everything that the guide brings: events and timers first, or they wake what is being removed.
func (g *guide) empty() {
	for _, kinds := range []string{
		"pingsource,trigger,broker,jobsink", "ksvc,deployment,statefulset,job", "pod,service,pvc,configmap,secret,networkpolicy,poddisruptionbudget",
		"rolebinding,role,serviceaccount",
	} {
		_, _ = g.follow("kubectl delete --all --timeout=180s --namespace " + guided + " " + kinds)
	}
	// The guide keeps the volume that it restores beside.
	_, _ = g.follow(`kubectl get pv -o jsonpath='{range .items[?(@.spec.claimRef.namespace=="'"$0"'")]}{.metadata.name}{"\n"}{end}' | xargs --no-run-if-empty kubectl delete pv --wait=false`, guided)
}

// fill gives a block the names that are there.
func (g *guide) fill(text string) string {
	if strings.Contains(text, "$TOKEN") {
		g.env = append(g.env, "TOKEN="+g.token())
	}
	if strings.Contains(text, "scripts/rollback.sh") {
		// Nobody goes back who has not gone forward.
		g.must("make deploy OVERLAY=" + overlay)
	}
	if strings.Contains(text, "kubectl top") {
		g.until(3*time.Minute, "the metrics server knows every pod", func() bool {
			_, err := g.follow("kubectl top pods --namespace " + guided)
			return err == nil
		})
	}
	if strings.Contains(text, anOldDay) {
		moment := time.Now().UTC().Format(time.RFC3339)
		g.must("scripts/backup.sh --namespace " + guided)
		text = strings.ReplaceAll(text, anOldDay, moment)
	}
	text = strings.NewReplacer(
		"authway-production", guided, "authway-staging", guided, "https://auth.example.com", door,
		"OVERLAY=production REGISTRY=ghcr.io/your-org/authway", "OVERLAY="+overlay, "--manifests production", "--manifests tests/cluster/guide",
	).Replace(text)
	// No cluster of a trial needs a way out, and the database of flaws is somebody else's.
	return regexp.MustCompile(`(security-audit\.sh .*)`).ReplaceAllString(text, "$1 --offline")
}

// token is one of a program's own.
func (g *guide) token() string {
	var client, token struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
		Token  string `json:"access_token"`
	}
	hydra := []string{"exec", "hydra-0", "--", "hydra"}
	g.json(&client, append(hydra, "create", "oauth2-client", "--endpoint", "http://127.0.0.1:4445", "--format", "json",
		"--grant-type", "client_credentials", "--token-endpoint-auth-method", "client_secret_post")...)
	g.json(&token, append(hydra, "perform", "client-credentials", "--endpoint", "http://127.0.0.1:4444", "--format", "json",
		"--client-id", client.ID, "--client-secret", client.Secret)...)
	return token.Token
}

func (g *guide) json(into any, kubectl ...string) {
	g.Helper()
	if err := json.Unmarshal([]byte(g.kubectl(kubectl...)), into); err != nil {
		g.Fatal(err)
	}
}

// finds holds what Prometheus sees against what there is: each part, and pods of a
// function only while they are there.
func (g *guide) finds() {
	absent := []string{"alloy", "grafana", "loki"}
	g.until(3*time.Minute, "everything that runs is scraped", func() bool {
		up := g.ask("up")
		for _, job := range []string{"authway", "authway-exporter", "postgres", "redis", "hydra", "kube-state-metrics", "cadvisor", "kubelet", "prometheus", "alertmanager"} {
			if !slices.ContainsFunc(up, func(s series) bool { return s.Metric["job"] == job && s.value() == "1" }) {
				g.Logf("not yet: %s in %v", job, up)
				return false
			}
		}
		return !slices.ContainsFunc(up, func(s series) bool { return s.value() != "1" && !slices.Contains(absent, s.Metric["job"]) })
	})
	for _, query := range []string{
		`container_memory_working_set_bytes{pod!=""}`, "rate(container_cpu_usage_seconds_total[5m])",
		"kube_deployment_status_replicas_available", "kube_pod_container_status_restarts_total", "authway_state_up == 1",
	} {
		g.until(3*time.Minute, query, func() bool { return len(g.ask(query)) > 0 })
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	g.until(2*time.Minute, "every rule has been evaluated", func() bool {
		g.json(&rules, "get", "--raw", g.prometheus("rules"))
		for _, group := range rules.Data.Groups {
			for _, rule := range group.Rules {
				if rule.Health != "ok" {
					g.Logf("%s is %s: %s", rule.Name, rule.Health, rule.LastError)
					return false
				}
			}
		}
		return len(rules.Data.Groups) > 0
	})
	seen := func() bool { return len(g.ask(`up{job="authway",revision=~"token-.*"}`)) > 0 }
	g.until(4*time.Minute, "no pod of token is looked for any more", func() bool { return !seen() })
	g.until(3*time.Minute, "a new pod of token is found", func() bool {
		g.must("curl -fsS --output /dev/null " + door + "/.well-known/authway/jwks.json")
		return seen()
	})
}

type series struct {
	Metric map[string]string
	Value  [2]any
}

func (s series) value() string { return fmt.Sprint(s.Value[1]) }

func (g *guide) ask(query string) []series {
	g.Helper()
	var answer struct {
		Data struct{ Result []series }
	}
	g.json(&answer, "get", "--raw", g.prometheus("query?query="+url.QueryEscape(query)))
	return answer.Data.Result
}

func (g *guide) prometheus(path string) string {
	return "/api/v1/namespaces/" + guided + "/services/prometheus:9090/proxy/prometheus/api/v1/" + path
}

func (g *guide) must(text string, args ...string) string {
	g.Helper()
	said, err := g.follow(text, args...)
	if err != nil {
		g.Fatalf("%s %s: %v\n%s", text, strings.Join(args, " "), err, said)
	}
	return said
}

// follow runs commands as somebody types them.
func (g *guide) follow(text string, args ...string) (string, error) {
	c := exec.Command("bash", append([]string{"-euo", "pipefail", "-c", text}, args...)...)
	c.Dir, c.Env = g.dir, g.env
	said, err := c.CombinedOutput()
	return string(said), err
}
