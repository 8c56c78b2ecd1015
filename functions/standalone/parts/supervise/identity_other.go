//go:build !linux

package supervise

import (
	"os/exec"
	"strconv"
	"strings"
)

// identify names a running process so that a later process with the same id is
// not taken for it. ps(1) knows the start time to the second, which is enough
// beside the command: process ids do not come round within one second.
func identify(pid int) (identity, bool) {
	started, err := ps(pid, "lstart=")
	if err != nil || started == "" {
		return identity{}, false
	}
	state, err := ps(pid, "stat=")
	if err != nil || strings.HasPrefix(state, "Z") {
		return identity{}, false
	}
	command, err := ps(pid, "command=")
	if err != nil {
		return identity{}, false
	}
	return identity{Started: started, Command: command}, true
}

func ps(pid int, field string) (string, error) {
	out, err := exec.Command("ps", "-o", field, "-p", strconv.Itoa(pid)).Output()
	return strings.TrimSpace(string(out)), err
}
