package recovery_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	pathStep   = regexp.MustCompile(`^(?:\.((?:[\w-]|\\.)+)|\[(\d+|\*)\]|\[\?\(@((?:\.\w+)+)(==|>)"?([^"\])]*)"?\)\])`)
	errNothing = errors.New("the path leads nowhere")
)

// follow is what lies at a path of JSONPath, as kubectl has it.
func follow(path string, root any) ([]any, error) {
	found := []any{root}
	for path = strings.TrimLeft(path, "@$"); path != ""; {
		m := pathStep.FindStringSubmatch(path)
		if m == nil {
			return nil, fmt.Errorf("not a path: %q", path)
		}
		path = path[len(m[0]):]
		var next []any
		for _, value := range found {
			list, _ := value.([]any)
			switch {
			case m[1] != "":
				if within, is := value.(object); is {
					if below, there := within[strings.ReplaceAll(m[1], `\`, "")]; there {
						next = append(next, below)
					}
				}
			case m[2] == "*":
				next = append(next, list...)
			case m[2] != "":
				if i, _ := strconv.Atoi(m[2]); i < len(list) {
					next = append(next, list[i])
				}
			default:
				for _, one := range list {
					have := shown(at(one, strings.Split(m[3][1:], ".")...))
					if m[4] == "==" && have == m[5] || m[4] == ">" && len(have) > 0 && have > m[5] {
						next = append(next, one)
					}
				}
			}
		}
		found = next
	}
	return found, nil
}

func shown(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case nil:
		return ""
	default:
		raw, _ := json.Marshal(value)
		return string(raw)
	}
}

var templatePart = regexp.MustCompile(`\{[^{}]*\}|[^{}]+`)

// fill is what kubectl prints for a template. A path outside of a range that leads
// nowhere prints nothing there, and is an error here.
func fill(template string, root any) (string, error) {
	parts := templatePart.FindAllString(template, -1)
	if strings.Join(parts, "") != template {
		return "", fmt.Errorf("not a template: %q", template)
	}
	return fillParts(parts, root, false)
}

func fillParts(parts []string, root any, ranges bool) (string, error) {
	var out strings.Builder
	for i := 0; i < len(parts); i++ {
		word, braced := strings.CutPrefix(parts[i], "{")
		word = strings.TrimSuffix(word, "}")
		if !braced {
			out.WriteString(parts[i])
			continue
		}
		if strings.HasPrefix(word, `"`) {
			literal, err := strconv.Unquote(word)
			if err != nil {
				return "", err
			}
			out.WriteString(literal)
			continue
		}
		path, each := strings.CutPrefix(word, "range ")
		found, err := follow(path, root)
		if err != nil {
			return "", err
		}
		if each {
			end := slices.Index(parts, "{end}")
			if end < i {
				return "", errors.New("a range without an end")
			}
			for _, one := range found {
				below, err := fillParts(parts[i+1:end], one, true)
				if err != nil {
					return "", err
				}
				out.WriteString(below)
			}
			i = end
			continue
		}
		if len(found) == 0 && !ranges {
			return "", fmt.Errorf("%s: %w", word, errNothing)
		}
		for n, one := range found {
			if n > 0 {
				out.WriteString(" ")
			}
			out.WriteString(shown(one))
		}
	}
	return out.String(), nil
}

// patched applies a patch of a type to an object, whose fields it has to name.
func patched(o object, kind, patch string, known func(annotation string) bool) (object, error) {
	o = copied(o)
	if kind != "json" {
		var change object
		if err := json.Unmarshal([]byte(patch), &change); err != nil {
			return nil, fmt.Errorf("not a patch: %w", err)
		}
		return o, merge(o, change, "", known)
	}
	var changes []struct {
		Op, Path string
		Value    any
	}
	if err := json.Unmarshal([]byte(patch), &changes); err != nil {
		return nil, fmt.Errorf("not a patch: %w", err)
	}
	for _, change := range changes {
		if err := replace(o, change.Op, strings.Split(change.Path, "/")[1:], change.Value); err != nil {
			return nil, fmt.Errorf("%s: %w", change.Path, err)
		}
	}
	return o, nil
}

func replace(value any, op string, path []string, with any) error {
	key := strings.ReplaceAll(path[0], "~1", "/")
	if list, is := value.([]any); is {
		i, err := strconv.Atoi(key)
		if err != nil || i >= len(list) || len(path) == 1 {
			return errNothing
		}
		return replace(list[i], op, path[1:], with)
	}
	within, is := value.(object)
	if !is {
		return errNothing
	}
	below, there := within[key]
	switch {
	case len(path) > 1:
		return replace(below, op, path[1:], with)
	case op == "add" || op == "replace" && there:
		within[key] = with
		return nil
	}
	return errNothing
}

// merge goes through a merge patch. It may bring only fields that are there, and
// annotations that somebody knows.
func merge(o, change object, path string, known func(string) bool) error {
	for key, value := range change {
		below, there := o[key]
		if !there && (!strings.HasSuffix(path, "/annotations") || !known(key)) {
			return fmt.Errorf("%s/%s: %w", path, key, errNothing)
		}
		from, isObject := value.(object)
		into, wasObject := below.(object)
		if isObject != wasObject && there {
			return fmt.Errorf("%s/%s: not what is there", path, key)
		}
		if !isObject {
			o[key] = value
			continue
		}
		if err := merge(into, from, path+"/"+key, known); err != nil {
			return err
		}
	}
	return nil
}
