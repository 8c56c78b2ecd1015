package architecture

import "testing"

func TestTheStructureIsKept(t *testing.T) {
	t.Parallel()
	for _, f := range check(load(t)) {
		t.Error(f)
	}
}
