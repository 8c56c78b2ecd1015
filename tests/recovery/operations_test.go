package recovery_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/standalone"
	"github.com/authway/authway/tests/harness"
)

const repository = "../.."

const backups = "Backup and recovery"

func readOperations(t *testing.T) []harness.Written {
	t.Helper()
	return harness.Commands(t, filepath.Join(repository, "knative", "OPERATIONS.md"))
}

// only are the blocks of a mark, of the chapter on backups or of all others.
func only(all []harness.Written, mark string, ofBackups bool) (some []harness.Written) {
	for _, block := range all {
		if block.Mark == mark && (block.Chapter == backups) == ofBackups {
			some = append(some, block)
		}
	}
	return some
}

// checkout is what somebody has who has cloned the repository and runs the system:
// its scripts, and the data folder. There is a space in its path.
type checkout struct {
	t      *testing.T
	dir    string
	ran    *exec.Cmd
	system *harness.System
	// port stays the same: evidence is of the issuer whose backups were restored.
	port string
	held net.Listener
	// settings are more than what somebody has set.
	settings []string
}

func newCheckout(t *testing.T) *checkout {
	t.Helper()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	top, err := os.MkdirTemp("", "authway-operations-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	c := &checkout{t: t, dir: filepath.Join(top, "a checkout"), port: "0"}
	// PostgreSQL's account has to get through to what is its own.
	err = errors.Join(os.Chmod(top, 0o711), os.Mkdir(c.dir, 0o711), os.Symlink(filepath.Join(root, "scripts"), c.path("scripts")))
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", c.path(".authway/bin")+"/",
		"./functions/standalone/cmd/standalone", "./functions/standalone/cmd/drill", "./functions/maintenance/cmd/maintenance")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return c
}

func (c *checkout) path(name string) string { return filepath.Join(c.dir, filepath.FromSlash(name)) }

// command is one of somebody who has set nothing but what the suite may be told.
func (c *checkout) command(name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(c.t.Context(), name, args...)
	command.Dir = c.dir
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 20 * time.Second
	command.Env = slices.DeleteFunc(command.Environ(), func(setting string) bool {
		return slices.ContainsFunc([]string{"AUTHWAY_", "BACKUP_", "DATABASE_", "HYDRA_ADMIN", "HYDRA_DATABASE", "HYDRA_PUBLIC", "HYDRA_SECRETS", "REDIS_"},
			func(prefix string) bool { return strings.HasPrefix(setting, prefix) })
	})
	command.Env = append(command.Env, "PORT="+c.port, "OPS_PORT=0",
		"MAINTENANCE="+c.path(".authway/bin/maintenance"), "DRILL="+c.path(".authway/bin/drill"))
	command.Env = append(command.Env, c.settings...)
	return command
}

// start does what `make run` does.
func (c *checkout) start() {
	c.t.Helper()
	// Without the test's context: it is the cleaning up that ends it.
	run := c.command(c.path(".authway/bin/standalone"))
	c.ran = &exec.Cmd{Path: run.Path, Args: run.Args, Dir: run.Dir, Env: run.Env}
	out, err := c.ran.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if c.held != nil {
		_ = c.held.Close()
	}
	var complaints strings.Builder
	c.ran.Stderr = &complaints
	if err := c.ran.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(c.stop)
	said := bufio.NewScanner(out)
	for said.Scan() && !strings.HasPrefix(said.Text(), "Ctrl-C") {
	}
	go func() {
		for said.Scan() {
		}
	}()
	raw, err := os.ReadFile(c.path(".authway/endpoints.json"))
	if err != nil {
		c.t.Fatalf("%v: %s", err, complaints.String())
	}
	var endpoints standalone.Endpoints
	if err := json.Unmarshal(raw, &endpoints); err != nil {
		c.t.Fatal(err)
	}
	c.system = harness.Elsewhere(c.t, endpoints)
	if at, err := url.Parse(endpoints.URL); err == nil {
		c.port = at.Port()
	}
}

// pause stops the system, and lets nobody else have its port.
func (c *checkout) pause() {
	c.t.Helper()
	c.stop()
	var err error
	if c.held, err = net.Listen("tcp", "127.0.0.1:"+c.port); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = c.held.Close() })
}

// has waits until so many base backups are whole, and nobody is at another one.
func (c *checkout) has(backups int) {
	c.t.Helper()
	await(c.t, fmt.Sprintf("%d base backups", backups), func() bool {
		bases, _ := filepath.Glob(c.path(".authway/backups/base/*/backup.json"))
		bundles, _ := filepath.Glob(c.path(".authway/backups/config/*"))
		if len(bases) != backups || len(bundles) == 0 {
			return false
		}
		var held bool
		err := c.system.Database(c.t).NewRaw("SELECT EXISTS (SELECT FROM leases WHERE job LIKE 'backup.%' AND until > now())").
			Scan(c.t.Context(), &held)
		return err == nil && !held
	})
}

// abandon ends the leases of processes that are gone. What is restored was copied
// in the middle of a backup, whose lease runs out by itself, but only after a minute.
func (c *checkout) abandon() {
	c.t.Helper()
	if _, err := c.system.Database(c.t).NewRaw("DELETE FROM leases WHERE job LIKE 'backup.%'").Exec(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *checkout) stop() {
	c.t.Helper()
	if c.ran == nil {
		return
	}
	// It may have ended by itself, which Wait tells.
	_ = c.ran.Process.Signal(os.Interrupt)
	if err := c.ran.Wait(); err != nil {
		c.t.Errorf("the system: %v", err)
	}
	c.ran = nil
}

// run runs commands as somebody does who pastes them, and returns what they say
// and their status.
func (c *checkout) run(text string) (said string, status int) {
	c.t.Helper()
	command := c.command("bash", "-eu", "-c", text)
	out, err := command.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		c.t.Fatalf("%s: %v", text, err)
	}
	return string(out), command.ProcessState.ExitCode()
}

// says runs commands that have to succeed and to say all of it.
func (c *checkout) says(text string, wanted ...string) {
	c.t.Helper()
	said, status := c.run(text)
	if status != 0 {
		c.t.Fatalf("%s\nends with the status %d: %s", text, status, said)
	}
	for _, word := range wanted {
		if !strings.Contains(said, word) {
			c.t.Errorf("%s\ndoes not say %q: %s", text, word, said)
		}
	}
}

// refuses runs a command that has to fail with this status and to say why.
func (c *checkout) refuses(text string, wanted int, why string) {
	c.t.Helper()
	if said, status := c.run(text); status != wanted || !strings.Contains(said, why) {
		c.t.Errorf("%s\nends with the status %d, want %d with %q: %s", text, status, wanted, why, said)
	}
}

func (c *checkout) signsIn(email string) {
	c.t.Helper()
	app := c.system.NewApp(c.t, map[string]any{"skip_consent": true})
	page := harness.NewVisitor(c.t).Open(app.Start()).Submit(map[string][]string{"email": {email}, "password": {password}}, "")
	if arrived := app.Arrive(c.t, page); arrived.Claims["email"] != email {
		c.t.Errorf("%s is not signed in: %+v", email, arrived)
	}
}

// lookAtRestored looks at what "Restore on a new machine" leaves behind.
func (c *checkout) lookAtRestored() {
	c.t.Helper()
	if version, err := os.ReadFile(c.path(".authway/restored/PG_VERSION")); err != nil || strings.TrimSpace(string(version)) == "" {
		c.t.Errorf("there is no data directory: %q, %v", version, err)
	}
	// A server that starts on it must not begin to recover again.
	for _, name := range []string{"recovery.signal", "backup_label"} {
		if _, err := os.Stat(c.path(".authway/restored/" + name)); !errors.Is(err, fs.ErrNotExist) {
			c.t.Errorf("%s is still there: %v", name, err)
		}
	}
	var living, restored map[string]any
	for name, into := range map[string]*map[string]any{"secrets.json": &living, "restored-configuration/settings.json": &restored} {
		raw, err := os.ReadFile(c.path(".authway/" + name))
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if info, statErr := os.Stat(c.path(".authway/" + name)); err != nil || statErr != nil || info.Mode().Perm()&0o077 != 0 {
			c.t.Fatalf("%s: %v, or others may read it", name, errors.Join(err, statErr))
		}
	}
	for setting, secret := range map[string]string{"AUTHWAY_MASTER_KEYS": "master_key", "HYDRA_SECRETS_SYSTEM": "hydra_system"} {
		if restored[setting] != living[secret] || living[secret] == "" {
			c.t.Errorf("the restored %s is not the system's", setting)
		}
	}
	c.refuses("scripts/restore.sh --to .authway/restored", 1, "is not empty")
	c.refuses("scripts/restore.sh --at 2020-01-01T00:00:00Z --to .authway/earlier", 1, "what can be is 20")
	c.refuses("scripts/restore.sh --at yesterday --to .authway/earlier", 64, "such as 2026-11-24T15:04:05Z")
	// A storage of the environment goes before the one that is here.
	c.says("BACKUP_URL='file://'$PWD/nowhere scripts/restore.sh --list", "0 base backups")
}

// What an operator reads works as it is written, one thing after the other, on a
// system that somebody has started.
func TestOperationsAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	local := only(readOperations(t), "", true)
	c := newCheckout(t)
	c.start()
	c.has(1)
	ada := someone()
	// After the base backup: WAL alone has her.
	c.system.AddUser(t, ada, "Ada Lovelace", password)
	steps := []struct {
		section string
		says    []string
		before  func()
		after   func()
	}{
		{section: "Set it up", says: []string{"# public key: age1", "\nAGE-SECRET-KEY-1"}},
		{section: "Day by day", says: []string{"backup.full: nothing is due", "backup.incremental: WAL up to"}},
		{section: "Day by day", says: []string{"\nbase backup ", "\nconfiguration of ", "read back 1 base backups"}},
		{section: "Restore on a new machine", says: []string{"restored as far as the backups go", "secrets in the clear"}, after: c.lookAtRestored},
		{section: "Restore what `make run` has started", says: []string{"It is on timeline 2"}, before: c.pause, after: func() {
			c.start()
			c.signsIn(ada)
			c.abandon()
			c.run("scripts/backup.sh --full")
			c.has(2)
		}},
		{section: "The drill", says: []string{"somebody is signed in", "the drill succeeded"}, after: func() {
			c.says("scripts/maintenance.sh run restore.evidence", "recorded 1 drills, and refused the evidence of 0")
		}},
	}
	if len(local) != len(steps) {
		t.Fatalf("there are %d blocks of commands, and it is known of %d what they do", len(local), len(steps))
	}
	for i, step := range steps {
		if local[i].Section != step.section {
			t.Fatalf("block %d is in %q and not in %q", i, local[i].Section, step.section)
		}
		if step.before != nil {
			step.before()
		}
		c.says(local[i].Text, step.says...)
		if step.after != nil {
			step.after()
		}
	}
	c.refuses("scripts/backup.sh --namespace ''", 64, "--namespace wants a value")
	c.stop()
	c.refuses("scripts/backup.sh --incremental", 1, "backup.incremental: failed")
}
