package cluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/standalone"
	"github.com/authway/authway/tests/harness"
)

const (
	root      = "../.."
	namespace = "authway-trial"
	public    = "http://localhost:8080"
)

// trial is a deployment on the cluster, and what runs beside it.
type trial struct {
	*testing.T
	// space is the namespace.
	space string
	// host is an address of this machine that pods can reach.
	host            string
	system          *harness.System
	database, hydra harness.Database
	// postgres and redis are where pods reach them.
	postgres string
	redis    *url.URL
}

// setting is a setting of the test that has to be there.
func setting(t *testing.T, name, says string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: %s (tests/cluster/README.md)", name, says)
	}
	return value
}

// reachable lets pods reach a server of this machine's loopback, and returns
// the address they reach it at.
func (tr *trial) reachable(server string) string {
	tr.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(tr.host, "0"))
	if err != nil {
		tr.Fatal(err)
	}
	tr.Cleanup(func() { listener.Close() })
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go pipe(from, server)
		}
	}()
	return listener.Addr().String()
}

func pipe(from net.Conn, server string) {
	defer from.Close()
	to, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer to.Close()
	go func() {
		_, _ = io.Copy(to, from)
		to.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(from, to)
}

// run runs a program at the top of the repository and returns what it printed.
func (tr *trial) run(stdin string, command ...string) string {
	tr.Helper()
	out, err := tr.try(stdin, command...)
	if err != nil {
		tr.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return out
}

func (tr *trial) try(stdin string, command ...string) (string, error) {
	c := exec.CommandContext(context.WithoutCancel(tr.Context()), command[0], command[1:]...)
	c.Dir = root
	c.Stdin = strings.NewReader(stdin)
	var out, complaints bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaints
	if err := c.Run(); err != nil {
		return out.String() + complaints.String(), err
	}
	return out.String(), nil
}

func (tr *trial) kubectl(args ...string) string {
	tr.Helper()
	return strings.TrimSpace(tr.run("", append([]string{"kubectl", "--namespace", tr.space}, args...)...))
}

// begin starts PostgreSQL and Redis, deploys to an empty namespace, and puts
// nginx in front.
func begin(t *testing.T) *trial {
	tr := &trial{T: t, space: namespace, host: setting(t, "CLUSTER_HOST", "the address of this machine that pods can reach")}
	setting(t, "KUBECONFIG", "the cluster to try")
	setting(t, "REGISTRY", "where images are pushed to and pulled from")
	tr.database, tr.hydra = harness.NewEmptyDatabase(t), harness.NewEmptyDatabase(t)
	redis, err := url.Parse(harness.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	owner, err := url.Parse(tr.database.OwnerURL())
	if err != nil {
		t.Fatal(err)
	}
	tr.postgres, tr.redis = tr.reachable(owner.Host), redis
	tr.redis.Host = tr.reachable(redis.Host)
	tr.empty()
	tr.kubectlIfThere("create", "namespace", namespace)
	t.Cleanup(tr.empty)
	tr.secrets()
	tr.deploy("")
	tr.nginx()
	tr.system = harness.Elsewhere(t, standalone.Endpoints{
		URL: public, HydraAdminURL: "http://hydra-admin." + namespace + ".svc.cluster.local:4445",
		DatabaseURL: tr.database.OwnerURL(), RedisURL: harness.Redis(t),
	})
	return tr
}

// empty removes what a trial leaves, while its database still answers: events that nobody takes would be tried again
// for minutes, and keep the next one awake.
func (tr *trial) empty() {
	tr.kubectlIfThere("delete", "--all", "--namespace", namespace, "--timeout=180s",
		"pingsource,trigger,broker,ksvc,statefulset,job,service,configmap,secret,networkpolicy,poddisruptionbudget")
}

func (tr *trial) kubectlIfThere(args ...string) {
	_, _ = tr.try("", append([]string{"kubectl"}, args...)...)
}

// asPodsSee is a database's address from inside the cluster.
func (tr *trial) asPodsSee(d harness.Database) *url.URL {
	u, err := url.Parse(d.OwnerURL())
	if err != nil {
		tr.Fatal(err)
	}
	u.Host = tr.postgres
	return u
}

func (tr *trial) secrets() {
	tr.Helper()
	made := tr.run("", "scripts/generate-secrets.sh", namespace, "--smtp", "smtp://"+tr.host+":25")
	tr.run(made, "kubectl", "apply", "-f", "-")
	dsn := tr.asPodsSee(tr.hydra)
	query := dsn.Query()
	query.Set("max_conns", "20")
	dsn.RawQuery = query.Encode()
	patch := fmt.Sprintf(`{"stringData": {"owner-url": %q, "hydra-url": %q, "hydra-dsn": %q}}`,
		tr.asPodsSee(tr.database), tr.asPodsSee(tr.hydra), dsn)
	tr.kubectl("patch", "secret", "authway-database", "-p", patch)
	secret, _ := tr.redis.User.Password()
	tr.kubectl("patch", "secret", "authway-redis", "-p", fmt.Sprintf(`{"stringData": {"password": %q}}`, secret))
}

// deploy builds, pushes and rolls out, by the commands that people use. With a
// level, functions log at it: another setting makes another revision.
func (tr *trial) deploy(level string) {
	tr.Helper()
	manifests := tr.run("", "make", "--no-print-directory", "manifests", "OVERLAY=../../tests/cluster/overlay")
	filled := strings.NewReplacer(
		"POSTGRES_ADDRESS", tr.postgres, "POSTGRES_DATABASE", strings.TrimPrefix(tr.asPodsSee(tr.database).Path, "/"),
		"REDIS_ADDRESS", tr.redis.Host,
	).Replace(manifests)
	if level != "" {
		filled = strings.Replace(filled, "  AUTHWAY_HOST: localhost\n", "  AUTHWAY_HOST: localhost\n  LOG_LEVEL: "+level+"\n", 1)
	}
	tr.Log(tr.run(filled, "scripts/deploy.sh"))
}

// nginx runs the real one with the manifests' configuration, whose words are
// filled in as its image does.
func (tr *trial) nginx() {
	tr.Helper()
	folder, err := os.MkdirTemp("", "authway-edge-")
	if err != nil {
		tr.Fatal(err)
	}
	tr.Cleanup(func() { _ = os.RemoveAll(folder) })
	pages := filepath.Join(folder, "pages")
	if err := os.MkdirAll(pages, 0o755); err != nil {
		tr.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		tr.Fatal(err)
	}
	tr.run("", "go", "run", "./frontend/cmd/pages", pages)
	template, err := os.ReadFile(filepath.Join(root, "knative/components/edge-http/nginx.conf.template"))
	if err != nil {
		tr.Fatal(err)
	}
	conf := strings.NewReplacer(
		"${AUTHWAY_HOST}", "localhost", "${POD_NAMESPACE}", namespace, "${NGINX_LOCAL_RESOLVERS}", nameServer(tr.T),
		"/usr/share/authway", pages, "/tmp/nginx", folder,
	).Replace(string(template))
	path := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o644); err != nil {
		tr.Fatal(err)
	}
	program := exec.CommandContext(context.WithoutCancel(tr.Context()), "nginx", "-c", path, "-p", folder, "-g", "daemon off;")
	program.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin")
	program.Stdout, program.Stderr = tr.Output(), tr.Output()
	if program.Err != nil {
		program.Path, program.Err = "/usr/sbin/nginx", nil
	}
	if err := program.Start(); err != nil {
		tr.Fatal(err)
	}
	tr.Cleanup(func() {
		_ = program.Process.Signal(os.Interrupt)
		_ = program.Wait()
	})
	tr.until(10*time.Second, "nginx listens", func() bool {
		conn, err := net.Dial("tcp", "localhost:8080")
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// nameServer is the one that this process asks.
func nameServer(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "nameserver" {
			return fields[1]
		}
	}
	t.Fatal("/etc/resolv.conf names no server")
	return ""
}

// until waits for something that the cluster tells nobody by itself.
func (tr *trial) until(limit time.Duration, what string, ok func() bool) {
	tr.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(tr.Context(), limit)
	defer cancel()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tr.Fatalf("after %s still not: %s\n%s", limit, what, tr.kubectl("get", "pods,ksvc,revisions"))
		}
	}
}
