package images

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// deploy rolls an overlay out onto no cluster and returns what kubectl was told, command by command.
func deploy(t *testing.T, overlay string) []string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(program, filepath.Join(folder, kubectlName)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "told")
	environment := []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "KUBECTL=", dictation + "=" + file}
	if _, err := run(environment, "deploy", "PLATFORMS=linux/amd64", "OVERLAY="+overlay); err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimPrefix(string(told), "$ "), "\n$ ")
}

var service = regexp.MustCompile(`(?m)^apiVersion: serving\.knative\.dev/v1\nkind: Service$`)

// The images are built a second time by it, and have to be the same.
func TestWhatIsDeployedIsWhatWasBuilt(t *testing.T) {
	t.Parallel()
	all := built(t)
	told := deploy(t, "production")
	first := func(is func(command string) bool) int { return slices.IndexFunc(told, is) }
	functions := first(service.MatchString)
	migrated := first(func(command string) bool {
		return (strings.HasPrefix(command, "wait ") || strings.HasPrefix(command, "get ")) && strings.Contains(command, "job/migrate")
	})
	awaited := first(func(command string) bool { return strings.HasPrefix(command, "wait ksvc") })
	if migrated < 0 || functions < migrated || awaited < functions {
		t.Fatalf("migrations are command %d, functions %d, awaited %d of %.60q", migrated, functions, awaited, told)
	}
	if n := len(service.FindAllString(told[functions], -1)); n != 5 {
		t.Errorf("%d functions are deployed", n)
	}
	everything := strings.Join(told, "\n")
	for _, left := range []string{"ko://", "authway.dev/settings: unknown", "authway.dev/release: unknown"} {
		if strings.Contains(everything, left) {
			t.Errorf("what is deployed still says %s", left)
		}
	}
	deployed, err := images(everything)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(deployed, all) {
		t.Errorf("nobody has changed the sources, and yet built are %v, deployed %v", all, deployed)
	}
}
