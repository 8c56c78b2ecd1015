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
func build(b *testing.B, name string) string {
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

// startOnce starts a program whose parts are all unreachable: it waits for none.
func startOnce(b *testing.B, path string) started {
	b.Helper()
	var said bytes.Buffer
	process, address := unstarted(b, path)
	process.Stderr = &said
	if err := process.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = process.Process.Kill() }()
	deadline := time.Now().Add(10 * time.Second)
	for !answers(address) {
		if time.Now().After(deadline) {
			_ = process.Process.Kill()
			_ = process.Wait()
			b.Fatalf("%s does not answer: %s", filepath.Base(path), said.String())
		}
	}
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
	_ = process.Process.Kill()
	_ = process.Wait()
	used := process.ProcessState.UserTime() + process.ProcessState.SystemTime()
	return started{milliseconds(used), kilobytes / 1024}
}

// unstarted is a process that has not been started, and the address where it will be.
func unstarted(b *testing.B, path string, settings ...string) (process *exec.Cmd, address string) {
	b.Helper()
	ports := free(b, 2)
	process = exec.CommandContext(b.Context(), path)
	process.Env = append(settings, "PORT="+ports[0], "OPS_PORT="+ports[1], "AUTHWAY_URL=http://localhost:1", "DATABASE_URL=postgres://nobody@127.0.0.1:1/none",
		"REDIS_URL=redis://127.0.0.1:1", "HYDRA_ADMIN_URL=http://127.0.0.1:1", "HYDRA_PUBLIC_URL=http://127.0.0.1:1",
		"HYDRA_CLIENT_SECRET="+harness.HydraKey, "AUTHWAY_MASTER_KEYS="+harness.MasterKey())
	return process, net.JoinHostPort("127.0.0.1", ports[0])
}

// free are ports that nobody has. All are held until the last is found: one that is let
// go would be found again.
func free(b *testing.B, n int) (ports []string) {
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

func answers(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		// Not yet: to try without a pause would take the processor that is measured.
		time.Sleep(200 * time.Microsecond)
		return false
	}
	defer conn.Close()
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
		var said bytes.Buffer
		process, address := unstarted(b, path, "GODEBUG=inittrace=1")
		process.Stderr = &said
		if err := process.Start(); err != nil {
			b.Fatal(err)
		}
		deadline := time.Now().Add(10 * time.Second)
		for !answers(address) && time.Now().Before(deadline) {
		}
		_ = process.Process.Kill()
		_ = process.Wait()
		sum := 0.0
		for _, m := range traced.FindAllStringSubmatch(said.String(), -1) {
			took, _ := strconv.ParseFloat(m[1], 64)
			sum += took
		}
		if sum == 0 {
			b.Fatalf("nothing was traced: %s", said.String())
		}
		if i == 0 || sum < least {
			least = sum
		}
	}
	return least
}
