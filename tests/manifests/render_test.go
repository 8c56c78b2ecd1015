package manifests

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const root = "../.."

var overlays = []string{"local", "staging", "production"}

// object is one manifest of an overlay.
type object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	text []byte
}

func (o object) String() string { return o.Kind + " " + o.Metadata.Name }

// as decodes the object's text, strictly.
func as[T any](t *testing.T, o object) *T {
	t.Helper()
	into := new(T)
	if err := yaml.UnmarshalStrict(o.text, into); err != nil {
		t.Fatalf("%s: %v", o, err)
	}
	return into
}

// render is what `kubectl kustomize` prints of a folder, object by object.
func render(t *testing.T, folder string) []object {
	t.Helper()
	options := krusty.MakeDefaultOptions()
	resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	text, err := resources.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text)
}

func parse(t *testing.T, text []byte) []object {
	t.Helper()
	var all []object
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		o := object{text: document}
		if err := yaml.Unmarshal(document, &o); err != nil {
			t.Fatal(err)
		}
		if o.Kind != "" {
			all = append(all, o)
		}
	}
	return all
}

func overlay(t *testing.T, name string) []object {
	t.Helper()
	return render(t, filepath.Join(root, "knative", "overlays", name))
}

// composed renders an overlay of the test's own: production's with other doors.
func composed(t *testing.T, components ...string) []object {
	t.Helper()
	// Kustomize takes no absolute paths, and a link counts as what it leads to.
	folder := t.TempDir()
	relative, err := filepath.EvalSymlinks(folder)
	if err != nil {
		t.Fatal(err)
	}
	kustomization := map[string]any{"namespace": "authway-production"}
	rel := func(path string) string {
		r, err := filepath.Rel(relative, absolute(t, path))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	kustomization["resources"] = []string{rel("knative/base")}
	var all []string
	for _, c := range components {
		all = append(all, rel("knative/components/"+c))
	}
	kustomization["components"] = all
	out, err := yaml.Marshal(kustomization)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), out, 0o600); err != nil {
		t.Fatal(err)
	}
	return render(t, relative)
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	full, err := filepath.Abs(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return full
}

// of are the objects of a kind.
func of(all []object, apiVersion, kind string) []object {
	return slices.DeleteFunc(slices.Clone(all), func(o object) bool {
		return o.APIVersion != apiVersion || o.Kind != kind
	})
}
