package takeout_test

import (
	"errors"
	"testing"

	"github.com/authway/authway/functions/admin/takeout"
)

func TestCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "Ada": "Ada", "'Ada": "'Ada", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@SUM": "'@SUM", "\tx": "'\tx", "\rx": "'\rx",
		"\n=1": "'\n=1", "'=1": "''=1", "a=1": "a=1",
	} {
		got := takeout.Guard(cell)
		if got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
		if back := takeout.Unguard(got); back != cell {
			t.Errorf("%q comes back as %q", cell, back)
		}
	}
}

func TestNobodyTakesAllPlaces(t *testing.T) {
	t.Parallel()
	places := takeout.Places{All: 3, Each: 2}
	take := func(caller string, free bool) func() {
		t.Helper()
		leave, err := places.Take(caller)
		if (err == nil) != free || !free && !errors.Is(err, takeout.ErrBusy) {
			t.Errorf("%s: %v", caller, err)
		}
		return leave
	}
	first := take("ada", true)
	take("ada", true)
	take("ada", false)
	take("bob", true)
	take("carol", false)
	first()
	first()
	take("carol", true)
	take("ada", false)
}
