package scripts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// figures are what benchmarks would say on a machine where all is within.
const figures = `case "$*" in
  *BenchmarkColdStart*) [ -z "${RENAMED:-}" ] || { printf 'PASS\nok\n'; exit; }; echo "BenchmarkColdStart-2 1 17.0 token-MiB 3.1 token-init-ms ${TOKEN:-1.79} token-x-hello 19 login-MiB 4 login-init-ms 2.2 login-x-hello 19 consent-MiB 3 consent-init-ms 2.1 consent-x-hello 3.0 hello-ms" ;;
  *BenchmarkAnswersFromCache*) echo "BenchmarkAnswersFromCache-2 1 99 ns/op 15.3 ${UNIT:-forward-auth-x-hydra} 10.0 introspection-x-hydra" ;;
  *BenchmarkSignInProcessor*) echo "BenchmarkSignInProcessor-2 1 2.9 own-ms 25.0 hash-ms" ;;
  *BenchmarkSignInRate*) echo "BenchmarkSignInRate-2 1 0.81 x-hydra-alone ${ARGON:-0.85} x-hash-each 0.5 x-hashes" ;;
  *BenchmarkKnownAndUnknown*) echo "BenchmarkKnownAndUnknown-2 1 ${KNOWN:-1.02} sign-in-x-unknown ${IMPORTED:-0.9} imported-x-unknown 1.0 recover-x-unknown 1.0 register-x-unknown" ;;
  *BenchmarkOverload*) echo "BenchmarkOverload-2 1 1.9 p95-x-unloaded 0.1 refusal-p95-x-unloaded 0 refused-without-retry-after ${LOST:-0} admitted-and-lost 0 gateway-lost" ;;
  *BenchmarkSignInAmongMany*) echo "BenchmarkSignInAmongMany-2 1 120 p95-ms 1.1 p95-x-few" ;;
  *BenchmarkAdminSearch*) echo "BenchmarkAdminSearch-2 1 1.1 list-x ${SEARCH:-1.4} id-x 1.2 none-with-role-x" ;;
  *BenchmarkBaseBackup*) [ -z "${BROKEN:-}" ] || { echo "there is no pg_basebackup here"; exit 1; }; echo "BenchmarkBaseBackup-2 1 0.5 x-pg_basebackup 60 peak-MiB 70 MiB/s" ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`

// budgets is what performance-benchmark.sh --json says.
type budgets struct {
	Budgets []struct{ Name, Budget, Measured, Verdict string }
	Probes  []struct {
		Path string
		P50  float64 `json:"p50_ms"`
		P95  float64 `json:"p95_ms"`
	}
	Out, Failed int
}

func (b budgets) verdict(name string) (verdict, measured string) {
	for _, row := range b.Budgets {
		if row.Name == name {
			return row.Verdict, row.Measured
		}
	}
	return "", ""
}

// The benchmarks themselves take minutes (make benchmark); here is what becomes of their
// figures.
func TestBudgets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\n"+figures), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		settings map[string]string
		args     []string
		status   int
		row      string
		verdict  string
		measured string
	}{
		"within":       {nil, nil, 0, "cold start of token, processor time", "within", "1.79 x hello"},
		"at the limit": {nil, nil, 0, "introspection from the cache", "within", "10.00 x Hydra"},
		"out":          {map[string]string{"TOKEN": "1.81"}, nil, 1, "cold start of token, processor time", "OUT", "1.81 x hello"},
		"the slowest":  {map[string]string{"SEARCH": "1.6"}, nil, 1, "search among 1,000,000 accounts, the slowest kind", "OUT", "1.60 x 10,000"},
		"quick":        {map[string]string{"SEARCH": "1.6"}, []string{"--quick"}, 0, "search among 1,000,000 accounts, the slowest kind", "not measured", ""},
		"none at all":  {nil, nil, 0, "answers that a gateway misses meanwhile", "within", "0.00 of them"},
		"one":          {map[string]string{"LOST": "1"}, nil, 1, "sign-ins that end behind their hash", "OUT", "1.00 of them"},
		"apart":        {nil, nil, 0, "answer to an address that has an account: imported", "within", "1.11 x unknown, or its inverse"},
		"slower":       {map[string]string{"KNOWN": "1.2"}, nil, 1, "answer to an address that has an account: sign-in", "OUT", "1.20 x unknown"},
		"faster":       {map[string]string{"IMPORTED": "0.8"}, nil, 1, "answer to an address that has an account: imported", "OUT", "1.25 x unknown"},
		"below":        {map[string]string{"ARGON": "0.84"}, nil, 1, "sign-in with argon2id", "OUT", "0.84 x one hash each"},
		"the other":    {nil, []string{"--quick"}, 0, "sign-in among 1,000,000 accounts", "not measured", ""},
		"never":        {nil, nil, 0, "scripts of any page of the dashboard", "not measured", "held by make pages"},
		"did not run":  {map[string]string{"BROKEN": "yes"}, nil, 70, "memory of a base backup", "not measured", ""},
		// go test itself is content with both.
		"renamed":        {map[string]string{"RENAMED": "yes"}, nil, 70, "memory of login after its start", "not measured", ""},
		"renamed figure": {map[string]string{"UNIT": "another"}, nil, 70, "forward-auth from the cache", "not measured", ""},
		"sizes of ours":  {nil, []string{"--quick"}, 0, "scripts of the sign-in page", "within", "kB gz"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"PATH": dir + ":" + os.Getenv("PATH")}
			for k, v := range c.settings {
				settings[k] = v
			}
			var b budgets
			r := script(t, settings, "performance-benchmark.sh", append(c.args, "--json")...)
			r.ends(t, c.status)
			r.into(t, &b)
			verdict, measured := b.verdict(c.row)
			if verdict != c.verdict || !strings.Contains(measured, c.measured) || (c.status == 1) != (b.Out == 1) || (c.status == 70) != (b.Failed == 1) {
				t.Errorf("%s %q, out %d, failed %d", verdict, measured, b.Out, b.Failed)
			}
			text := script(t, settings, "performance-benchmark.sh", c.args...)
			text.ends(t, c.status)
			lines := strings.Split(strings.TrimSpace(text.said), "\n")
			ends := map[int]string{0: "All that was measured is within its budget.", 1: "1 of the budgets are out (OUT above).", 70: "Some of it could not be measured."}
			if lines[len(lines)-1] != ends[c.status] || !strings.Contains(text.said, c.verdict+" ") {
				t.Errorf("%s", text)
			}
		})
	}
}

func TestProbeOfASystemHere(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\n"+figures), 0o700); err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{"PATH": dir + ":" + os.Getenv("PATH")}
	var b budgets
	r := script(t, settings, "performance-benchmark.sh", "--quick", "--json", system.Endpoints.URL)
	r.ends(t, 0)
	r.into(t, &b)
	if len(b.Probes) != 4 {
		t.Fatalf("%+v", b.Probes)
	}
	for _, p := range b.Probes {
		if p.P50 <= 0 || p.P95 < p.P50 {
			t.Errorf("%+v", p)
		}
	}
	// Nothing is there, or something else.
	r = script(t, settings, "performance-benchmark.sh", "--quick", "--json", "http://127.0.0.1:1")
	if r.into(t, &b); r.status != 70 || b.Failed != 4 {
		t.Errorf("status %d, %d failed", r.status, b.Failed)
	}
}
