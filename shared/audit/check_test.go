package audit

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// A seal whose hash was made anew does not fit between those around it.
func TestASealThatWasMadeAnewIsWrong(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)
	rowAt := func(ago time.Duration) row {
		return row{ID: uuid.Must(uuid.NewV7()), At: now.Add(-ago), RowHash: make([]byte, 32)}
	}
	first := Seal{}.next([]row{rowAt(2 * time.Hour)}, false, now.Add(-time.Hour), leastKeep)
	second := first.next([]row{rowAt(90 * time.Minute), rowAt(80 * time.Minute)}, false, now, leastKeep)
	late := first.next([]row{rowAt(3 * time.Hour)}, true, now, leastKeep)
	w := &walk{given: Given{Now: now}, before: first, linked: true}
	for _, s := range []Seal{second, late} {
		if why := w.wrong(s); why != "" {
			t.Errorf("a good one: %s", why)
		}
	}
	for name, c := range map[string]struct {
		of     Seal
		change func(s *Seal)
		why    string
	}{
		"another before":      {second, func(s *Seal) { s.Previous = second.Hash }, "does not follow"},
		"none before":         {second, func(s *Seal) { s.Previous = noHash }, "does not follow"},
		"fewer in all":        {second, func(s *Seal) { s.Total-- }, "does not go on"},
		"made before":         {second, func(s *Seal) { s.SealedAt = first.SealedAt.Add(-1); s.KeptFrom = first.KeptFrom.Add(-1) }, "does not go on"},
		"kept for longer":     {second, func(s *Seal) { s.KeptFrom = first.KeptFrom.Add(-1) }, "does not go on"},
		"of the future":       {second, func(s *Seal) { s.SealedAt = now.Add(time.Hour) }, "cannot be"},
		"kept for too short":  {second, func(s *Seal) { s.KeptFrom = s.SealedAt.Add(time.Second - leastKeep) }, "cannot be"},
		"an event less":       {second, func(s *Seal) { s.Events = s.Events[:1] }, "as many events"},
		"no event":            {second, func(s *Seal) { s.Rows, s.Events = 0, nil }, "as many events"},
		"two months":          {second, func(s *Seal) { s.FromAt = s.FromAt.AddDate(0, -1, 0) }, "more than one month"},
		"an end further on":   {second, func(s *Seal) { s.UntilAt = now }, "end with its last event"},
		"an end of another":   {second, func(s *Seal) { s.UntilID = uuid.New() }, "end with its last event"},
		"late and further on": {late, func(s *Seal) { s.UntilAt = now }, "does not go on from where"},
		"before the one before": {second, func(s *Seal) {
			s.UntilAt, s.FromAt, s.ToAt = first.UntilAt.Add(-1000), first.UntilAt.Add(-1000), first.UntilAt.Add(-1000)
		}, "does not go on from where"},
	} {
		s := c.of
		if c.change(&s); w.wrong(s) != "its columns do not fit its hash" && name != "an event less" {
			t.Errorf("%s: under its hash: %q", name, w.wrong(s))
		}
		s.Hash = s.sum()
		if why := w.wrong(s); !strings.Contains(why, c.why) {
			t.Errorf("%s: %q, want %q", name, why, c.why)
		}
	}
	// Of what is before the first that is looked at nothing is known.
	w.linked = false
	if why := w.wrong(second); why != "" {
		t.Errorf("not linked: %s", why)
	}
}
