package recovery_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/tests/harness"
)

// step is what is known of a block: where it stands, and what it has to say.
type step struct {
	at   string
	says []string
}

// accompany gives a checkout the rest of the repository, of which scripts build programs.
func (c *checkout) accompany(names ...string) {
	c.t.Helper()
	for _, name := range names {
		root, err := filepath.Abs(filepath.Join(repository, name))
		if err := errors.Join(err, os.Symlink(root, c.path(name))); err != nil {
			c.t.Fatal(err)
		}
	}
}

// here is a block with the addresses of the system that runs.
func (c *checkout) here(text string) string {
	return strings.NewReplacer(
		"http://localhost:8080", c.system.Endpoints.URL, "http://localhost:9090", c.system.Endpoints.OpsURL,
		"https://auth.example.com", c.system.Endpoints.URL,
	).Replace(text)
}

// asWritten runs blocks one after the other, and holds what they say.
func (c *checkout) asWritten(t *testing.T, blocks []harness.Written, steps []step, run func(harness.Written) (string, []string)) {
	t.Helper()
	if len(blocks) != len(steps) {
		t.Fatalf("there are %d blocks of commands, and it is known of %d what they do", len(blocks), len(steps))
	}
	for i, step := range steps {
		if blocks[i].At() != step.at {
			t.Fatalf("block %d is in %q and not in %q", i, blocks[i].At(), step.at)
		}
		said, wrong := run(blocks[i])
		for _, word := range step.says {
			if !strings.Contains(said, word) {
				wrong = append(wrong, fmt.Sprintf("it does not say %q", word))
			}
		}
		if len(wrong) > 0 {
			t.Errorf("%s\n%s\n%s\n%s", step.at, blocks[i].Text, strings.Join(wrong, "\n"), said[max(0, len(said)-3000):])
		}
	}
}

// locally runs a block as it is written. The benchmark measures for minutes, which
// tests/scripts holds: here, that the script takes what the guide writes.
func (c *checkout) locally(block harness.Written) (string, []string) {
	text := strings.TrimSpace(c.here(block.Text))
	if strings.HasPrefix(text, "scripts/performance-benchmark.sh") {
		text += " --help"
	}
	return c.ended(text)
}

func (c *checkout) ended(text string) (said string, wrong []string) {
	said, status := c.run(text)
	if status != 0 {
		wrong = append(wrong, fmt.Sprintf("it ends with the status %d", status))
	}
	return said, wrong
}

// What the guide says works as it is written, one block after the other: beside
// `make run`, and as far as that can be told without a cluster, in one.
func TestTheGuideAsItIsWritten(t *testing.T) {
	t.Parallel()
	all := readOperations(t)
	c := newCheckout(t)
	c.start()
	c.pass(t)
	c.asWritten(t, only(all, "", false), locals, c.locally)

	c.accompany("knative", "shared", "go.mod", "go.sum")
	k := newCluster(t, c)
	c.settings = append(c.settings, "TOKEN="+c.token())
	clusters := slices.Concat(only(all, "cluster", false), only(all, "cluster", true))
	c.asWritten(t, clusters, inACluster, k.run)
	k.notices(t, clusters)
	for _, block := range all {
		if out, err := exec.CommandContext(t.Context(), "bash", "-n", "-c", block.Text).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", block.At(), err, out)
		}
		if !slices.Contains([]string{"", "cluster", "kn"}, block.Mark) {
			t.Errorf("%s: nobody runs a block that is marked %q", block.At(), block.Mark)
		}
	}
}

// pass does what happens by itself in the minutes after a start: the parts are looked
// at, and an event of the audit log is sealed, a minute later, into the log of what runs.
func (c *checkout) pass(t *testing.T) {
	t.Helper()
	err := audit.Append(t.Context(), c.system.Database(t), clock.System().Now().Add(-2*audit.Late), audit.Event{
		Action: audit.ActionPurged, Outcome: audit.Success, ActorKind: audit.ActorSystem, ActorID: "accounts.purge",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range []string{"health.sweep", "audit.seal"} {
		// The schedule may be at it in this very moment.
		await(t, job, func() bool {
			_, status := c.run("scripts/maintenance.sh run " + job + " >>.authway/logs/authway.log 2>&1")
			return status == 0
		})
	}
}

// token is an access token that lives.
func (c *checkout) token() string {
	c.t.Helper()
	ada := someone()
	c.system.AddUser(c.t, ada, "Ada Lovelace", password)
	app := c.system.NewApp(c.t, map[string]any{"skip_consent": true})
	page := harness.NewVisitor(c.t).Open(app.Start()).Submit(map[string][]string{"email": {ada}, "password": {password}}, "")
	return app.Arrive(c.t, page).Tokens.AccessToken
}

// run runs a block for a cluster. Databases of flaws are asked by nobody's test.
func (k *cluster) run(block harness.Written) (string, []string) {
	text := regexp.MustCompile(`(security-audit\.sh .*)`).ReplaceAllString(k.c.here(block.Text), "$1 --offline")
	said, wrong := k.c.ended(text)
	return said, append(wrong, k.wrong()...)
}

// notices changes a word of a block, as somebody's finger does, and wants the test to
// see each.
func (k *cluster) notices(t *testing.T, blocks []harness.Written) {
	t.Helper()
	for _, m := range mutations {
		i := slices.IndexFunc(blocks, func(b harness.Written) bool { return strings.Contains(b.Text, m[0]) })
		if i < 0 {
			t.Errorf("no block has %q any more", m[0])
			continue
		}
		block := blocks[i]
		// Alone, but for what it needs of the lines before.
		block.Text = alone(block.Text, m[0])
		block.Text = strings.ReplaceAll(block.Text, m[0], m[1])
		if said, wrong := k.run(block); len(wrong) == 0 {
			t.Errorf("nobody notices %q instead of %q: %s", m[1], m[0], said)
		}
	}
}

// alone is the first line with a word, and the variables before it.
func alone(text, word string) string {
	var kept []string
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, "=$(")
		if strings.Contains(line, word) {
			return strings.Join(append(kept, line), "")
		}
		if name != line && !strings.Contains(name, " ") {
			kept = append(kept, line)
		}
	}
	return text
}
