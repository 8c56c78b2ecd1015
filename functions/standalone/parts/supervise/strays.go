package supervise

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	strayPatience = 10 * time.Second
	strayPoll     = 20 * time.Millisecond
)

// identity is what the kernel says about a process beside its id.
type identity struct {
	Started string `json:"started"`
	Command string `json:"command"`
}

// record is a child as written down for the next run.
type record struct {
	Name    string         `json:"name"`
	Process int            `json:"process"`
	Stop    syscall.Signal `json:"stop"`
	identity
}

func (f *Folder) ledger() string { return f.Path("children.json") }

// note writes a child down, or strikes it out.
func (f *Folder) note(name string, r *record) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r == nil {
		delete(f.children, name)
	} else {
		f.children[name] = *r
	}
	if len(f.children) == 0 {
		return Remove(f.ledger())
	}
	raw, err := json.MarshalIndent(f.children, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(f.ledger(), raw)
}

// endStrays ends the children of a run that was killed before it could.
func (f *Folder) endStrays() error {
	raw, err := os.ReadFile(f.ledger())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var strays map[string]record
	if err := json.Unmarshal(raw, &strays); err != nil {
		// Written in one step, so this is somebody's edit: nothing in it can be trusted.
		return Remove(f.ledger())
	}
	for _, r := range strays {
		if err := end(r.Process, r.Stop, r.same); err != nil {
			return fmt.Errorf("%s of an earlier run is still there: %w", r.Name, err)
		}
	}
	return Remove(f.ledger())
}

// same reports that the process with the recorded id is still the recorded one.
// The command does not count: Redis, for one, rewrites its own.
func (r record) same(now identity) bool { return now.Started == r.Started }

// EndServer ends the process pid if it runs program on behalf of this folder's
// place, whoever started it; it reports whether there was one. Servers leave
// such a pid in a file of their own, and by the time it is read the id may
// belong to anything, hence the look at the command line.
func EndServer(pid int, program, place string, stop syscall.Signal) (bool, error) {
	now, alive := identify(pid)
	if !alive || !runs(now.Command, program, place) {
		return false, nil
	}
	return true, end(pid, stop, record{identity: now}.same)
}

// end asks a process to stop, insists after a while, and returns when it is
// gone. mine is asked before every signal.
func end(pid int, sig syscall.Signal, mine func(identity) bool) error {
	if pid <= 1 {
		return nil
	}
	running := func() bool {
		now, alive := identify(pid)
		return alive && mine(now)
	}
	for _, s := range []syscall.Signal{sig, syscall.SIGKILL} {
		if !running() {
			return nil
		}
		if err := signalGroup(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		if gone(running) {
			return nil
		}
	}
	return fmt.Errorf("process %d does not end", pid)
}

func gone(running func() bool) bool {
	tick := time.NewTicker(strayPoll)
	defer tick.Stop()
	for range int(strayPatience / strayPoll) {
		if !running() {
			return true
		}
		<-tick.C
	}
	return false
}

// signalGroup reaches what the child itself started as well. A process that
// leads no group of its own gets the signal alone.
func signalGroup(pid int, sig syscall.Signal) error {
	if group, err := syscall.Getpgid(pid); err == nil && group == pid {
		return syscall.Kill(-pid, sig)
	}
	return syscall.Kill(pid, sig)
}

func runs(command, program, place string) bool {
	words := strings.Fields(command)
	return len(words) > 0 && filepath.Base(words[0]) == program && strings.Contains(command, place)
}
