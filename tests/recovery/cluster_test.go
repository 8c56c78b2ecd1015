package recovery_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// cluster is what the guide's commands for a cluster meet: objects as our manifests make
// them, without anything that runs, behind programs that take what kubectl and make take.
// What a pod would do is done by the system that runs here: PostgreSQL, Hydra, the ops
// port and the log are real.
type cluster struct {
	t *testing.T
	c *checkout

	mu        sync.Mutex
	objects   []object
	complaint []string
	superuser string
}

// newCluster gives a checkout programs that ask the cluster.
func newCluster(t *testing.T, c *checkout) *cluster {
	t.Helper()
	k := &cluster{t: t, c: c, objects: objectsOf(t)}
	k.superuser = k.superuserOf()
	if _, err := k.ran("psql", "--no-psqlrc", "--dbname="+k.superuser, "--command=CREATE EXTENSION IF NOT EXISTS pg_stat_statements"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(k.serve))
	t.Cleanup(server.Close)
	programs, err := filepath.Abs("testdata/bin")
	if err != nil {
		t.Fatal(err)
	}
	c.settings = append(c.settings, "GUIDE_CLUSTER="+server.URL, "PATH="+programs+":"+os.Getenv("PATH"))
	return k
}

func (k *cluster) serve(w http.ResponseWriter, r *http.Request) {
	words := strings.Split(strings.TrimSuffix(part(r, "words"), "\x00"), "\x00")
	k.mu.Lock()
	defer k.mu.Unlock()
	said, err := "", fmt.Errorf("not a command: %q", words)
	if len(words) > 2 && words[0] == "kubectl" {
		said, err = k.kubectl(words[1], words[2:], part(r, "input"))
	} else if len(words) > 2 {
		said, err = k.make(words[2:])
	}
	if err != nil {
		// A pipe or `|| true` may hide it from whoever runs the block.
		k.complaint = append(k.complaint, fmt.Sprintf("%s %q: %v", words[0], words[2:], err))
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = w.Write([]byte(said))
}

func part(r *http.Request, name string) string {
	file, header, err := r.FormFile(name)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	raw := make([]byte, header.Size)
	n, _ := file.ReadAt(raw, 0)
	return string(raw[:n])
}

// wrong empties and returns what was complained about.
func (k *cluster) wrong() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := k.complaint
	k.complaint = nil
	return all
}

// make is `make deploy` up to its manifests: building and pushing images is held by
// tests/images.
func (k *cluster) make(words []string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(repository, "Makefile"))
	if err != nil {
		return "", err
	}
	overlay := ""
	for _, word := range words {
		name, value, variable := strings.Cut(word, "=")
		if !variable && !strings.Contains(string(raw), "\n"+name+":") || variable && !strings.Contains(string(raw), "$("+name+")") {
			return "", fmt.Errorf("the Makefile has no %s", name)
		}
		if name == "OVERLAY" {
			overlay = value
		}
	}
	if words[0] != "deploy" || !slices.Contains([]string{"local", "staging", "production"}, overlay) {
		return "", fmt.Errorf("it deploys %q", overlay)
	}
	return string(render(k.t, overlay)), nil
}

// kubectl does what a command says.
func (k *cluster) kubectl(dir string, words []string, input string) (string, error) {
	c, err := taking(words)
	if err != nil {
		return "", err
	}
	verbs := map[string]func(called, source) (string, error){
		"get": k.get, "logs": k.logs, "exec": k.exec, "patch": k.patch, "apply": k.apply, "create": k.create, "delete": k.remove,
		"annotate": k.annotate, "cordon": k.node, "uncordon": k.node, "drain": k.node, "top": k.top, "wait": k.wait,
		"scale": k.scale, "rollout": k.rollout, "kustomize": k.kustomize,
	}
	do, there := verbs[c.verb]
	if !there {
		return "", fmt.Errorf("no verb in %q", words)
	}
	return do(c, source{dir, input})
}

// source is where a command finds files: a folder, and its input.
type source struct{ dir, input string }

func (s source) read(name string) ([]object, error) {
	raw := []byte(s.input)
	if name != "-" {
		if !filepath.IsAbs(name) {
			name = filepath.Join(s.dir, name)
		}
		var err error
		if raw, err = os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	all, err := parseManifests(raw)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("no objects in %s", name)
	}
	return all, err
}

// all are the objects of a kind.
func (k *cluster) all(of kind) []object {
	return slices.DeleteFunc(slices.Clone(k.objects), func(o object) bool { return !of.of(o) })
}

// one is an object by its name.
func (k *cluster) one(of kind, name string) (object, error) {
	for _, o := range k.all(of) {
		if nameOf(o) == name {
			return o, nil
		}
	}
	return nil, fmt.Errorf("%s %q not found", strings.Fields(of.words)[0], name)
}

// meant are the objects that a command names: a,b / KIND NAME… / KIND/NAME, with a
// selector or all of a kind.
func (k *cluster) meant(c called) (found []object, err error) {
	if len(c.args) == 0 {
		return nil, fmt.Errorf("kubectl %s of what", c.verb)
	}
	words, names := strings.Split(c.args[0], ","), c.args[1:]
	if word, name, slashed := strings.Cut(c.args[0], "/"); slashed {
		words, names = []string{word}, []string{name}
	}
	for _, word := range words {
		of, err := kindOf(word)
		if err != nil {
			return nil, err
		}
		if !of.global && !c.has("namespace") {
			return nil, fmt.Errorf("%s of the namespace default: where is --namespace", word)
		}
		some := k.all(of)
		if c.has("selector") {
			if some, err = selected(some, c.flag("selector")); err != nil {
				return nil, err
			}
		}
		if len(names) > 0 {
			some = nil
			for _, name := range names {
				o, err := k.one(of, name)
				if err != nil && c.has("ignore-not-found") {
					continue
				}
				if err != nil {
					return nil, err
				}
				some = append(some, o)
			}
		}
		found = append(found, some...)
	}
	if len(names) == 0 && !c.has("selector") && !c.has("all") && c.verb != "get" && c.verb != "top" {
		return nil, fmt.Errorf("kubectl %s names nobody", c.verb)
	}
	return found, nil
}

// known tells whether a manifest has an annotation.
func (k *cluster) known(annotation string) bool {
	return slices.ContainsFunc(k.objects, func(o object) bool {
		return at(o, "metadata", "annotations", annotation) != nil || at(o, "spec", "template", "metadata", "annotations", annotation) != nil
	})
}
