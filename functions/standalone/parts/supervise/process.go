package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// stopPatience is for a server that finishes what it is doing; what comes
	// after it is for one that hangs.
	stopPatience = 8 * time.Second
	killPatience = 2 * time.Second

	logKeep = 8 << 20
	logTail = 2 << 10
)

// Command says what to run and how to end it.
type Command struct {
	Name  string // names the child in the notes, the log file and in sentences
	Path  string
	Args  []string
	Env   []string // complete: nothing is inherited, so no PG… or LOG_LEVEL of the user's shell changes a server
	Dir   string
	Stdin string
	// Account is the one to run as, nil for our own.
	Account *Account
	// Stop is what the server takes for a request to end in order.
	Stop syscall.Signal
}

// Process is a running child.
type Process struct {
	name    string
	pid     int
	stop    syscall.Signal
	logPath string
	logFrom int64
	folder  *Folder
	done    chan struct{}
	err     error
}

// Start runs a command until Stop, or until the parent dies.
func (f *Folder) Start(c Command) (*Process, error) {
	logs, err := f.OpenLog(c.Name)
	if err != nil {
		return nil, err
	}
	from, err := logs.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(err, logs.Close())
	}
	cmd := &exec.Cmd{
		Path: c.Path, Args: append([]string{c.Path}, c.Args...), Env: c.Env, Dir: c.Dir,
		Stdout: logs, Stderr: logs, SysProcAttr: attributes(c),
	}
	if c.Stdin != "" {
		cmd.Stdin = strings.NewReader(c.Stdin)
	}
	p := &Process{name: c.Name, stop: c.Stop, logPath: logs.Name(), logFrom: from, folder: f, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The parent-death signal follows the THREAD that started the child
		// (prctl(2)). This one is kept, unused, for as long as the child lives.
		runtime.LockOSThread()
		err := cmd.Start()
		_ = logs.Close()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s cannot be started: %w", c.Name, err)
	}
	if now, alive := identify(p.pid); alive {
		if err := f.note(c.Name, &record{Name: c.Name, Process: p.pid, Stop: c.Stop, identity: now}); err != nil {
			return nil, errors.Join(err, p.Stop(context.Background()))
		}
	}
	return p, nil
}

// Name is the command's.
func (p *Process) Name() string { return p.name }

// Process is the child's process id.
func (p *Process) Process() int { return p.pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended tells in one sentence how the child ended, with the last of its words.
func (p *Process) Ended() error {
	<-p.done
	how := "without an error"
	if p.err != nil {
		how = "with " + p.err.Error()
	}
	return p.words(fmt.Sprintf("%s ended %s", p.name, how))
}

// Failed is nil when the child ended in order, and tells how it did otherwise.
func (p *Process) Failed() error {
	if <-p.done; p.err == nil {
		return nil
	}
	return p.Ended()
}

func (p *Process) words(sentence string) error {
	sentence += "; its log is " + p.logPath
	if last := p.LogTail(); last != "" {
		sentence += " and says:\n" + last
	}
	return errors.New(sentence)
}

// LogTail is the end of what this child wrote to its log.
func (p *Process) LogTail() string {
	file, err := os.Open(p.logPath)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	from := max(p.logFrom, info.Size()-logTail)
	raw, _ := io.ReadAll(io.NewSectionReader(file, from, logTail))
	return strings.TrimSpace(string(raw))
}

// Stop ends the child in order, or by force when it does not come to an end
// within some seconds or within ctx.
func (p *Process) Stop(ctx context.Context) error {
	if p == nil {
		return nil
	}
	err := p.ending(ctx)
	if err == nil {
		err = p.folder.note(p.name, nil)
	}
	return err
}

func (p *Process) ending(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	_ = signalGroup(p.pid, p.stop)
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	}
	_ = signalGroup(p.pid, syscall.SIGKILL)
	select {
	case <-p.done:
		return nil
	case <-time.After(killPatience):
		return fmt.Errorf("%s (process %d) does not end", p.name, p.pid)
	}
}

// OpenLog opens logs/<name>.log to append to, and puts a long one aside first.
func (f *Folder) OpenLog(name string) (*os.File, error) {
	if err := os.MkdirAll(f.Path("logs"), 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(f.Path("logs"), name+".log")
	if info, err := os.Stat(path); err == nil && info.Size() > logKeep {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}
