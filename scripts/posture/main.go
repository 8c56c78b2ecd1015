// Command posture reads Kubernetes manifests and says what they allow beyond what
// Authway needs. It is the eyes of security-audit.sh:
//
//	kubectl kustomize knative/overlays/production | posture
//
// A finding is a line of severity, name, what it is, what was seen and what to do,
// with tabs between. With -running NAMESPACE the input is what runs there: rights of
// others do not count, and Pods that belong to a template that is looked at are not
// told of twice. Secrets are never looked into; an overlay that holds one is a finding.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

func main() {
	running := flag.String("running", "", "the namespace that the input was read from")
	flag.Parse()
	objects, err := decode(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "posture:", err)
		os.Exit(1)
	}
	for _, f := range judge(objects, *running) {
		fmt.Println(strings.Join([]string{f.severity, f.name, f.what, f.seen, f.advice}, "\t"))
	}
}

// finding is a line of the output.
type finding struct{ severity, name, what, seen, advice string }

// judge lists findings, each once, in the order of the manifests.
func judge(objects []object, running string) []finding {
	a := &auditor{running: running, ours: map[string]bool{}}
	for _, o := range objects {
		if o.Kind == "ServiceAccount" {
			a.ours[o.Metadata.Name] = true
		}
	}
	for _, o := range objects {
		a.workload(o)
		a.object(o)
	}
	a.denied(objects)
	a.rights(objects)
	a.roles(objects)
	var kept []finding
	for _, f := range a.found {
		if !slices.Contains(kept, f) {
			kept = append(kept, f)
		}
	}
	return kept
}

type auditor struct {
	running string
	// ours are the names of the service accounts in the input.
	ours  map[string]bool
	found []finding
}

func (a *auditor) add(severity, name string, o object, what, seen, advice string) {
	clean := strings.NewReplacer("\t", " ", "\n", " ")
	a.found = append(a.found, finding{severity, name + "." + strings.ToLower(o.Kind) + "." + o.Metadata.Name, what, clean.Replace(seen), advice})
}

// decode reads documents of YAML or JSON, and the objects of lists.
func decode(r io.Reader) ([]object, error) {
	var all []object
	decoder := yaml.NewDecoder(r)
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		var o object
		if err := node.Decode(&o); err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.Kind, o.Metadata.Name, err)
		}
		switch {
		case len(o.Items) > 0:
			// kubectl names the kind of each.
			all = append(all, o.Items...)
		case o.Kind != "" && !strings.HasSuffix(o.Kind, "List"):
			all = append(all, o)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("there is no manifest in the input")
	}
	return all, nil
}
