package recovery_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func (k *cluster) get(c called, _ source) (string, error) {
	if c.has("raw") {
		return k.raw(c.flag("raw"))
	}
	found, err := k.meant(c)
	if err != nil {
		return "", err
	}
	if by := c.flag("sort-by"); by != "" {
		for _, o := range found {
			if some, err := follow(by, o); err != nil || len(some) == 0 {
				return "", fmt.Errorf("--sort-by %s: %w", by, errors.Join(err, errNothing))
			}
		}
	}
	for i, o := range found {
		found[i] = copied(o)
		if c.has("namespace") {
			found[i]["metadata"].(object)["namespace"] = c.flag("namespace")
		}
	}
	// One that is named is printed by itself.
	one := len(c.args) == 2 || strings.Contains(c.args[0], "/")
	if one && len(found) == 0 {
		return "", nil
	}
	var root any = object{"apiVersion": "v1", "kind": "List", "items": slices.Clone(asAny(found))}
	if one {
		root = found[0]
	}
	output := c.flag("output")
	if template, is := strings.CutPrefix(output, "jsonpath="); is {
		return fill(template, root)
	}
	switch output {
	case "json", "yaml":
		raw, err := json.Marshal(root)
		return string(raw) + "\n", err
	}
	return lines(found, ""), nil
}

func asAny(objects []object) (all []any) {
	for _, o := range objects {
		all = append(all, o)
	}
	return all
}

// lines says a word of each object.
func lines(objects []object, word string) string {
	var out strings.Builder
	for _, o := range objects {
		fmt.Fprintf(&out, "%s/%s %s\n", strings.ToLower(text(o, "kind")), nameOf(o), word)
	}
	return out.String()
}

// logs prints the end of the real system's log, and what it would say of an error.
func (k *cluster) logs(c called, _ source) (string, error) {
	if c.has("selector") != (len(c.args) == 0) {
		return "", errors.New("logs of one, or by a selector")
	}
	pods := called{verb: c.verb, args: []string{"pods"}, flags: c.flags}
	if len(c.args) == 1 && strings.Contains(c.args[0], "/") {
		pods.args = c.args
	} else {
		pods.args = append(pods.args, c.args...)
	}
	found, err := k.meant(pods)
	if err != nil {
		return "", err
	}
	for _, o := range found {
		if container := c.flag("container"); container != "" && o["kind"] == "Pod" && !hasContainer(o, container) {
			// It ends there, whatever the other pods would say.
			return "", fmt.Errorf("container %s is not valid for pod %s", container, nameOf(o))
		}
	}
	raw, err := os.ReadFile(k.c.path(".authway/logs/authway.log"))
	if err != nil {
		return "", err
	}
	all := strings.SplitAfter(string(raw), "\n")
	if n, err := strconv.Atoi(c.flag("tail")); err == nil && n >= 0 {
		all = all[max(0, len(all)-n):]
	}
	for _, line := range all {
		if strings.Contains(line, `"level":"INFO"`) {
			all = append(all, strings.Replace(strings.Replace(line, "INFO", "ERROR", 1), `"msg":"`, `"msg":"connect: `, 1))
			break
		}
	}
	return strings.Join(all, ""), nil
}

func hasContainer(pod object, name string) bool {
	containers, _ := at(pod, "spec", "containers").([]any)
	return slices.ContainsFunc(containers, func(c any) bool { return text(c, "name") == name })
}

func (k *cluster) patch(c called, from source) (string, error) {
	var found []object
	var err error
	if c.has("local") {
		found, err = from.read(c.flag("filename"))
	} else {
		found, err = k.meant(c)
	}
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("it is of one object: %w", errors.Join(err, errNothing))
	}
	o, err := patched(found[0], c.flag("type"), c.flag("patch"), k.known)
	if err != nil || !c.has("local") {
		return lines(found, "patched"), err
	}
	raw, err := json.Marshal(o)
	return string(raw), err
}

// brought looks at objects from outside: their kind is known, and their namespace is the command's.
func (k *cluster) brought(c called, all []object) error {
	for _, o := range all {
		i := slices.IndexFunc(kinds, func(known kind) bool { return known.of(o) })
		if i < 0 || nameOf(o) == "" {
			return fmt.Errorf("no matches for kind %v in version %v", o["kind"], o["apiVersion"])
		}
		within := text(o, "metadata", "namespace")
		if !kinds[i].global && within == "" && !c.has("namespace") || within != "" && c.has("namespace") && within != c.flag("namespace") {
			return fmt.Errorf("%s is of the namespace %q", nameOf(o), within)
		}
	}
	return nil
}

func (k *cluster) apply(c called, from source) (string, error) {
	all, err := from.read(c.flag("filename"))
	if err == nil {
		err = k.brought(c, all)
	}
	return lines(all, "configured"), err
}

func (k *cluster) create(c called, from source) (string, error) {
	if !c.has("filename") {
		return k.dry(c, from)
	}
	all, err := from.read(c.flag("filename"))
	if err == nil {
		err = k.brought(c, all)
	}
	if err != nil {
		return "", err
	}
	for _, o := range all {
		made := append(madeOf(o), o)
		for _, one := range made {
			live(one)
		}
		k.objects = append(k.objects, made...)
	}
	return lines(all, "created"), nil
}

// dry prints a namespace or a secret, which the guide makes for apply alone: what is
// there already stays.
func (k *cluster) dry(c called, from source) (string, error) {
	if c.flag("dry-run") != "client" || c.flag("output") != "yaml" || len(c.args) < 2 {
		return "", errors.New("it fails when it is there already: --dry-run=client -o yaml, and apply")
	}
	o := object{"apiVersion": "v1", "metadata": object{"name": c.args[len(c.args)-1]}}
	switch {
	case c.args[0] == "namespace" && len(c.args) == 2:
		o["kind"] = "Namespace"
		if !slices.Contains([]string{"authway-production", "authway-staging"}, c.args[1]) {
			return "", fmt.Errorf("no overlay is of the namespace %s", c.args[1])
		}
	case c.args[0] == "secret" && c.args[1] == "generic" && len(c.args) == 3:
		o["kind"], o["metadata"].(object)["namespace"] = "Secret", c.flag("namespace")
		if err := k.readBySomebody(c, from); err != nil {
			return "", err
		}
	default:
		return "", fmt.Errorf("create %v", c.args)
	}
	raw, err := json.Marshal(o)
	return string(raw), err
}

// readBySomebody holds that a manifest reads each key of a secret.
func (k *cluster) readBySomebody(c called, from source) error {
	name := c.args[2]
	for _, pair := range append(slices.Clone(c.flags["from-file"]), c.flags["from-literal"]...) {
		key, file, named := strings.Cut(pair, "=")
		if _, err := os.Stat(filepath.Join(from.dir, file)); !named || c.has("from-file") && err != nil {
			return fmt.Errorf("%s: %w", pair, err)
		}
		if !slices.ContainsFunc(k.objects, func(o object) bool {
			raw, _ := json.Marshal(o)
			return strings.Contains(string(raw), `"`+name+`"`) && strings.Contains(string(raw), `"`+key+`"`)
		}) {
			return fmt.Errorf("nobody reads %s of the secret %s", key, name)
		}
	}
	return nil
}

func (k *cluster) remove(c called, _ source) (string, error) {
	found, err := k.meant(c)
	if err != nil {
		return "", err
	}
	// Controllers make pods anew, and what applies Jobs is only looked at.
	for _, o := range found {
		if o["kind"] == "PersistentVolumeClaim" {
			k.objects = slices.DeleteFunc(k.objects, func(other object) bool { return other["kind"] == o["kind"] && nameOf(other) == nameOf(o) })
		}
	}
	return lines(found, "deleted"), nil
}

func (k *cluster) annotate(c called, _ source) (string, error) {
	i := slices.IndexFunc(c.args, func(word string) bool { return strings.Contains(word, "=") })
	if i < 0 {
		return "", errors.New("it annotates with nothing")
	}
	c.args = c.args[:i]
	found, err := k.meant(c)
	return lines(found, "annotated"), err
}

func (k *cluster) node(c called, _ source) (string, error) {
	if len(c.args) != 1 {
		return "", errors.New("it wants one node")
	}
	c.args = []string{"node", c.args[0]}
	found, err := k.meant(c)
	return lines(found, c.verb+"ed"), err
}

func (k *cluster) top(c called, _ source) (string, error) {
	if len(c.args) == 0 || !slices.Contains([]string{"pods", "pod", "po", "nodes", "node"}, c.args[0]) {
		return "", fmt.Errorf("top of %v", c.args)
	}
	found, err := k.meant(c)
	return lines(found, "10m 20Mi"), err
}

func (k *cluster) wait(c called, _ source) (string, error) {
	condition, is := strings.CutPrefix(c.flag("for"), "condition=")
	if !is {
		return "", fmt.Errorf("--for=%s", c.flag("for"))
	}
	found, err := k.meant(c)
	for _, o := range found {
		if some, err := follow(`.status.conditions[?(@.type=="`+condition+`")].status`, o); err != nil || len(some) == 0 {
			return "", fmt.Errorf("%s has no condition %s", nameOf(o), condition)
		}
	}
	return lines(found, "condition met"), err
}

func (k *cluster) scale(c called, _ source) (string, error) {
	if !c.has("replicas") {
		return "", errors.New("to how many replicas")
	}
	found, err := k.meant(c)
	return lines(found, "scaled"), errors.Join(err, workloads(found))
}

// workloads are all that has a number of replicas, or can be rolled out.
func workloads(found []object) error {
	for _, o := range found {
		if !slices.Contains([]any{"Deployment", "StatefulSet"}, o["kind"]) {
			return fmt.Errorf("not for a %v", o["kind"])
		}
	}
	return nil
}

func (k *cluster) rollout(c called, _ source) (string, error) {
	if len(c.args) < 2 || !slices.Contains([]string{"restart", "status"}, c.args[0]) {
		return "", fmt.Errorf("rollout %v", c.args)
	}
	c.args = c.args[1:]
	found, err := k.meant(c)
	return lines(found, "restarted"), errors.Join(err, workloads(found))
}

func (k *cluster) kustomize(c called, _ source) (string, error) {
	if len(c.args) != 1 {
		return "", errors.New("of which folder")
	}
	return string(render(k.t, filepath.Base(c.args[0]))), nil
}
