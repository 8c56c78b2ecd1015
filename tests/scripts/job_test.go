package scripts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// slow is a kubectl whose Job's container is being made when it is first asked for, and
// which ends as $END says.
const slow = `#!/usr/bin/env bash
cd "${0%/*}"
for word; do
  case "$word" in
    logs)
      echo asked >>asked
      if [ "$(wc -l <asked)" -lt "$READY" ]; then
        echo 'Error from server (BadRequest): container "maintenance" is waiting to start: ContainerCreating' >&2
        exit 1
      fi
      echo "removed 7 sessions"
      exit ;;
    get) [ ! -e asked ] || [ "$(wc -l <asked)" -lt "$OVER" ] || echo "$END"; exit ;;
  esac
done
`

// A container that was still being made cost people all that the job said.
func TestAJobIsFollowedFromItsContainersStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ready, over, end string
		status           int
	}{
		"it starts before it is over":        {"2", "2", "Complete", 0},
		"it is over before it was followed":  {"2", "1", "Complete", 0},
		"it fails before it was followed":    {"2", "1", "Failed", 1},
		"it was there from the first moment": {"1", "1", "Complete", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kubectl := filepath.Join(t.TempDir(), "kubectl")
			if err := os.WriteFile(kubectl, []byte(slow), 0o700); err != nil {
				t.Fatal(err)
			}
			r := script(t, map[string]string{"KUBECTL": kubectl, "READY": c.ready, "OVER": c.over, "END": c.end}, "run-job.sh", "authway", "--wait", "restore")
			if r.status != c.status || strings.Count(r.said, "removed 7 sessions") != 1 {
				t.Errorf("it ends with %d and says %q, %q", r.status, r.said, r.complained)
			}
		})
	}
}
