package harness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/migrations"
)

// programs builds the functions' programs, as they are deployed but for the size.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := folder("authway-programs-")
	if err != nil {
		return "", err
	}
	args := []string{"build", "-o", dir}
	for _, function := range migrations.Functions {
		args = append(args, "github.com/authway/authway/functions/"+function+"/cmd/"+function)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
})

// Pod is a function's program in a process of its own, which has the environment of a pod and nothing else of the
// machine's.
type Pod struct {
	Name string
	// Port is where it answers, on all addresses; OpsPort is where its metrics are.
	Port, OpsPort string

	t          testing.TB
	process    *exec.Cmd
	complaints bytes.Buffer
	ended      chan struct{}
}

// podPatience bounds every wait for a pod.
const podPatience = 40 * time.Second

// StartPod starts a function with settings, beside those that Knative makes, and waits until it listens or has ended.
func StartPod(t testing.TB, name string, settings map[string]string) *Pod {
	t.Helper()
	dir, err := programs()
	if err != nil {
		t.Fatalf("harness: %v", err)
	}
	return startUntilItListens(t, filepath.Join(dir, name), settings, t.Output())
}

func startUntilItListens(t testing.TB, program string, settings map[string]string, log io.Writer) *Pod {
	t.Helper()
	for {
		p := startPod(t, program, settings, log)
		if p.listening() || !strings.Contains(p.complaints.String(), "address already in use") {
			return p
		}
	}
}

func startPod(t testing.TB, program string, settings map[string]string, log io.Writer) *Pod {
	t.Helper()
	ports, err := supervise.Reserve(2)
	if err != nil {
		t.Fatal(err)
	}
	p := &Pod{
		t: t, Name: filepath.Base(program), Port: strconv.Itoa(ports.Port(0)), OpsPort: strconv.Itoa(ports.Port(1)),
		ended: make(chan struct{}),
	}
	if err := ports.Release(); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{
		"PORT": p.Port, "OPS_PORT": p.OpsPort,
		"K_SERVICE": p.Name, "K_CONFIGURATION": p.Name, "K_REVISION": p.Name + "-00001",
	}
	maps.Copy(environment, settings)
	p.process = exec.CommandContext(withoutDeadline(t), program)
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		p.process.Env = append(p.process.Env, name+"="+environment[name])
	}
	p.process.Dir, p.process.Stdout, p.process.Stderr = t.TempDir(), log, &p.complaints
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.process.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.process.Process.Kill()
		<-p.ended
	})
	return p
}

// listening waits until the process listens, and is false if it ended instead.
func (p *Pod) listening() bool {
	p.t.Helper()
	listens := false
	p.Await("listens or ends", func() bool {
		select {
		case <-p.ended:
			return true
		default:
		}
		listens = p.Listens()
		return listens
	})
	return listens
}

// Listens tells whether somebody takes connections at Port.
func (p *Pod) Listens() bool {
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", p.Port))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// Await waits until something is so, looking as often as queue-proxy does.
func (p *Pod) Await(what string, is func() bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), podPatience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-p.ended:
			if !is() {
				p.t.Fatalf("harness: %s has ended before it %s: %s", p.Name, what, p.complaints.String())
			}
			return
		case <-ctx.Done():
			p.t.Fatalf("harness: %s: not within %s: it %s", p.Name, podPatience, what)
		}
	}
}

// URL is where the function answers.
func (p *Pod) URL() string { return "http://127.0.0.1:" + p.Port }

// Get asks for a path on a connection of its own; a pod that does not answer is status 0.
func (p *Pod) Get(path string, header http.Header) (status int, answer http.Header, body string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.URL()+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	maps.Copy(request.Header, header)
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer response.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(response.Body); err != nil {
		p.t.Errorf("harness: %s: %v", path, err)
	}
	return response.StatusCode, response.Header, strings.TrimSpace(text.String())
}

// PID is the process's number.
func (p *Pod) PID() int { return p.process.Process.Pid }

// Terminate sends the signal that kubelet sends.
func (p *Pod) Terminate() {
	p.t.Helper()
	if err := p.process.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("harness: %s: %v", p.Name, err)
	}
}

// Exit waits for the end within a time, and returns the status and what was said on the error output.
func (p *Pod) Exit(within time.Duration) (code int, complaints string) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(within):
		p.t.Fatalf("harness: %s: goes on after %s", p.Name, within)
	}
	return p.process.ProcessState.ExitCode(), p.complaints.String()
}
