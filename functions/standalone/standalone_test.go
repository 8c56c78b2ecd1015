package standalone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/config"
)

func openFolder(t *testing.T, dir string) *supervise.Folder {
	t.Helper()
	f, err := supervise.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPortThatIsTaken(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		other, err := net.Listen("tcp", address)
		if err != nil {
			continue // no IPv6 on this machine
		}
		port := other.Addr().(*net.TCPAddr).Port
		listeners, err := listen(t.Context(), port, false)
		closeAll(listeners)
		var taken *TakenError
		if !errors.As(err, &taken) || taken.Port != port {
			t.Errorf("%s: got %v", address, err)
		}
		if text := explained(err).Error(); !strings.Contains(text, "PORT=") {
			t.Errorf("nobody is told what to do: %s", text)
		}
		_ = other.Close()
	}
}

func TestFreePortIsOneInBothFamilies(t *testing.T) {
	t.Parallel()
	listeners, err := listen(t.Context(), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(listeners)
	for _, l := range listeners {
		if !l.Addr().(*net.TCPAddr).IP.IsLoopback() || l.Addr().(*net.TCPAddr).Port != portOf(listeners) {
			t.Errorf("got %s", l.Addr())
		}
	}
}

func TestOpsMoveWhenTheirPortIsTaken(t *testing.T) {
	t.Parallel()
	other, err := listen(t.Context(), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(other)
	listeners, moved, err := listenOps(t.Context(), portOf(other))
	if err != nil || !moved {
		t.Fatalf("got %v, %v", moved, err)
	}
	closeAll(listeners)
}

func TestStartTellsWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openFolder(t, dir)
	other, err := listen(t.Context(), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(other)
	port := other[0].Addr().String()[len("127.0.0.1:"):]
	for name, c := range map[string]struct {
		settings map[string]string
		want     string
	}{
		"the folder is in use": {map[string]string{"AUTHWAY_DATA_DIR": dir, "PORT": "0"}, "AUTHWAY_DATA_DIR=.authway-2"},
		"the port is taken":    {map[string]string{"AUTHWAY_DATA_DIR": t.TempDir(), "PORT": port}, "PORT="},
		"a setting is wrong":   {map[string]string{"PORT": "x"}, "PORT has to be"},
	} {
		var complaints bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		code := run(ctx, cancel, Options{Lookup: config.Map(c.settings)}, &complaints)
		if code != 1 || !strings.Contains(complaints.String(), c.want) {
			t.Errorf("%s: got %d, %s", name, code, complaints.String())
		}
	}
}

func TestFailedStartLeavesTheFolderFree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other, err := listen(t.Context(), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(other)
	port := other[0].Addr().String()[len("127.0.0.1:"):]
	if _, err := Start(t.Context(), Options{Lookup: config.Map(map[string]string{"AUTHWAY_DATA_DIR": dir, "PORT": port})}); err == nil {
		t.Fatal("it started on a port that is taken")
	}
	openFolder(t, dir)
}

func TestEndpointsFile(t *testing.T) {
	t.Parallel()
	f := openFolder(t, t.TempDir())
	e := Endpoints{
		"u", "hp", "ha", "d", "hd", "r", "o", "m", "du", "dp", "au", "ap",
	}
	if err := e.write(f); err != nil {
		t.Fatal(err)
	}
	path := f.Path("endpoints.json")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v: the file holds passwords", info, err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"url": "u", "hydra_public_url": "hp", "hydra_admin_url": "ha", "database_url": "d", "hydra_database_url": "hd", "redis_url": "r", "ops_url": "o",
		"mailbox_url": "m", "demo_user": "du", "demo_password": "dp", "admin_user": "au", "admin_password": "ap",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q", name, got[name])
		}
	}
	if len(got) != 12 {
		t.Errorf("got %d keys", len(got))
	}
}

func TestErrorsAreRepeatedAtTheTerminal(t *testing.T) {
	t.Parallel()
	var loud bytes.Buffer
	file, err := openFolder(t, t.TempDir()).OpenLog("authway")
	if err != nil {
		t.Fatal(err)
	}
	logs := &teeErrors{file: file, loud: &loud}
	for _, line := range []string{`{"level":"INFO","msg":"a"}`, `{"level":"ERROR","msg":"b"}`} {
		if _, err := logs.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := logs.Close(); err != nil {
		t.Fatal(err)
	}
	if loud.String() != `{"level":"ERROR","msg":"b"}`+"\n" {
		t.Errorf("at the terminal: %s", loud.String())
	}
	if raw, err := os.ReadFile(file.Name()); err != nil || bytes.Count(raw, []byte("\n")) != 2 {
		t.Errorf("in the file: %s, %v", raw, err)
	}
}

func TestPublicAddressIsAnsweredHere(t *testing.T) {
	t.Parallel()
	edge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Host))
	}))
	defer edge.Close()
	client := http.Client{Transport: localTransport{
		public: "auth.example.com", edge: edge.Listener.Addr().String(), next: http.DefaultTransport,
	}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://auth.example.com/x", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var host bytes.Buffer
	if _, err := host.ReadFrom(res.Body); err != nil || host.String() != "auth.example.com" {
		t.Errorf("the edge saw %q, %v", host.String(), err)
	}
}

func TestThrowawayFolderIsRemoved(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := &System{options: Options{Throwaway: true}, stopping: make(chan struct{}), folder: openFolder(t, dir)}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
