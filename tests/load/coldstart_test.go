package load_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

// starts is how often each program is started.
const starts = 25

// started are the figures of a start: processor time and memory until the first answer,
// in milliseconds and MiB.
type started struct{ cpu, memory float64 }

// BenchmarkColdStart compares the processor time from exec to the first 200 with that of
// an empty server of net/http. The budgets: token at most 1.8 x, login and consent 2.2 x,
// 20 MiB of memory, and 4 ms in the initialisation of packages.
func BenchmarkColdStart(b *testing.B) {
	names := []string{"hello", "token", "login", "consent"}
	programs := map[string]string{}
	for _, name := range names {
		programs[name] = build(b, name)
	}
	for b.Loop() {
		cpu, memory := map[string][]float64{}, map[string][]float64{}
		for range starts {
			// In turn, so that what else the machine does is in all.
			for _, name := range names {
				s := startOnce(b, programs[name])
				cpu[name], memory[name] = append(cpu[name], s.cpu), append(memory[name], s.memory)
			}
		}
		b.ReportMetric(median(cpu["hello"]), "hello-ms")
		for _, name := range names[1:] {
			b.ReportMetric(median(cpu[name])/median(cpu["hello"]), name+"-x-hello")
			b.ReportMetric(median(memory[name]), name+"-MiB")
			b.ReportMetric(initialisation(b, programs[name]), name+"-init-ms")
		}
		b.ReportMetric(0, "ns/op")
	}
}

// build makes a program as ko makes the one that is deployed.
func build(b testing.TB, name string) string {
	b.Helper()
	source, path := "github.com/authway/authway/functions/"+name+"/cmd/"+name, filepath.Join(b.TempDir(), name)
	if name == "hello" {
		source = "./testdata/hello"
	}
	command := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, source)
	command.Env = append(command.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

// startOnce starts a program and stops it with its first answer.
func startOnce(b *testing.B, path string) started {
	b.Helper()
	p := launch(b, path, free)
	process := p.process
	defer p.end()
	// What it goes on with behind its answer is not part of the start.
	_ = process.Process.Signal(syscall.SIGSTOP)
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process.Process.Pid))
	m := mark.FindSubmatch(raw)
	if err != nil || m == nil {
		b.Fatalf("there is no mark of memory: %v", err)
	}
	kilobytes, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	p.end()
	used := process.ProcessState.UserTime() + process.ProcessState.SystemTime()
	return started{milliseconds(used), kilobytes / 1024}
}

// launched is a program that has been started, what it has said, and whether it has ended.
type launched struct {
	process *exec.Cmd
	address string
	said    bytes.Buffer
	ended   chan struct{}
}

// launch starts a program whose parts are all unreachable, and returns with its first
// answer. Between a search for a free port and the program's listen, the port is anybody's:
// a program that finds it taken is started again with others.
func launch(b testing.TB, path string, ports func(b testing.TB, n int) []string, settings ...string) *launched {
	b.Helper()
	for range 20 {
		p := unstarted(b, path, ports(b, 2), settings...)
		if err := p.process.Start(); err != nil {
			b.Fatal(err)
		}
		go func() {
			_ = p.process.Wait()
			close(p.ended)
		}()
		if p.answered() {
			return p
		}
		if p.end(); !bytes.Contains(p.said.Bytes(), []byte("address already in use")) {
			b.Fatalf("%s does not answer: %s", filepath.Base(path), p.said.String())
		}
	}
	b.Fatalf("%s has found its ports taken 20 times", filepath.Base(path))
	return nil
}

// answered waits for the first answer, and is false if there is none or the process has
// ended: then it was somebody else who answered.
func (p *launched) answered() bool {
	deadline := time.Now().Add(10 * time.Second)
	for answer := false; time.Now().Before(deadline); answer = answers(p.address) {
		select {
		case <-p.ended:
			return false
		default:
		}
		if answer {
			return true
		}
	}
	return false
}

func (p *launched) end() {
	_ = p.process.Process.Kill()
	<-p.ended
}

// unstarted is a process that has not been started, and the address where it will be.
func unstarted(b testing.TB, path string, ports []string, settings ...string) *launched {
	b.Helper()
	p := &launched{address: net.JoinHostPort("127.0.0.1", ports[0]), ended: make(chan struct{})}
	process := exec.CommandContext(b.Context(), path)
	process.Stderr = &p.said
	process.Env = append(settings, "PORT="+ports[0], "OPS_PORT="+ports[1], "AUTHWAY_URL=http://localhost:1", "DATABASE_URL=postgres://nobody@127.0.0.1:1/none",
		"REDIS_URL=redis://127.0.0.1:1", "HYDRA_ADMIN_URL=http://127.0.0.1:1", "HYDRA_PUBLIC_URL=http://127.0.0.1:1",
		"HYDRA_CLIENT_SECRET="+harness.HydraKey, "AUTHWAY_MASTER_KEYS="+harness.MasterKey())
	p.process = process
	return p
}

// free are ports that nobody has. All are held until the last is found: one that is let
// go would be found again.
func free(b testing.TB, n int) (ports []string) {
	b.Helper()
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		defer listener.Close()
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		ports = append(ports, port)
	}
	return ports
}

// A port that somebody else has taken meanwhile costs another start, not the benchmark.
func TestAProgramThatFindsItsPortTakenIsStartedAgain(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]int{"hello": 0, "token": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			others, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { others.Close() })
			_, taken, err := net.SplitHostPort(others.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			tries := 0
			p := launch(t, build(t, name), func(b testing.TB, n int) []string {
				ports := free(b, n)
				if tries++; tries == 1 {
					ports[place] = taken
				}
				return ports
			})
			t.Cleanup(p.end)
			if tries != 2 || !answers(p.address) {
				t.Errorf("it was started %d times, and has said %s", tries, p.said.String())
			}
		})
	}
}

func answers(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		// Not yet: to try without a pause would take the processor that is measured.
		time.Sleep(200 * time.Microsecond)
		return false
	}
	defer conn.Close()
	// Whoever has taken the port may never say a word.
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	_, _ = conn.Write([]byte("GET /health HTTP/1.1\r\nHost: x\r\n\r\n"))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

var traced = regexp.MustCompile(`(?m)^init .* ([0-9.]+) ms clock`)

// initialisation is the least of several starts: what else the machine does only adds.
func initialisation(b *testing.B, path string) (least float64) {
	b.Helper()
	for i := range 5 {
		p := launch(b, path, free, "GODEBUG=inittrace=1")
		p.end()
		sum := 0.0
		for _, m := range traced.FindAllStringSubmatch(p.said.String(), -1) {
			took, _ := strconv.ParseFloat(m[1], 64)
			sum += took
		}
		if sum == 0 {
			b.Fatalf("nothing was traced: %s", p.said.String())
		}
		if i == 0 || sum < least {
			least = sum
		}
	}
	return least
}
