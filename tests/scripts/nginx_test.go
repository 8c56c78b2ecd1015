package scripts_test

import (
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/authway/authway/frontend"
	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/tests/harness"
)

// The door of a cluster is nginx, whose refusals are in words of its own: nothing is
// found there either.
func TestNothingIsFoundBehindNginx(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	address := front{to: startNginx(t, system)}.before(t, system)
	var h health
	r := script(t, nil, "health-check.sh", address, "--json")
	r.into(t, &h)
	h.only(t, nil)
	var a audit
	email := "nginx@example.org"
	system.AddUser(t, email, "Ada Lovelace", "correct horse battery")
	r = script(t, nil, "security-audit.sh", address, "--json", "--offline", "--account", email)
	r.into(t, &a)
	a.all(t, nil)
	r.ends(t, 0)
}

// startNginx runs nginx before the system, as the edge's configuration has it.
func startNginx(t *testing.T, system *harness.System) string {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Fatal("there is no nginx on this machine: make parts installs it")
		}
	}
	public, err := url.Parse(system.Endpoints.URL)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pages := filepath.Join(dir, "pages")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door := listener.Addr().String()
	listener.Close()
	conf := edge.NginxConf(edge.Config{Public: public, Upstreams: system.Upstreams}, edge.Nginx{Listen: door, Root: filepath.Join(pages, "login"), Scratch: dir})
	if err := os.CopyFS(pages, frontend.Dist()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	// Its workers give up root, and have to read what they serve.
	for up := pages; up != filepath.Dir(up) && strings.HasPrefix(up, os.TempDir()+"/"); up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	process := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-c", filepath.Join(dir, "nginx.conf"), "-p", dir, "-g", "daemon off;")
	process.Stdout, process.Stderr = t.Output(), t.Output()
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Signal(syscall.SIGTERM)
		_ = process.Wait()
	})
	bounded, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", door)
		if err == nil {
			conn.Close()
			return "http://" + door
		}
		select {
		case <-tick.C:
		case <-bounded.Done():
			t.Fatalf("nginx does not listen: %v", err)
		}
	}
}
