package scripts_test

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// all are the scripts of the repository, by their paths in it.
func all(t *testing.T) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(repository, "scripts"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && filepath.Ext(path) == ".sh" {
			relative, _ := filepath.Rel(filepath.Join(repository, "scripts"), path)
			paths = append(paths, relative)
		}
		return err
	})
	if err != nil || len(paths) < 10 {
		t.Fatalf("%v: %v", paths, err)
	}
	return paths
}

// Who asks what a script does is told, and who mistypes an option gets nothing done.
func TestEveryScriptSaysHowItIsUsed(t *testing.T) {
	t.Parallel()
	for _, name := range all(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, option := range []string{"--help", "-h"} {
				r := script(t, nil, name, option)
				if r.ends(t, 0); !strings.HasPrefix(r.said, "usage: ") || r.complained != "" {
					t.Errorf("%s says\n%s", option, r)
				}
			}
			r := script(t, nil, name, "--no-such-option")
			if r.ends(t, 64); r.complained == "" {
				t.Error("it refuses an option without a word")
			}
		})
	}
}

func TestArgumentsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"health-check.sh", "health-check.sh ftp://example.org", "health-check.sh http://a.example/path", "health-check.sh http://user@a.example",
		"health-check.sh --namespace", "health-check.sh --function login", "health-check.sh http://a.example http://b.example",
		"security-audit.sh", "security-audit.sh --manifests nowhere", "security-audit.sh --offline --vulnerabilities x", "security-audit.sh --vulnerabilities", "security-audit.sh http://a.example --vulnerabilities nowhere",
		"performance-benchmark.sh https://auth.example.com", "performance-benchmark.sh http://10.0.0.1 --quick",
	} {
		words := strings.Fields(line)
		if r := script(t, nil, words[0], words[1:]...); r.status != 64 || r.complained == "" {
			t.Errorf("%s: status %d: %s", line, r.status, r)
		}
	}
}

func TestScriptsAreClean(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Fatal("there is no shellcheck on this machine: make parts installs it")
	}
	args := []string{"-x", "-P", repository, filepath.Join(repository, ".ci", "run"), filepath.Join(repository, "scripts", "probe.bash")}
	for _, name := range all(t) {
		args = append(args, filepath.Join(repository, "scripts", name))
	}
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
