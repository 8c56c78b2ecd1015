package clock_test

import (
	"errors"
	"testing"

	"github.com/authway/authway/shared/clock"
)

func TestOnlyInstantsOfPostgreSQLAreRead(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"2026-05-01T12:00:00Z": true, "2026-05-01T12:00:00.123456789+09:00": true, "0001-01-01T00:00:00Z": true,
		"9999-12-31T23:59:59Z": true, "0000-01-01T00:00:00Z": false, "0001-01-01T00:00:00+14:00": false,
		"9999-12-31T23:59:59-14:00": false, "": false, "2026-05-01": false, "2026-02-30T00:00:00Z": false,
	} {
		if at, err := clock.Parse(text); (err == nil) != good || !good && (!errors.Is(err, clock.ErrInstant) || !at.IsZero()) {
			t.Errorf("%q is %s, %v", text, at, err)
		}
	}
}
