package journal_test

import (
	"testing"

	"github.com/authway/authway/shared/journal"
)

func TestSummaryOfASweepIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, silent := range [][]string{nil, {"smtp"}, {"hydra", "postgres"}, {"hydra", "smtp"}} {
		said := journal.Answering(3, silent)
		read := []string{}
		for _, part := range []string{"hydra", "postgres", "smtp", "smt", ""} {
			if journal.Silent(said, part) {
				read = append(read, part)
			}
		}
		if len(read) != len(silent) {
			t.Errorf("%q has %v, want %v", said, read, silent)
		}
		for i := range min(len(read), len(silent)) {
			if read[i] != silent[i] {
				t.Errorf("%q has %v, want %v", said, read, silent)
			}
		}
	}
	if said := journal.Answering(3, []string{"smtp"}); said != "2 of 3 parts answer; not smtp" {
		t.Errorf("it says %q", said)
	}
	if said := "the server does not greet smtp"; journal.Silent(said, "smtp") {
		t.Errorf("%q is no summary of a sweep", said)
	}
}
