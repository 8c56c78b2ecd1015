package recovery_test

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// flags of each verb: those with = want a value, those with ? take one behind = alone.
// Letters in front are short for them.
var flags = map[string]string{
	"": "n:namespace= request-timeout= kubeconfig= context= cache-dir= s:server=",
	"get": "o:output= l:selector= ignore-not-found raw= sort-by= w:watch A:all-namespaces no-headers field-selector= " +
		"L:label-columns= show-labels",
	"logs": "c:container= f:follow p:previous l:selector= since= since-time= tail= all-containers prefix timestamps " +
		"pod-running-timeout= max-log-requests=",
	"exec":     "c:container= i:stdin t:tty q:quiet",
	"patch":    "p:patch= type= local f:filename= o:output= dry-run?",
	"apply":    "f:filename= dry-run? server-side force-conflicts R:recursive o:output=",
	"create":   "f:filename= dry-run? o:output=",
	"secret":   "from-file= from-literal= type= dry-run? o:output=",
	"delete":   "l:selector= all ignore-not-found wait timeout= now force grace-period= f:filename= cascade?",
	"annotate": "all l:selector= overwrite dry-run?",
	"cordon":   "l:selector= dry-run?", "uncordon": "l:selector= dry-run?",
	"drain": "ignore-daemonsets delete-emptydir-data dry-run? force timeout= grace-period= pod-selector= disable-eviction",
	"top":   "sort-by= l:selector= containers sum no-headers A:all-namespaces",
	"wait":  "for= all l:selector= timeout= A:all-namespaces",
	"scale": "replicas= all l:selector= timeout=", "rollout": "l:selector= timeout= w:watch", "kustomize": "",
}

// called is a command, taken apart.
type called struct {
	verb         string
	args, behind []string
	flags        map[string][]string
}

func (c called) flag(name string) string {
	if values := c.flags[name]; len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}

func (c called) has(name string) bool { return len(c.flags[name]) > 0 }

// taken finds a flag of a verb, and whether it wants a value: "=", "?" or "".
func taken(verb, name string) (full, wants string, err error) {
	for word := range strings.FieldsSeq(flags[""] + " " + flags[verb]) {
		short, full, both := strings.Cut(word, ":")
		if !both {
			short, full = "", word
		}
		bare := strings.TrimRight(full, "=?")
		if name == "--"+bare || name == "-"+short && both {
			return bare, full[len(bare):], nil
		}
	}
	return "", "", fmt.Errorf("kubectl %s has no flag %s", verb, name)
}

// taking takes a command apart as kubectl does.
func taking(words []string) (c called, err error) {
	c.flags = map[string][]string{}
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" {
			c.behind = words[i+1:]
			break
		}
		if !strings.HasPrefix(word, "-") || word == "-" {
			if c.verb == "" {
				if _, there := flags[word]; !there {
					return c, fmt.Errorf("kubectl has no verb %q", word)
				}
				c.verb = word
			} else {
				c.args = append(c.args, word)
			}
			continue
		}
		verb := c.verb
		if verb == "create" && slices.Contains(c.args, "secret") {
			verb = "secret"
		}
		name, value, given := strings.Cut(word, "=")
		full, wants, err := taken(verb, name)
		if err != nil {
			return c, err
		}
		if wants == "=" && !given {
			if i++; i == len(words) {
				return c, fmt.Errorf("%s wants a value", name)
			}
			value = words[i]
		}
		c.flags[full] = append(c.flags[full], value)
	}
	return c, c.valued()
}

// valued looks at the values of flags.
func (c called) valued() error {
	var all []error
	oneOf := func(name string, values ...string) {
		if c.has(name) && !slices.Contains(values, c.flag(name)) {
			all = append(all, fmt.Errorf("--%s is none of %v: %q", name, values, c.flag(name)))
		}
	}
	oneOf("namespace", "authway-production", "authway-staging")
	oneOf("dry-run", "none", "server", "client")
	oneOf("type", "json", "merge", "strategic")
	if c.verb == "top" {
		oneOf("sort-by", "cpu", "memory")
	}
	if template, is := strings.CutPrefix(c.flag("output"), "jsonpath="); !is || template == "" {
		oneOf("output", "json", "yaml", "name", "wide")
	}
	for _, name := range []string{"timeout", "since", "pod-running-timeout", "request-timeout"} {
		if _, err := time.ParseDuration(c.flag(name)); c.has(name) && err != nil {
			all = append(all, err)
		}
	}
	for _, name := range []string{"tail", "replicas", "max-log-requests", "grace-period"} {
		if _, err := strconv.Atoi(c.flag(name)); c.has(name) && err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// The table above says nothing that kubectl does not have.
func TestFlagsAreKubectls(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("kubectl")
	if err != nil {
		t.Fatalf("the flags are held against the real kubectl: %v", err)
	}
	for verb, table := range flags {
		help := [][]string{{verb, "--help"}}
		switch verb {
		case "":
			help = [][]string{{"options"}}
		case "secret":
			help = [][]string{{"create", "secret", "generic", "--help"}}
		case "top":
			help = [][]string{{"top", "pods", "--help"}}
		case "rollout":
			help = [][]string{{"rollout", "restart", "--help"}, {"rollout", "status", "--help"}}
		}
		var text strings.Builder
		for _, args := range help {
			out, err := exec.CommandContext(t.Context(), program, args...).Output()
			if err != nil {
				t.Fatalf("%v: %v", args, err)
			}
			text.Write(out)
		}
		for word := range strings.FieldsSeq(table) {
			short, name, both := strings.Cut(word, ":")
			if !both {
				name = word
			}
			name = "--" + strings.TrimRight(name, "=?")
			if both {
				name = "-" + short + ", " + name
			}
			if !strings.Contains(text.String(), " "+name+"=") {
				t.Errorf("kubectl %s has no %s", verb, name)
			}
		}
	}
}
