package supervise

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// identify names a running process so that a later process with the same id is
// not taken for it: its start time in clock ticks, and the boot they count from.
func identify(pid int) (identity, bool) {
	proc := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(proc + "/stat")
	if err != nil {
		return identity{}, false
	}
	// The command stands in brackets and may hold spaces and brackets itself:
	// the fields count from the last one (proc(5)).
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const state, start = 0, 19
	if len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
		return identity{}, false
	}
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	line, _ := os.ReadFile(proc + "/cmdline")
	return identity{
		Started: strings.TrimSpace(string(boot)) + "/" + fields[start],
		Command: strings.TrimSpace(string(bytes.ReplaceAll(line, []byte{0}, []byte{' '}))),
	}, true
}
