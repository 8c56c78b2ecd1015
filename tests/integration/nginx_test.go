package integration_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/authway/authway/frontend"
	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/tests/harness"
)

// startNginx puts the real nginx, configured from the route table, in front of
// the system and returns its address.
func startNginx(t *testing.T, system *harness.System) string {
	t.Helper()
	pages := staticPages(t)
	return runNginx(t, func(dir, door string) string {
		return edge.NginxConf(
			edge.Config{Public: parse(t, system.Endpoints.URL), Upstreams: system.Upstreams},
			edge.Nginx{Listen: door, Root: pages, Scratch: dir})
	})
}

// staticPages is a folder of what nginx serves by itself.
func staticPages(t *testing.T) string {
	t.Helper()
	pages := filepath.Join(t.TempDir(), "pages")
	if err := os.CopyFS(pages, frontend.Dist()); err != nil {
		t.Fatal(err)
	}
	readable(t, pages)
	return filepath.Join(pages, "login")
}

// runNginx runs the real nginx with what conf makes for a scratch folder and an
// address, which it returns.
func runNginx(t *testing.T, conf func(dir, door string) string) string {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Fatal("there is no nginx on this machine: make parts installs it")
		}
	}
	dir := t.TempDir()
	readable(t, dir)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door := listener.Addr().String()
	listener.Close()
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf(dir, door)), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), program, "-t", "-c", path, "-p", dir).CombinedOutput(); err != nil {
		t.Fatalf("nginx refuses the configuration: %v\n%s", err, out)
	}
	process := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-c", path, "-p", dir, "-g", "daemon off;")
	process.Stdout, process.Stderr = t.Output(), t.Output()
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Signal(syscall.SIGTERM)
		_ = process.Wait()
	})
	await(t, door)
	return door
}

// readable lets nginx's workers, which give up root, read what they serve.
func readable(t *testing.T, dir string) {
	t.Helper()
	for ; dir != filepath.Dir(dir) && strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func await(t *testing.T, door string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", door)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("nginx does not listen: %v", err)
		}
	}
}

func TestSignInThroughNginx(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	door := startNginx(t, j.system)
	j.visitor.Through(j.system.Endpoints.URL, door)

	page := j.visitor.Open(j.app.Start())
	if page.URL.Path != "/login" || page.Header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("at %s (%d) with %v", page.URL.Path, page.Status, page.Header)
	}
	// The page's own, before it has asked anything: the sign-in is bound to it.
	mine := j.visitor.Cookie(j.system.Endpoints.URL, browser.BrowserCookie)
	j.app.Arrive(t, j.allow(j.signIn(page)))
	if kept := j.visitor.Cookie(j.system.Endpoints.URL, browser.BrowserCookie); len(mine) != 32 || kept != mine {
		t.Errorf("the browser's secret was %q and is %q", mine, kept)
	}
	page = j.visitor.Open(j.app.Start("prompt", "login", "login_hint", "hint@example.org", "ui_locales", "ar"))
	if page.Language() != "ar" || page.Fields().Get("email") != "hint@example.org" {
		t.Errorf("the hint and language are lost: %q, %v", page.Language(), page.Fields())
	}
	arabic := harness.NewVisitor(t)
	arabic.Through(j.system.Endpoints.URL, door)
	arabic.Language = "ar-EG, en;q=0.1"
	if page := arabic.Open(j.app.Start()); page.Language() != "ar" {
		t.Errorf("Accept-Language gives %q", page.Language())
	}
	for name, b := range atTheEdge {
		response, body := b.at(t, j.system.Endpoints.URL, door)
		// nginx calls a path that means another one malformed, and refuses methods
		// before paths: what counts is that it asks nobody.
		if response.StatusCode < 400 || response.StatusCode >= 500 || response.Header.Get("Server") == "" {
			t.Errorf("%s: %d: %.100s", name, response.StatusCode, body)
		}
	}
}

// at sends the request for address to the server at door.
func (b badRequest) at(t *testing.T, address, door string) (*http.Response, string) {
	t.Helper()
	if b.host == "" {
		b.host = parse(t, address).Host
	}
	return b.send(t, "http://"+door)
}
