package journal

import (
	"fmt"
	"slices"
	"strings"
)

// SweepJob asks the servers that Authway stands on whether they answer. Its summary is
// a sentence for people, which Silent reads again.
const SweepJob = "health.sweep"

// The parts that a sweep asks.
const (
	PartDatabase = "postgres"
	PartHydra    = "hydra"
	PartMail     = "smtp"
)

// Parts are all of them.
var Parts = []string{PartHydra, PartDatabase, PartMail}

// but stands before the parts that do not answer.
const but = "parts answer; not "

// Answering is the summary of a sweep that asked so many parts, of which some did not
// answer.
func Answering(asked int, silent []string) string {
	if len(silent) == 0 {
		return fmt.Sprintf("all %d parts answer", asked)
	}
	return fmt.Sprintf("%d of %d %s%s", asked-len(silent), asked, but, strings.Join(silent, ", "))
}

// Silent reports whether a sweep's summary has the part among those that did not
// answer.
func Silent(summary, part string) bool {
	_, parts, some := strings.Cut(summary, but)
	return some && slices.Contains(strings.Split(parts, ", "), part)
}
