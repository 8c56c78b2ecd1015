package supervise

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func shell(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// sleeper is a shell that says so and then waits for ever.
func sleeper(t *testing.T, name, script string) Command {
	t.Helper()
	return Command{Name: name, Path: shell(t), Args: []string{"-c", script}, Env: []string{"PATH=/usr/bin:/bin"}, Stop: syscall.SIGTERM}
}

func begin(t *testing.T, f *Folder, c Command) *Process {
	t.Helper()
	p, err := f.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(context.Background()) })
	return p
}

func TestFolderBelongsToOneRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, dir)
	if err := first.Announce("http://localhost:8080"); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir)
	var inUse *InUseError
	if !errors.As(err, &inUse) || inUse.Process != os.Getpid() || inUse.Address != "http://localhost:8080" {
		t.Fatalf("got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestFilesAreForTheOwnerAndWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	for _, text := range []string{"a long first text", "short"} {
		if err := WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".f.*")); len(rest) != 0 {
		t.Errorf("left behind: %v", rest)
	}
}

func TestChildIsNotedAndStopped(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir())
	p := begin(t, f, sleeper(t, "part", "echo started; sleep 1000"))
	var noted map[string]record
	raw, err := os.ReadFile(f.ledger())
	if err != nil || json.Unmarshal(raw, &noted) != nil || noted["part"].Process != p.Process() {
		t.Fatalf("got %s, %v", raw, err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, alive := identify(p.Process()); alive {
		t.Error("it is still there")
	}
	if _, err := os.Stat(f.ledger()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the note stays: %v", err)
	}
}

func TestChildOfAChildIsStopped(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir())
	p := begin(t, f, sleeper(t, "part", "sleep 1000 & echo $! ; wait"))
	grandchild := firstLine(t, p)
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(grandchild)
	if err != nil {
		t.Fatal(err)
	}
	if !gone(func() bool { _, alive := identify(pid); return alive }) {
		t.Error("a grandchild outlives its parent")
	}
}

// firstLine waits until the child has written one.
func firstLine(t *testing.T, p *Process) string {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if raw, err := os.ReadFile(p.logPath); err == nil && bytes.HasSuffix(raw, []byte("\n")) {
			line, _, _ := strings.Cut(string(raw), "\n")
			return line
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("no line came")
		}
	}
}

func TestChildThatIgnoresItsSignalIsKilled(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir())
	p := begin(t, f, sleeper(t, "stubborn", "trap '' TERM; echo ready; while :; do sleep 1000; done"))
	firstLine(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestEndedTellsTheLastWords(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir())
	begin(t, f, sleeper(t, "part", "echo of an earlier run")).Failed()
	p := begin(t, f, sleeper(t, "part", "echo the disk is full >&2; exit 3"))
	err := p.Failed()
	if err == nil {
		t.Fatal("an exit code of 3 is taken for success")
	}
	for _, want := range []string{"part", "exit status 3", "the disk is full", "part.log"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not tell %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "of an earlier run") {
		t.Errorf("%q repeats the words of another", err)
	}
}

func TestNothingIsInherited(t *testing.T) {
	t.Setenv("PGPORT", "1")
	f := open(t, t.TempDir())
	p := begin(t, f, sleeper(t, "part", `echo "port: $PGPORT"`))
	if err := p.Failed(); err != nil {
		t.Fatal(err)
	}
	if got := p.LogTail(); got != "port:" {
		t.Errorf("got %q", got)
	}
}

// stray starts a process that no parent's death ends, and writes it down as a
// killed run would have.
func stray(t *testing.T, dir string, change func(*record)) int {
	t.Helper()
	cmd := exec.Command(shell(t), "-c", "sleep 1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); <-ended })
	now, alive := identify(cmd.Process.Pid)
	if !alive {
		t.Fatal("it is not there")
	}
	r := record{Name: "postgres", Process: cmd.Process.Pid, Stop: syscall.SIGTERM, identity: now}
	change(&r)
	raw, err := json.Marshal(map[string]record{"postgres": r})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "children.json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func TestStrayOfAKilledRunIsEnded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pid := stray(t, dir, func(*record) {})
	f := open(t, dir)
	if _, alive := identify(pid); alive {
		t.Error("it is still there")
	}
	if _, err := os.Stat(f.ledger()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the note stays: %v", err)
	}
}

func TestProcessThatInheritedAnIDIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pid := stray(t, dir, func(r *record) { r.Started = "an earlier boot/1" })
	open(t, dir)
	if _, alive := identify(pid); !alive {
		t.Error("a stranger was killed")
	}
}

func TestNotesThatCannotBeReadAreDropped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "children.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestEndServerLooksAtTheCommand(t *testing.T) {
	t.Parallel()
	pid := stray(t, t.TempDir(), func(*record) {})
	if ours, err := EndServer(pid, "postgres", "/somewhere", syscall.SIGTERM); ours || err != nil {
		t.Fatalf("got %v, %v", ours, err)
	}
	if _, alive := identify(pid); !alive {
		t.Error("a stranger was killed")
	}
	if ours, err := EndServer(pid, filepath.Base(shell(t)), "sleep 1000", syscall.SIGTERM); !ours || err != nil {
		t.Fatalf("got %v, %v", ours, err)
	}
	if _, alive := identify(pid); alive {
		t.Error("it is still there")
	}
}

func TestIdentityTellsProcessesApart(t *testing.T) {
	t.Parallel()
	me, alive := identify(os.Getpid())
	if !alive || me.Started == "" || me.Command == "" {
		t.Fatalf("got %+v", me)
	}
	if parent, alive := identify(os.Getppid()); alive && parent.Started == me.Started && parent.Command == me.Command {
		t.Error("two processes have one identity")
	}
	if _, alive := identify(1 << 30); alive {
		t.Error("a process that cannot be is alive")
	}
}

func TestReservedPortsAreHeld(t *testing.T) {
	t.Parallel()
	r, err := Reserve(2)
	if err != nil {
		t.Fatal(err)
	}
	if r.Port(0) == r.Port(1) {
		t.Error("one port twice")
	}
	if err := errors.Join(r.Release(), r.Release()); err != nil {
		t.Errorf("giving back twice: %v", err)
	}
}

func TestWaitLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	held, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Fatalf("got %v", err)
	}
	next, err := WaitLock(t.Context(), path, func() { _ = held.Release() })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := WaitLock(ctx, path, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := next.Release(); err != nil {
		t.Error(err)
	}
}

func TestReaches(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inner := filepath.Join(dir, "inner")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := &Account{Name: "stranger", uid: 1 << 20, gid: 1 << 20}
	if stranger.Reaches(filepath.Join(inner, "file")) {
		t.Error("through a folder that is closed to others")
	}
	var ourselves *Account
	if !ourselves.Reaches(filepath.Join(inner, "file")) {
		t.Error("we cannot get into our own folder")
	}
	if !stranger.Reaches("/tmp") {
		t.Error("a stranger cannot get into the root folder")
	}
}
