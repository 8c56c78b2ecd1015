package clock_test

import (
	"errors"
	"testing"
	"time"

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

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"2026-05-01T12:00:00.123456789+09:00", "0001-01-01T00:00:00-23:59", "9999-12-31T23:59:60Z", "2026-05-01T12:00:00,5Z", "0000-06-01T00:00:00Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := clock.Parse(text)
		if err != nil {
			if !at.IsZero() || !errors.Is(err, clock.ErrInstant) {
				t.Fatalf("%q is %s, %v", text, at, err)
			}
			return
		}
		if year := at.UTC().Year(); year < 1 || year > 9999 {
			t.Fatalf("%q is read, and PostgreSQL has no such year", text)
		}
		if want, err := time.Parse(time.RFC3339, text); err != nil || !at.Equal(want) {
			t.Fatalf("%q is %s, want %s", text, at, want)
		}
		for _, written := range []string{at.Format(time.RFC3339Nano), at.UTC().Format(time.RFC3339Nano)} {
			if again, err := clock.Parse(written); err != nil || !again.Equal(at) {
				t.Fatalf("%q is %s, and written again (%s) %s, %v", text, at, written, again, err)
			}
		}
	})
}
