package monitoring

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// parseLogQL says of each expression that is none why.
func parseLogQL(t *testing.T, expressions []string) (complaints []string) {
	t.Helper()
	given, err := json.Marshal(expressions)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "parse.mjs")
	command.Dir, command.Stdin = "logql", strings.NewReader(string(given))
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := json.Unmarshal(out, &complaints); err != nil {
		t.Fatal(err)
	}
	return complaints
}
