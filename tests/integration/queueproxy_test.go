package integration_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/migrations"
	"github.com/authway/authway/tests/harness"
)

// served is what a function has to answer without a sign-in, and how a request to it is kept under way.
type served struct {
	path   string
	status int
	// slow is a POST whose body the function waits for, if asks with a 100 Continue, and which it then answers late.
	slow, contentType string
	asks              bool
	late              int
	// needs are the settings without which it does not start.
	needs []string
}

var functions = map[string]served{
	"login": {
		path: "/signed-out", status: 200, slow: "/login", contentType: "application/x-www-form-urlencoded", asks: true, late: 404,
		needs: []string{"AUTHWAY_URL", "DATABASE_URL", "HYDRA_ADMIN_URL", "HYDRA_CLIENT_SECRET", "REDIS_URL"},
	},
	"consent": {
		path: "/api/account/apps", status: 401, slow: "/consent", contentType: "application/x-www-form-urlencoded", asks: true, late: 404,
		needs: []string{"AUTHWAY_URL", "DATABASE_URL", "HYDRA_ADMIN_URL", "REDIS_URL"},
	},
	"token": {
		path: "/token/verify", status: 401, slow: "/token/introspect",
		contentType: "application/x-www-form-urlencoded", asks: true, late: 401,
		needs: []string{"AUTHWAY_URL", "DATABASE_URL", "HYDRA_ADMIN_URL", "HYDRA_CLIENT_SECRET", "HYDRA_PUBLIC_URL", "REDIS_URL"},
	},
	"admin": {
		path: "/", status: 404, slow: "/", contentType: "application/json", late: 404,
		needs: []string{"AUTHWAY_URL", "DATABASE_URL", "HYDRA_ADMIN_URL", "REDIS_URL"},
	},
	"maintenance": {
		path: "/", status: 404, slow: "/events", contentType: "application/cloudevents+json", asks: true, late: 400,
		needs: []string{"AUTHWAY_URL", "DATABASE_URL", "HYDRA_ADMIN_URL", "SMTP_URL"},
	},
}

// An environment variable of a manifest: with a value, or with a key of a ConfigMap or Secret.
var (
	plain    = regexp.MustCompile(`^- (?:\{name: (\w+), value: (.+)\}|name: (\w+)\n +value: (.+))$`)
	referred = regexp.MustCompile(`^- name: (\w+)\n +valueFrom: \{(?:configMap|secret)KeyRef: \{name: ([\w-]+), key: ([\w-]+)(, optional: true)?\}\}$`)
)

// environmentOf makes the environment that kubelet makes of a function's manifest and of what its ConfigMaps and Secrets hold.
func environmentOf(t *testing.T, function string, holds map[string]string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../knative/base/services/" + function + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(regexp.MustCompile(`(?m)^ *#.*\n`).ReplaceAllString(string(text), ""), "\n          env:\n")
	if !found {
		t.Fatalf("%s is told nothing", function)
	}
	all := map[string]string{}
	for entry := range strings.SplitSeq(strings.TrimSpace(list), "\n            -") {
		entry = "-" + strings.TrimPrefix(entry, "-")
		if m := plain.FindStringSubmatch(entry); m != nil {
			all[m[1]+m[3]] = os.Expand(strings.NewReplacer("$(", "${", ")", "}").Replace(m[2]+m[4]), func(name string) string { return all[name] })
			continue
		}
		m := referred.FindStringSubmatch(entry)
		if m == nil {
			t.Fatalf("%s: this is not understood: %s", function, entry)
		}
		value, has := holds[m[2]+" "+m[3]]
		switch {
		case has:
			all[m[1]] = value
		case m[4] == "":
			t.Fatalf("%s: %s comes from %s of %s, which nobody has made", function, m[1], m[3], m[2])
		}
	}
	return all
}

// holdings are what the ConfigMaps and Secrets hold, with the real parts' addresses.
func holdings(t *testing.T, function string) map[string]string {
	t.Helper()
	system, db := harness.Run(t), harness.NewDatabase(t)
	database, redis := parse(t, db.URL(function)), parse(t, system.Endpoints.RedisURL)
	databasePassword, _ := database.User.Password()
	redisPassword, _ := redis.User.Password()
	address := url.URL{Host: database.Host, Path: database.Path, RawQuery: database.RawQuery}
	redis.User = nil
	return map[string]string{
		"authway-config AUTHWAY_URL":      "https://auth.example.com",
		"authway-config DATABASE_ADDRESS": strings.TrimPrefix(address.String(), "//"),
		"authway-config REDIS_URL":        redis.String(),
		"authway-config HYDRA_ADMIN_URL":  system.Endpoints.HydraAdminURL,
		"authway-config HYDRA_PUBLIC_URL": system.Endpoints.HydraPublicURL,
		"authway-config K_SINK":           "http://127.0.0.1:1/events",
		"authway-database " + function:    databasePassword,
		"authway-redis password":          redisPassword,
		"authway-hydra client-secret":     harness.HydraKey,
		"authway-master-keys keys":        harness.MasterKey(),
		"authway-mail url":                "smtp://127.0.0.1:1",
	}
}

func TestPodsBehindQueueProxy(t *testing.T) {
	t.Parallel()
	for _, function := range migrations.Functions {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			is, holds := functions[function], holdings(t, function)
			pod := harness.StartPod(t, function, environmentOf(t, function, holds))
			probed(t, pod)
			answersLikeBehindTheActivator(t, pod, is)
			endsWithItsRequests(t, pod, is)
		})
	}
}

// probed checks what kubelet, queue-proxy and the ingress ask.
func probed(t *testing.T, pod *harness.Pod) {
	t.Helper()
	kubelet := http.Header{"User-Agent": {"kube-probe/1.35"}}
	if status, _, body := pod.Get("/healthz", kubelet); status != 200 {
		t.Errorf("/healthz answers %d %s", status, body)
	}
	// As queue-proxy does: again and again until it is ready.
	pod.Await("is ready", func() bool {
		status, _, _ := pod.Get("/readyz", kubelet)
		return status == 200
	})
	if status, _, body := pod.Get("/readyz", nil); status != 200 || body != `{"status":"ok"}` {
		t.Errorf("/readyz answers %d %s", status, body)
	}
	// The ingress' probe. queue-proxy answers those to itself, with the value queue.
	status, header, _ := pod.Get("/", http.Header{"K-Network-Probe": {"probe"}, "K-Network-Hash": {"a1b2"}})
	if status != 200 || header.Get("K-Network-Hash") != "a1b2" {
		t.Errorf("the ingress' probe is answered %d %v", status, header)
	}
	if status, _, _ := pod.Get("/readyz", http.Header{"K-Network-Probe": {"queue"}}); status != 200 {
		t.Errorf("the activator's probe is answered %d", status)
	}
	// kubelet comes to the pod's address. All of 127.0.0.0/8 is this machine; what listens on 127.0.0.1 alone is not there.
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.2", pod.Port))
	if err != nil {
		t.Fatalf("it does not listen on all addresses: %v", err)
	}
	conn.Close()
	if conn, err = net.Dial("tcp", net.JoinHostPort("127.0.0.1", pod.OpsPort)); err != nil {
		t.Fatalf("its numbers are not there: %v", err)
	}
	conn.Close()
}

// answersLikeBehindTheActivator sends two requests on one connection, with what the ingress and the activator add.
func answersLikeBehindTheActivator(t *testing.T, pod *harness.Pod, is served) {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", pod.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for range 2 {
		_, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: auth.example.com\r\nK-Proxy-Request: activator\r\n"+
			"Knative-Serving-Namespace: authway\r\nKnative-Serving-Revision: %s-00001\r\nForwarded: for=203.0.113.7;proto=https\r\n"+
			"X-Forwarded-For: 203.0.113.7, 10.0.0.5, 10.0.0.6\r\nX-Forwarded-Host: auth.example.com\r\nX-Forwarded-Proto: https\r\n"+
			"X-Request-Id: of-the-ingress\r\nAccept-Encoding: gzip\r\n\r\n", is.path, pod.Name)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatalf("the connection has not been kept: %v", err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Error(err)
		}
		response.Body.Close()
		if response.StatusCode != is.status || response.Header.Get("X-Request-Id") != "of-the-ingress" || response.Close {
			t.Errorf("%s is answered %d %v", is.path, response.StatusCode, response.Header)
		}
	}
}

// endsWithItsRequests ends the pod while a request is under way, which has to get its answer.
func endsWithItsRequests(t *testing.T, pod *harness.Pod, is served) {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", pod.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	expect := ""
	if is.asks {
		expect = "Expect: 100-continue\r\n"
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: auth.example.com\r\nOrigin: https://auth.example.com\r\nContent-Type: %s\r\n"+
		"Content-Length: 2\r\n%s\r\n", is.slow, is.contentType, expect)
	if !is.asks {
		head += "{"
	}
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	if is.asks {
		if response, err := http.ReadResponse(answers, nil); err != nil || response.StatusCode != 100 {
			t.Fatalf("it does not wait for the body: %v, %v", response, err)
		}
		if _, err := io.WriteString(conn, "{"); err != nil {
			t.Fatal(err)
		}
	}

	pod.Terminate()
	pod.Await("says that it is stopping", func() bool {
		status, _, body := pod.Get("/readyz", nil)
		return status == 503 && strings.Contains(body, "stopping")
	})
	if status, _, body := pod.Get("/healthz", nil); status != 200 {
		t.Errorf("/healthz answers %d %s: a restart would cut the request off", status, body)
	}
	if status, _, body := pod.Get("/readyz", http.Header{"User-Agent": {"kube-probe/1.35"}}); status != 503 {
		t.Errorf("queue-proxy's probe is answered %d %s", status, body)
	}
	pod.Await("listens no more", func() bool { return !pod.Listens() })
	if _, err := io.WriteString(conn, "}"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("the request under way has no answer: %v", err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != is.late {
		t.Errorf("the request under way is answered %s (%v)", response.Status, err)
	}
	if more, err := io.ReadAll(answers); err != nil || len(more) != 0 {
		t.Errorf("the connection goes on with %q (%v)", more, err)
	}
	// Its own limit is 25 s, so that it ends before the pod is killed after 30.
	if code, complaints := pod.Exit(25 * time.Second); code != 0 || complaints != "" {
		t.Errorf("it ends with %d: %s", code, complaints)
	}
}

func TestPodsRefuseWrongSettings(t *testing.T) {
	t.Parallel()
	const secret = "hushhush"
	for _, function := range migrations.Functions {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{
				"OPS_PORT": "9090", "AUTHWAY_MASTER_KEYS": secret, "DATABASE_PASSWORD": secret, "REDIS_PASSWORD": secret,
			}
			code, complaints := harness.StartPod(t, function, settings).Exit(10 * time.Second)
			if code != 78 || strings.Contains(complaints, secret) {
				t.Errorf("it ends with %d: %s", code, complaints)
			}
			if !strings.Contains(complaints, "\n  OPS_PORT is a port that Knative's queue-proxy has in the same pod\n") {
				t.Errorf("nothing is said of the port: %s", complaints)
			}
			var missing []string
			for _, m := range regexp.MustCompile(`(?m)^  (\w+) is not set$`).FindAllStringSubmatch(complaints, -1) {
				missing = append(missing, m[1])
			}
			if slices.Sort(missing); !slices.Equal(missing, functions[function].needs) {
				t.Errorf("missing are %v: %s", missing, complaints)
			}
		})
	}
}
