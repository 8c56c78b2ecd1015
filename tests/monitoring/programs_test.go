package monitoring

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/tests/harness"
)

const (
	component = "../../knative/components/monitoring"
	// faster is by what everything is divided that the rules wait for or look back on.
	faster = 30
	// patience bounds every wait.
	patience = time.Minute
)

// asMaintenance, as the first argument, makes the binary of the tests the program
// maintenance.
const asMaintenance = "maintenance"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asMaintenance {
		maintenance.Command(os.Args[2:], func() { serve.Main(maintenance.Spec) })
		return
	}
	harness.Main(m)
}

// await asks until it is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	bounded, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-bounded.Done():
			t.Fatalf("awaited in vain: %s", what)
		case <-tick.C:
		}
	}
}

// program is one that runs beside the system.
type program struct {
	url     string
	process *exec.Cmd
	ended   chan struct{}
}

// start runs a program that listens on a port of its own, which the arguments and
// settings name as {port}, and waits until it answers at ready.
func start(t *testing.T, name, ready string, settings []string, args ...string) *program {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: scripts/install-test-parts.sh installs it", err)
	}
	ports, err := supervise.Reserve(1)
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(ports.Port(0))
	if err := ports.Release(); err != nil {
		t.Fatal(err)
	}
	filled := func(all []string) (out []string) {
		for _, one := range all {
			out = append(out, strings.ReplaceAll(one, "{port}", port))
		}
		return out
	}
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{url: "http://127.0.0.1:" + port, ended: make(chan struct{})}
	p.process = exec.CommandContext(context.WithoutCancel(t.Context()), path, filled(args)...)
	p.process.Env = append([]string{"PATH=" + os.Getenv("PATH")}, filled(settings)...)
	p.process.Dir, p.process.Stdout, p.process.Stderr = t.TempDir(), log, log
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.process.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.kill()
		if said, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("%s said: %s", name, said)
		}
	})
	await(t, name+" answers", func() bool {
		select {
		case <-p.ended:
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("%s has ended: %s", name, said)
		default:
		}
		status, _ := get(t, p.url+ready)
		return status == http.StatusOK
	})
	return p
}

func (p *program) kill() {
	_ = p.process.Process.Kill()
	<-p.ended
}

// get is the answer to a request, with the status 0 if there is none.
func get(t *testing.T, address string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}
	defer answer.Body.Close()
	raw, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(raw)
}

// ask decodes the data of an answer of Prometheus.
func ask(t *testing.T, address string, into any) error {
	t.Helper()
	status, body := get(t, address)
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return fmt.Errorf("%s: %d: %w", address, status, err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", address, answer.Error)
	}
	return json.Unmarshal(answer.Data, into)
}

var (
	looksBack = regexp.MustCompile(`\[(\d+)([smhd])`)
	waits     = regexp.MustCompile(`(?m)^( +for: )(\d+)([smhd])$`)
	units     = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
)

// hastened is text with ranges and waits of which `faster` fit into what they were. No
// wait is longer than five seconds: a week divided is hours.
func hastened(text string) string {
	divided := func(number, unit string, most time.Duration) string {
		n, _ := strconv.Atoi(number)
		return strconv.FormatInt(min(time.Duration(n)*units[unit]/faster, most).Milliseconds(), 10) + "ms"
	}
	text = looksBack.ReplaceAllStringFunc(text, func(found string) string {
		part := looksBack.FindStringSubmatch(found)
		return "[" + divided(part[1], part[2], 2*time.Hour)
	})
	return waits.ReplaceAllStringFunc(text, func(found string) string {
		part := waits.FindStringSubmatch(found)
		return part[1] + divided(part[2], part[3], 5*time.Second)
	})
}

// read is a file of the component.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(component, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
