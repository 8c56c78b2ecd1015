package images

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// atEnd remembers what to do after the last test.
func atEnd(do func()) { ends = append(ends, do) }

var ends []func()

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == kubectlName {
		if err := kubectl(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "kubectl:", err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	for _, end := range slices.Backward(ends) {
		end()
	}
	os.Exit(code)
}

const (
	kubectlName = "kubectl"
	// dictation names the file in which kubectl writes down what it is told.
	dictation = "KUBECTL_DICTATION"
)

// kubectl is this program in kubectl's place: it renders with kustomize's own code, as kubectl does. A cluster it has
// none, so that every job has been done. What a real one does with the manifests is tried by tests/cluster.
func kubectl(args []string) error {
	if i := slices.Index(args, "--namespace"); i >= 0 {
		args = slices.Delete(args, i, i+2)
	}
	told := "$ " + strings.Join(args, " ") + "\n"
	switch args[0] {
	case "kustomize":
		resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), args[1])
		if err != nil {
			return err
		}
		text, err := resources.AsYaml()
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(text)
		return err
	case "get":
		fmt.Println("Complete")
	case "apply":
		text, err := os.ReadFile(args[slices.Index(args, "-f")+1])
		if err != nil {
			return err
		}
		told += string(text)
	}
	file, err := os.OpenFile(os.Getenv(dictation), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteString(told)
	return err
}
